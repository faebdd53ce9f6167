"""A mail server of aiosmtpd's, for a test to send to: what comes is parsed by Python's own `email` and printed, a line of JSON
each.

argv[1] is JSON: `user` and `password`, who must log in (without them, nobody may). The first line is `{"port": N}`, on which it
listens on 127.0.0.1. It ends when its input does.
"""

import asyncio
import base64
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult

SETTINGS = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}


def tell(what):
    print(json.dumps(what), flush=True)


def addresses(header):
    return [] if header is None else [address.addr_spec for address in header.addresses]


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        defects = [type(defect).__name__ for part in mail.walk() for defect in part.defects]
        tell({
            "mail_from": envelope.mail_from,
            "rcpt_tos": envelope.rcpt_tos,
            "options": envelope.mail_options,
            "user": session.auth_data if session.authenticated else None,
            "from": addresses(mail["from"]),
            "to": addresses(mail["to"]),
            "subject": mail["subject"],
            "message_id": mail["message-id"],
            "headers": [[name, str(value)] for name, value in mail.items()],
            "content_type": mail.get_content_type(),
            "text": text and text.get_content(),
            "html": html and html.get_content(),
            "attachments": [part.get_filename() for part in mail.iter_attachments()],
            # What the parser had to forgive: nothing, of a good mail.
            "defects": defects,
            "raw": base64.b64encode(envelope.content).decode(),
        })
        return "250 2.0.0 Ok"


def authenticate(server, session, envelope, mechanism, data):
    given = (data.login.decode(), data.password.decode())
    is_right = given == (SETTINGS.get("user"), SETTINGS.get("password"))
    return AuthResult(success=is_right, handled=is_right, auth_data=given[0])


async def main():
    asks = "user" in SETTINGS
    options = {"authenticator": authenticate, "auth_require_tls": False, "auth_required": True} if asks else {}
    loop = asyncio.get_running_loop()
    # aiosmtpd's own controller wants to know the port before.
    server = await loop.create_server(lambda: SMTP(Handler(), enable_SMTPUTF8=True, **options), "127.0.0.1", 0)
    tell({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
