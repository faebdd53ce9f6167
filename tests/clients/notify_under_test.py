"""The fake notification providers that stock clients judge: where they are, what they are asked, what they call.

argv[1] is JSON, as `local-emulator/notify/tests/clients.rs` writes it: `url` (HTTP, no path), `smtp` (host:port), `accounts`
(who may send, the members of `Accounts`), `sendgrid_callback_key`.
"""

import contextlib
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from checks import SETTINGS, check, check_each, raises, run, same

__all__ = ["check", "check_each", "raises", "run", "same"]

URL, ACCOUNTS = SETTINGS["url"], SETTINGS["accounts"]
# How long something that happens by itself may take on a busy machine.
WITHIN_S = 30


def control(method, path, body=None):
    """The fakes' own API, below `/_control`: its JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/_control{path}", data=data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from error


def sent_to(address, accepted="true"):
    """The only message to this address, whole."""
    found = control("GET", f"/messages?accepted={accepted}&to={urllib.request.quote(address)}")["messages"]
    assert len(found) == 1, found
    return control("GET", f"/messages/{found[0]['number']}")


@contextlib.contextmanager
def fault(**members):
    """A fault in a `with` block; the next message that matches gets it."""
    added = control("POST", "/faults", {"times": 1, **members})
    yield
    control("DELETE", f"/faults/{added['id']}")


class Heard:
    """A server that the providers call: what they said, in order."""

    def __init__(self):
        self.calls = queue.Queue()
        heard = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                heard.calls.put((f"{heard.url}{self.path.removeprefix('/')}", self.headers, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        """The next call: its address, headers, body."""
        return self.calls.get(timeout=WITHIN_S)

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.server.shutdown()
        self.server.server_close()


def eventually(what, look):
    """What `look` finds, when it finds something."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {WITHIN_S} s")
