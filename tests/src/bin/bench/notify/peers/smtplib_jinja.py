"""Renders and sends so many mails by smtplib: TEXT HTML SUBJECT PORT MAILS PROCESSES. Says {"seconds": ...}."""

import json
import multiprocessing
import smtplib
import sys
import time
from email.message import EmailMessage

from jinja2 import Environment


def send(numbers, begin, text, html, subject, port):
    plain = Environment().from_string(text)
    markup = Environment(autoescape=True).from_string(html)
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        begin.wait()
        for number in numbers:
            name = f"Ada {number} Lovelace"
            mail = EmailMessage()
            mail["From"] = "Octavo <no-reply@octavo.example>"
            mail["To"] = f"{name} <user-{number % 500}@acme.example>"
            mail["Subject"] = subject
            mail["Message-ID"] = f"<{number}@octavo.example>"
            mail.set_content(plain.render(name=name))
            mail.add_alternative(markup.render(name=name), subtype="html")
            smtp.send_message(mail)


def main():
    text, html, subject, port, mails, processes = sys.argv[1:]
    with open(text, encoding="utf-8") as file:
        text = file.read()
    with open(html, encoding="utf-8") as file:
        html = file.read()
    mails, processes = int(mails), int(processes)
    begin = multiprocessing.Barrier(processes + 1)
    senders = [
        multiprocessing.Process(target=send, args=(range(first, mails, processes), begin, text, html, subject, int(port)))
        for first in range(processes)
    ]
    for sender in senders:
        sender.start()
    begin.wait()
    began = time.monotonic()
    for sender in senders:
        sender.join()
    print(json.dumps({"seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
