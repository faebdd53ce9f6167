"""Stock boto3 against the fake SES: it sends, signed; what the topic is told is verified as SNS's documentation says."""

import base64
import json
import urllib.request
from email.message import EmailMessage

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from notify_under_test import ACCOUNTS, URL, Heard, check, control, fault, run, same, sent_to

TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail-events"


def client(secret=ACCOUNTS["ses_secret"], key=ACCOUNTS["ses_access_key"]):
    return boto3.client(
        "sesv2",
        endpoint_url=URL,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}, proxies={}),
    )


def simple(to, **members):
    content = {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Text."}, "Html": {"Data": "<p>HTML.</p>"}}}
    return {
        "FromEmailAddress": "Octo <octo@x.example>",
        "Destination": {"ToAddresses": [to]},
        "Content": {"Simple": content},
        **members,
    }


def refused(code, request, **options):
    try:
        answer = client(**options).send_email(**request)
    except ClientError as raised:
        same(raised.response["Error"]["Code"], code)
        return raised.response
    raise AssertionError(f"accepted instead of {code}: {answer!r}")


def verified(headers, body):
    """The envelope, if its signature is right."""
    envelope = json.loads(body)
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    with urllib.request.urlopen(envelope["SigningCertURL"]) as response:
        certificate = x509.load_pem_x509_certificate(response.read())
    same(envelope["SignatureVersion"], "2")
    signature = base64.b64decode(envelope["Signature"])
    certificate.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    same((headers["x-amz-sns-message-type"], envelope["TopicArn"]), (envelope["Type"], TOPIC))
    return envelope


@check
def the_topic_is_told():
    # The first check: later, what became of other messages would be told too.
    with Heard() as heard:
        control("PUT", "/callbacks", {"ses": heard.url, "ses_topic": TOPIC})
        same(control("POST", "/ses/subscribe"), {"status": 200, "confirmed": False})
        envelope = verified(*heard.next()[1:])
        same(envelope["Type"], "SubscriptionConfirmation")
        with urllib.request.urlopen(envelope["SubscribeURL"]) as response:
            assert b"<SubscriptionArn>" in response.read()
        same(control("POST", "/ses/subscribe"), {"status": 200, "confirmed": True})
        heard.next()

        request = simple("bob@ses.example", EmailTags=[{"Name": "message", "Value": "acme.m-2"}])
        identifier = client().send_email(**request)["MessageId"]

        def event():
            return json.loads(verified(*heard.next()[1:])["Message"])

        for kind in ("Send", "Delivery"):
            told = event()
            same((told["eventType"], told["mail"]["messageId"]), (kind, identifier))
            same((told["mail"]["tags"]["message"], told["mail"]["destination"]), (["acme.m-2"], ["bob@ses.example"]))
        number = sent_to("bob@ses.example")["number"]
        control("POST", f"/bounce/{number}")
        told = event()
        same((told["eventType"], told["bounce"]["bounceType"]), ("Bounce", "Permanent"))
        same(told["bounce"]["bouncedRecipients"][0]["emailAddress"], "bob@ses.example")
        control("POST", f"/complain/{number}")
        same(event()["complaint"]["complaintFeedbackType"], "abuse")
        control("PUT", "/callbacks", {})


@check
def a_mail_is_sent():
    tags = [{"Name": "message", "Value": "acme.m-1"}]
    request = simple("ada@ses.example", EmailTags=tags)
    request["Content"]["Simple"]["Headers"] = [{"Name": "List-Unsubscribe", "Value": "<https://x.example/u>"}]
    answer = client().send_email(**request)
    sent = sent_to("ada@ses.example")
    same(sent["id"], answer["MessageId"])
    same((sent["subject"], sent["text"], sent["html"], sent["from"]), ("Grüße", "Text.", "<p>HTML.</p>", "octo@x.example"))
    same((sent["tags"], sent["headers"]), ({"message": "acme.m-1"}, [["List-Unsubscribe", "<https://x.example/u>"]]))


@check
def a_raw_mail_is_sent():
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "octo@x.example", "raw@ses.example", "日本語"
    mail.set_content("Text.")
    mail.add_attachment(b"1,2", maintype="text", subtype="csv", filename="a.csv")
    client().send_email(Content={"Raw": {"Data": mail.as_bytes()}})
    sent = sent_to("raw@ses.example")
    same((sent["subject"], sent["text"].strip(), sent["attachments"]), ("日本語", "Text.", ["a.csv"]))


@check
def what_is_wrong_is_told_by_its_name():
    to = "wrong@ses.example"
    refused("InvalidSignatureException", simple(to), secret="another")
    refused("UnrecognizedClientException", simple(to), key="AKIANOBODY")
    refused("BadRequestException", simple("nobody"))
    refused("BadRequestException", {**simple(to), "EmailTags": [{"Name": "a b", "Value": "x"}]})
    refused("BadRequestException", {**simple(to), "Content": {}})
    refused("BadRequestException", {**simple(to), "Destination": {"ToAddresses": [f"{n}@ses.example" for n in range(51)]}})


@check
def faults_come_in_the_shape_of_ses():
    to = "faults@ses.example"
    with fault(provider="ses", kind="rate_limit"):
        error = refused("TooManyRequestsException", simple(to))
        same(error["ResponseMetadata"]["HTTPStatusCode"], 429)
    with fault(provider="ses", kind="reject", status=400, code="MessageRejected", message="Not verified."):
        same(refused("MessageRejected", simple(to))["Error"]["Message"], "Not verified.")
    same(control("GET", f"/messages?accepted=true&to={to}")["found"], 0)


run()
