"""The stock `sendgrid` library against the fake SendGrid: it sends; its verifier judges the event webhook."""

import json

from notify_under_test import ACCOUNTS, SETTINGS, URL, Heard, check, control, fault, raises, run, same, sent_to
from python_http_client.exceptions import (
    BadRequestsError,
    ForbiddenError,
    ServiceUnavailableError,
    TooManyRequestsError,
    UnauthorizedError,
)
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook
from sendgrid.helpers.mail import Attachment, CustomArg, FileContent, FileName, Header, Mail

FROM = ("octo@x.example", "Octo")
KEY = ACCOUNTS["sendgrid_key"]


def mail(to, **members):
    members = {"subject": "Hello", "plain_text_content": "Text.", "html_content": "<p>HTML.</p>", **members}
    return Mail(from_email=FROM, to_emails=to, **members)


def send(message, key=KEY):
    return SendGridAPIClient(key, host=URL).send(message)


@check
def events_are_signed():
    verifier = EventWebhook(SETTINGS["sendgrid_callback_key"])
    # The first check: later, what became of other messages would be told too.
    with Heard() as heard:
        control("PUT", "/callbacks", {"sendgrid": heard.url})

        def events():
            _, headers, body = heard.next()
            signature = headers["x-twilio-email-event-webhook-signature"]
            timestamp = headers["x-twilio-email-event-webhook-timestamp"]
            assert verifier.verify_signature(body.decode(), signature, timestamp)
            assert not verifier.verify_signature(body.decode() + " ", signature, timestamp)
            return json.loads(body)

        message = mail("bob@sendgrid.example")
        message.add_custom_arg(CustomArg("message", "m-2"))
        identifier = send(message).headers["X-Message-Id"]
        for kind in ("processed", "delivered"):
            (event,) = events()
            same((event["event"], event["email"], event["message"]), (kind, "bob@sendgrid.example", "m-2"))
            assert event["sg_message_id"].startswith(f"{identifier}."), event
        number = sent_to("bob@sendgrid.example")["number"]
        control("POST", f"/bounce/{number}", {"hard": False})
        (event,) = events()
        same((event["event"], event["type"], event["status"]), ("bounce", "blocked", "4.2.2"))
        control("POST", f"/complain/{number}")
        same(events()[0]["event"], "spamreport")
        control("PUT", "/callbacks", {})


@check
def a_mail_is_sent():
    message = mail("ada@sendgrid.example", subject="Grüße, 日本語")
    message.add_custom_arg(CustomArg("message", "m-1"))
    message.add_header(Header("List-Unsubscribe", "<https://x.example/u>"))
    message.add_attachment(Attachment(FileContent("eA=="), FileName("x.txt")))
    answer = send(message)
    same((answer.status_code, answer.body), (202, b""))
    sent = sent_to("ada@sendgrid.example")
    same(sent["id"], answer.headers["X-Message-Id"])
    same((sent["subject"], sent["text"], sent["html"]), ("Grüße, 日本語", "Text.", "<p>HTML.</p>"))
    same((sent["from"], sent["tags"], sent["attachments"]), (FROM[0], {"message": "m-1"}, ["x.txt"]))
    same(sent["headers"], [["List-Unsubscribe", "<https://x.example/u>"]])


@check
def what_is_wrong_is_told_with_its_field():
    def field(message):
        error = raises(BadRequestsError, send, message)
        return error.to_dict["errors"][0]["field"]

    # The library itself takes no such address.
    nobody = mail("a@x.example").get()
    nobody["personalizations"][0]["to"][0]["email"] = "nobody"
    same(field(nobody), "personalizations.0.to.0.email")
    same(field(Mail(to_emails="a@x.example", from_email=FROM, plain_text_content="x")), "subject")
    same(field(Mail(to_emails="a@x.example", from_email=FROM, subject="x")), "content")
    same(field(Mail(to_emails="a@x.example", subject="x", plain_text_content="x")), "from.email")
    same(field(Mail(from_email=FROM, subject="x", plain_text_content="x")), "personalizations")
    reserved = mail("a@x.example")
    reserved.add_header(Header("Subject", "x"))
    same(field(reserved), "headers.Subject")
    raises(UnauthorizedError, send, mail("a@x.example"), key="another")


@check
def faults_come_in_sendgrids_shape():
    to = "cy@sendgrid.example"
    with fault(provider="sendgrid", kind="rate_limit"):
        error = raises(TooManyRequestsError, send, mail(to))
        same((error.headers["X-RateLimit-Remaining"], error.to_dict["errors"][0]["message"]), ("0", "too many requests"))
    with fault(provider="sendgrid", kind="reject", status=403):
        raises(ForbiddenError, send, mail(to))
    with fault(provider="sendgrid", kind="reject", status=503):
        raises(ServiceUnavailableError, send, mail(to))
    same(control("GET", f"/messages?accepted=true&to={to}")["found"], 0)


run()
