"""The `postmarker` library against the fake Postmark: it sends one and many; the webhooks are what Postmark documents."""

import base64
import json

from notify_under_test import ACCOUNTS, URL, Heard, check, control, fault, raises, run, same, sent_to
from postmarker.core import PostmarkClient
from postmarker.exceptions import ClientError

FROM = "octo@x.example"


def client(token=ACCOUNTS["postmark_token"]):
    return PostmarkClient(server_token=token, root_api_url=f"{URL}/")


def mail(to, **members):
    return {"From": FROM, "To": to, "Subject": "Hello", "TextBody": "Text.", "HtmlBody": "<p>HTML.</p>", **members}


def refused(code, message, token=ACCOUNTS["postmark_token"]):
    error = raises(ClientError, client(token).emails.send, **message)
    same(error.error_code, code, str(error))


@check
def webhooks_come_with_the_password_and_what_bounced_is_inactive():
    # The first check: later, what became of other messages would be told too.
    with Heard() as heard:
        control("PUT", "/callbacks", {"postmark": heard.url, "postmark_user": "u", "postmark_password": "p"})
        to = "bob@postmark.example"
        identifier = client().emails.send(**mail(to, Metadata={"message": "m-2"}, Tag="t"))["MessageID"]

        def hook():
            _, headers, body = heard.next()
            same(headers["authorization"], "Basic " + base64.b64encode(b"u:p").decode())
            told = json.loads(body)
            same((told["MessageID"], told["Metadata"], told["Tag"]), (identifier, {"message": "m-2"}, "t"))
            return told

        told = hook()
        same((told["RecordType"], told["Recipient"]), ("Delivery", to))
        number = sent_to(to)["number"]
        control("POST", f"/bounce/{number}", {"hard": False})
        same(hook()["Type"], "SoftBounce")
        control("POST", f"/bounce/{number}")
        told = hook()
        same((told["RecordType"], told["Type"], told["TypeCode"], told["Email"]), ("Bounce", "HardBounce", 1, to))
        control("POST", f"/complain/{number}")
        same(hook()["RecordType"], "SpamComplaint")
        refused(406, mail(to))
        control("PUT", "/callbacks", {})


@check
def a_mail_is_sent():
    answer = client().emails.send(**mail("Ada <ada@postmark.example>", Metadata={"message": "m-1"}, Headers={"X-A": "b"}))
    same((answer["ErrorCode"], answer["Message"]), (0, "OK"))
    sent = sent_to("ada@postmark.example")
    same((sent["id"], sent["tags"], sent["headers"]), (answer["MessageID"], {"message": "m-1"}, [["X-A", "b"]]))
    same((sent["text"], sent["html"]), ("Text.", "<p>HTML.</p>"))


@check
def a_batch_is_answered_one_by_one():
    first, second = client().emails.send_batch(mail("b1@postmark.example"), mail("nobody"))
    same((first["ErrorCode"], second["ErrorCode"]), (0, 300))
    sent_to("b1@postmark.example")


@check
def what_is_wrong_is_told_by_its_number():
    to = "wrong@postmark.example"
    refused(10, mail(to), token="another")
    refused(300, mail("nobody"))
    refused(300, mail(to, Metadata={"message": "x" * 81}))
    refused(1235, mail(to, MessageStream="nowhere"))


@check
def faults_come_in_postmarks_shape():
    to = "faults@postmark.example"
    with fault(provider="postmark", kind="reject", status=422, code="406"):
        refused(406, mail(to))
    with fault(provider="postmark", kind="rate_limit"):
        refused(429, mail(to))
    same(control("GET", f"/messages?accepted=true&to={to}")["found"], 0)


run()
