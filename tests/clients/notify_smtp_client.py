"""Python's own `smtplib` and `email` against the fake mail server."""

import smtplib
from email.message import EmailMessage

from notify_under_test import ACCOUNTS, SETTINGS, check, check_each, control, fault, raises, run, same, sent_to

HOST, PORT = SETTINGS["smtp"].rsplit(":", 1)
USER, PASSWORD = ACCOUNTS["smtp_user"], ACCOUNTS["smtp_password"]
# Dots at the starts of lines, a line that is one dot, lines that are long, no end of line at the end.
TEXT = ".\r\n..\r\n.a\r\nfrom\r\n" + "ü" * 900 + "\r\n.\r\nend"


def mail(to, text="Text.\n"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "octo@x.example", to, "Grüße, 日本語"
    message.set_content(text)
    return message


def connect():
    return smtplib.SMTP(HOST, int(PORT), timeout=30)


@check
def what_it_can_is_told():
    with connect() as client:
        client.ehlo()
        for name in ("pipelining", "8bitmime", "smtputf8", "enhancedstatuscodes"):
            assert client.has_extn(name), client.esmtp_features
        same((client.esmtp_features["size"], client.esmtp_features["auth"].strip()), ("26214400", "PLAIN LOGIN"))


@check_each(["7bit", "8bit", "quoted-printable", "base64"])
def a_mail_arrives_as_it_was_sent(encoding):
    to = f"{encoding}@smtp.example"
    text = TEXT if encoding in ("quoted-printable", "base64") else TEXT.replace("ü" * 900, "u" * 900)
    message = mail(to)
    message.set_content(text, cte=encoding)
    message.add_attachment(b"\x00\r\n.\r\n\xff", maintype="application", subtype="octet-stream", filename="a.bin")
    with connect() as client:
        client.send_message(message)
    sent = sent_to(to)
    same((sent["subject"], sent["to"], sent["attachments"]), ("Grüße, 日本語", [to], ["a.bin"]))
    same(sent["text"].rstrip().splitlines(), text.splitlines())


@check_each(["PLAIN", "LOGIN"])
def somebody_logs_in(mechanism):
    to = f"{mechanism}@smtp.example"
    with connect() as client:
        client.ehlo()
        client.user, client.password = USER, PASSWORD
        client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
        client.send_message(mail(to))
    same(sent_to(to)["origin"]["user"], USER)
    with connect() as client:
        raises(smtplib.SMTPAuthenticationError, client.login, USER, "another")


@check
def an_address_in_utf_8():
    with connect() as client:
        client.sendmail("grüße@x.example", ["ada@bücher.example"], mail("ada@x.example").as_bytes(), ["SMTPUTF8"])
    same(sent_to("ada@bücher.example")["from"], "grüße@x.example")


@check
def one_of_two_recipients_is_refused():
    good, bad = "good@smtp.example", "bad@smtp.example"
    with fault(provider="smtp", to=bad, kind="reject", status=550), connect() as client:
        refused = client.sendmail("octo@x.example", [good, bad], mail(good).as_bytes())
        same(refused[bad][0], 550)
    same(sent_to(good)["to"], [good])
    same(sent_to(bad, accepted="false")["fault"] is not None, True)


@check
def too_much_is_refused():
    with connect() as client:
        client.ehlo()
        same(client.docmd("MAIL", "FROM:<a@x.example> SIZE=26214401")[0], 552)
        same(client.docmd("RCPT", "TO:<a@x.example>")[0], 503)
        same(client.docmd("NOOP " + "x" * 20000)[0], 500)
        many = [f"{n}@smtp.example" for n in range(101)]
        refused = client.sendmail("octo@x.example", many, b"Subject: x\r\n\r\nx")
        same({to: code for to, (code, _) in refused.items()}, {many[100]: 452})
        error = raises(smtplib.SMTPDataError, client.sendmail, "a@x.example", ["b@x.example"], b"a" * 999)
        same(error.smtp_code, 554)


@check
def the_connection_breaks_before_and_after_it_was_taken():
    for when, found in (("before", 0), ("after", 1)):
        to = f"{when}@broken.example"
        with fault(provider="smtp", to=to, kind="close", when=when):
            raises(smtplib.SMTPServerDisconnected, connect().send_message, mail(to))
        same(control("GET", f"/messages?accepted=true&to={to}")["found"], found)


run()
