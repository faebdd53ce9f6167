"""The official `standardwebhooks` library: it judges a webhook that somebody signed, and signs one that the fake receiver judges.

argv[1] is JSON. With `signed`, a list of {`secret`, `headers`, `body`}: each was signed for this secret, and is verified as a
receiver would. With `url`: the fake receiver, see `notify_under_test.py`.
"""

import datetime
import json
import urllib.error
import urllib.request

from checks import SETTINGS, check, raises, run, same
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 32


@check
def what_was_signed_is_right():
    for signed in SETTINGS.get("signed", []):
        body, headers = signed["body"], signed["headers"]
        Webhook(signed["secret"]).verify(body, headers, json_parse=False)
        raises(WebhookVerificationError, Webhook(OTHER).verify, body, headers)
        raises(WebhookVerificationError, Webhook(signed["secret"]).verify, body + " ", headers)
        changed = {**headers, "webhook-id": "another"}
        raises(WebhookVerificationError, Webhook(signed["secret"]).verify, body, changed)


def post(name, body, headers):
    headers = {"content-type": "application/json", **headers}
    request = urllib.request.Request(f"{SETTINGS['url']}/webhook/{name}", body.encode(), headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


@check
def the_fake_receiver_believes_what_the_library_signs():
    if "url" not in SETTINGS:
        return
    from notify_under_test import control

    control("PUT", "/webhooks/orders", {"secret": SECRET})
    body, now = json.dumps({"grüße": "日本語"}), datetime.datetime.now(datetime.timezone.utc)
    old = now - datetime.timedelta(minutes=6)

    def headers(secret=SECRET, at=now):
        signature = Webhook(secret).sign("msg_1", at, body)
        return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}

    same(post("orders", body, headers()), 200)
    rotated = headers(OTHER)["webhook-signature"] + " " + headers()["webhook-signature"]
    same(post("orders", body, {**headers(), "webhook-signature": rotated}), 200, "one of several signatures")
    same(post("orders", body + " ", headers()), 401)
    same(post("orders", body, headers(OTHER)), 401)
    same(post("orders", body, headers(at=old)), 401)
    same(post("orders", body, {}), 401)
    same(post("unsigned", body, {}), 200)
    sent = control("GET", "/messages?kind=webhook&to=orders&accepted=true")["messages"]
    same([message["tags"]["webhook_id"] for message in sent], ["msg_1", "msg_1"])


run()
