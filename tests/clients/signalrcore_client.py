"""The stock `signalrcore` client against the node: negotiation version 0, two transports, both encodings.

It asks for protocol version 0 in its handshake, and sends its HTTP headers, the token among them, within every message. Its
uploads have no results, in MessagePack not even an id's place: that is its own. Its long polling is left out: it sends no
token with a poll, and takes one record of what a poll brings.
"""

import collections
import logging
import queue
import threading
import uuid

from checks import SETTINGS, check_each, raises, run, same
from signalrcore.hub_connection_builder import HubConnectionBuilder
from signalrcore.subject import Subject
from signalrcore.types import HttpTransportType, HubProtocolEncoding

ONE, TWO, TOKENS = SETTINGS["one"], SETTINGS["two"], SETTINGS["tokens"]
TRANSPORTS = {
    "WebSockets": HttpTransportType.web_sockets,
    "ServerSentEvents": HttpTransportType.server_sent_events,
}
ENCODINGS = {"json": HubProtocolEncoding.text, "messagepack": HubProtocolEncoding.binary}
COMBINATIONS = [("WebSockets", "json"), ("WebSockets", "messagepack"), ("ServerSentEvents", "json")]
WITHIN_S = 15
TEXT = "Zürich, 日本語, 👩‍👩‍👧, \"quoted\""

logging.getLogger("SignalRCoreClient").setLevel(logging.CRITICAL)


class Connected:
    """A started client."""

    def __init__(self, how, url=ONE, token=TOKENS[0], reconnect=False):
        transport, protocol = how
        options = {"access_token_factory": lambda: token, "transport": TRANSPORTS[transport]}
        builder = HubConnectionBuilder().with_url(f"{url}/hubs/conformance", options=options)
        builder.with_hub_protocol(ENCODINGS[protocol])
        if reconnect:
            builder.with_automatic_reconnect({"type": "interval", "intervals": [0.1, 0.2, 0.5, 1, 2], "keep_alive_interval": 10})
        self.connection = builder.build()
        self.opened, self.closed, self.reconnected = threading.Event(), threading.Event(), threading.Event()
        self.answers = collections.defaultdict(queue.Queue)
        self.connection.on_open(self.opened.set)
        self.connection.on_close(self.closed.set)
        self.connection.on_reconnect(self.reconnected.set)
        self.connection.on_error(self.failed)

    def failed(self, message):
        self.answers[message.invocation_id].put((None, message.error))

    def __enter__(self):
        self.connection.start()
        assert self.opened.wait(WITHIN_S), "it does not connect"
        return self

    def __exit__(self, *_):
        # It waits until the server says something, a ping at the latest.
        threading.Thread(target=self.connection.stop, daemon=True).start()

    def invoke(self, method, *arguments):
        """The result, or the error's text as an exception."""
        number = str(uuid.uuid4())
        answered = self.answers[number]
        self.connection.invoke(method, list(arguments), lambda message: answered.put((message.result, None)), number)
        result, error = answered.get(timeout=WITHIN_S)
        if error:
            raise RuntimeError(error)
        return result

    def inbox(self, target):
        """What is pushed to a target."""
        received = queue.Queue()
        self.connection.on(target, received.put)
        return received

    def stream(self, method, *arguments):
        """All items, and whether it failed."""
        items = []
        handler = self.connection.stream(method, list(arguments))
        ended = self.answers[handler.invocation_id]
        handler.subscribe({
            "next": items.append, "complete": lambda _: ended.put((None, None)), "error": lambda message: ended.put((None, message)),
        })
        return items, ended.get(timeout=WITHIN_S)[1]


def take(received, count):
    """The first items of an inbox."""
    return [received.get(timeout=WITHIN_S) for _ in range(count)]


@check_each(COMBINATIONS)
def invocations_are_answered(how):
    with Connected(how) as client:
        same(client.invoke("Add", 40, 2), 42)
        for value in [TEXT, "x" * 20_000, 1.5, -(2**40), [1, [2]], {"a": {"b": None}}]:
            same(client.invoke("Echo", value), value)
        if how[1] == "messagepack":
            same(client.invoke("Echo", bytes(range(256))), bytes(range(256)))
        same(client.invoke("Void"), None)
        same(client.invoke("WhoAmI")["tenant"], "acme")


@check_each(COMBINATIONS)
def errors_come_back(how):
    with Connected(how) as client:
        assert str(raises(RuntimeError, client.invoke, "Fail", TEXT)).endswith(TEXT)
        hidden = str(raises(RuntimeError, client.invoke, "Crash"))
        same(hidden, "An unexpected error occurred invoking 'Crash' on the server.")
        raises(RuntimeError, client.invoke, "NoSuchMethod")
        raises(RuntimeError, client.invoke, "Add", 1)
        same(client.invoke("Add", 1, 1), 2)


@check_each(COMBINATIONS)
def pushes_arrive(how):
    with Connected(how) as one, Connected(how, TWO, TOKENS[1]) as two:
        group, target = str(uuid.uuid4()), f"pushed-{uuid.uuid4()}"
        first, second = one.inbox(target), two.inbox(target)
        one.invoke("JoinGroup", group)
        two.invoke("JoinGroup", group)
        for number in range(20):
            one.invoke("SendToGroup", group, target, {"number": number, "text": TEXT})
        expected = [[{"number": number, "text": TEXT}] for number in range(20)]
        same(take(first, 20), expected)
        same(take(second, 20), expected)
        me = two.invoke("WhoAmI")
        one.invoke("SendToConnection", me["connection_id"], target, "direct")
        same(take(second, 1), [["direct"]])
        two.invoke("SendToUser", me["user"], target, "user")
        same(take(second, 1), [["user"]])
        same(first.qsize(), 0)


@check_each(COMBINATIONS)
def streams_end_and_fail(how):
    with Connected(how) as client:
        # What arrives before its `subscribe`, which is told of the stream only afterwards, is lost: that is its own.
        items, error = client.stream("Counter", 50, 5)
        same((items, error), (list(range(50))[-len(items):], None))
        _, error = client.stream("CounterFails", 3)
        assert error
        if how[1] == "json":
            subject = Subject()
            client.connection.send("Sum", subject)
            for number in range(10):
                subject.next(number)
            subject.complete()
        same(client.invoke("Add", 1, 1), 2)


@check_each(COMBINATIONS[:2])
def it_reconnects(how):
    with Connected(how, reconnect=True) as client:
        before = client.invoke("WhoAmI")
        client.connection.send("Abort", [])
        assert client.reconnected.wait(WITHIN_S), "it does not come back"
        after = client.invoke("WhoAmI")
        assert after["connection_id"] != before["connection_id"]
        received = client.inbox("again")
        client.invoke("SendToCaller", "again", TEXT)
        same(take(received, 1), [[TEXT]])


@check_each(COMBINATIONS)
def the_server_closes(how):
    with Connected(how) as client:
        client.connection.send("CloseWith", ["the door is shut"])
        assert client.closed.wait(WITHIN_S), "still there"


@check_each(COMBINATIONS)
def a_wrong_token_is_refused(how):
    try:
        with Connected(how, token="not.a.token"):
            pass
    except Exception as error:
        assert "401" in str(error) or type(error).__name__ == "UnAuthorizedHubError", repr(error)
        return
    raise AssertionError("accepted")


run()
