"""The stock `twilio` library against the fake Twilio: it sends, reads, lists; its validator judges the callbacks."""

from urllib.parse import parse_qsl

from notify_under_test import ACCOUNTS, URL, Heard, check, control, eventually, fault, raises, run, same
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

ACCOUNT, TOKEN, FROM = ACCOUNTS["twilio_account"], ACCOUNTS["twilio_token"], ACCOUNTS["twilio_numbers"][0]
SERVICE = "MG0123456789abcdef0123456789abcdef"


def client(token=TOKEN):
    made = Client(ACCOUNT, token)
    made.api.base_url = URL
    return made


def refused(code, status=400, token=TOKEN, **message):
    error = raises(TwilioRestException, client(token).messages.create, **message)
    same((error.code, error.status), (code, status), error.msg)


@check
def a_message_is_sent_and_read():
    made = client().messages.create(to="+436601000001", from_=FROM, body="Grüße, 日本語")
    same((made.status, made.to, made.from_, made.body), ("queued", "+436601000001", FROM, "Grüße, 日本語"))
    assert made.sid.startswith("SM") and len(made.sid) == 34, made.sid
    assert made.date_created is not None and made.error_code is None
    eventually("delivered", lambda: client().messages(made.sid).fetch().status == "delivered")
    by_service = client().messages.create(to="+436601000001", messaging_service_sid=SERVICE, body="x")
    same((by_service.status, by_service.messaging_service_sid), ("accepted", SERVICE))


@check
def messages_are_listed_newest_first_over_pages():
    sids = [client().messages.create(to="+436601000002", from_=FROM, body=f"{n}").sid for n in range(5)]
    found = client().messages.list(to="+436601000002", page_size=2)
    same([message.sid for message in found], sids[::-1])
    same([message.sid for message in client().messages.list(to="+436601000002", limit=1)], sids[-1:])


@check
def what_is_wrong_is_told_by_its_number():
    to = "+436601000003"
    refused(21211, to="436601000003", from_=FROM, body="x")
    refused(21606, to=to, from_="+15005550001", body="x")
    refused(21603, to=to, body="x")
    refused(21602, to=to, from_=FROM, body="")
    refused(21617, to=to, from_=FROM, body="x" * 1601)
    refused(21609, to=to, from_=FROM, body="x", status_callback="nowhere")
    refused(20003, status=401, token="another", to=to, from_=FROM, body="x")
    same(raises(TwilioRestException, client().messages("SM" + "0" * 32).fetch).code, 20404)


@check
def callbacks_are_signed():
    validator = RequestValidator(TOKEN)
    with Heard() as heard:
        url = f"{heard.url}status?a=1&b=2"
        made = client().messages.create(to="+436601000004", from_=FROM, body="x", status_callback=url)
        for status in ("sent", "delivered"):
            called, headers, body = heard.next()
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            same((called, form["MessageSid"], form["MessageStatus"]), (url, made.sid, status))
            assert validator.validate(called, form, headers["x-twilio-signature"]), form
            assert not validator.validate(called, {**form, "To": "+1"}, headers["x-twilio-signature"])
            assert not RequestValidator("another").validate(called, form, headers["x-twilio-signature"])


@check
def what_bounces_is_undelivered():
    with Heard() as heard, fault(provider="twilio", to="+436601000005", kind="bounce", code="30003"):
        made = client().messages.create(to="+436601000005", from_=FROM, body="x", status_callback=heard.url)
        forms = [dict(parse_qsl(heard.next()[2].decode())) for _ in range(2)]
        same([form["MessageStatus"] for form in forms], ["sent", "undelivered"])
        same(forms[1]["ErrorCode"], "30003")
        number = control("GET", "/messages?to=%2B436601000005")["messages"][0]["number"]
        eventually("noted", lambda: len(control("GET", f"/messages/{number}")["callbacks"]) == 2)
        found = client().messages(made.sid).fetch()
        same((found.status, found.error_code), ("undelivered", 30003))


@check
def faults_come_in_twilios_shape():
    with fault(provider="twilio", kind="reject", status=400, code="21610"):
        refused(21610, to="+436601000006", from_=FROM, body="x")
    with fault(provider="twilio", kind="rate_limit", retry_after_s=1):
        refused(20429, status=429, to="+436601000006", from_=FROM, body="x")
    same(control("GET", "/messages?accepted=true&to=%2B436601000006")["found"], 0)


run()
