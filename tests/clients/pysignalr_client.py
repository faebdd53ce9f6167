"""The stock `pysignalr` client against the node: negotiation version 0, WebSockets, both encodings.

It answers an error of any invocation to one callback, and has no results of uploads: that is its own. It connects again
with the id that it had, which a server has forgotten by then, and ends: whoever uses it begins anew, as is done here.
"""

import asyncio
import contextlib
import uuid

from checks import SETTINGS, check_each, run, same
from pysignalr.client import SignalRClient
from pysignalr.exceptions import AuthorizationError
from pysignalr.protocol.json import JSONProtocol
from pysignalr.protocol.messagepack import MessagepackProtocol

ONE, TWO, TOKENS = SETTINGS["one"], SETTINGS["two"], SETTINGS["tokens"]
PROTOCOLS = {"json": JSONProtocol, "messagepack": MessagepackProtocol}
WITHIN_S = 15
TEXT = "Zürich, 日本語, 👩‍👩‍👧, \"quoted\""


class Connected:
    """A running client."""

    def __init__(self, protocol, url=ONE, token=TOKENS[0]):
        # Its own token factory is asked after the negotiation only.
        headers = {"Authorization": f"Bearer {token}"}
        self.client = SignalRClient(f"{url}/hubs/conformance", protocol=PROTOCOLS[protocol](), headers=headers)
        self.errors = asyncio.Queue()
        self.client.on_error(self.errors.put)
        self.opened, self.closed = asyncio.Event(), asyncio.Event()

        async def opened():
            self.opened.set()

        async def closed():
            self.closed.set()

        self.client.on_open(opened)
        self.client.on_close(closed)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.client.run())
        opening = asyncio.create_task(self.opened.wait())
        await asyncio.wait({self.task, opening}, timeout=WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        opening.cancel()
        if self.task.done():
            self.task.result()
        assert self.opened.is_set(), "it does not connect"
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self.task

    async def invoke(self, method, *arguments):
        """The result, or the error's text as an exception."""
        answered = asyncio.get_running_loop().create_future()

        async def answer(message):
            if not answered.done():
                answered.set_result(message)

        await self.client.send(method, list(arguments), on_invocation=answer)
        message = await asyncio.wait_for(answered, WITHIN_S)
        if message.error:
            raise RuntimeError(message.error)
        return message.result

    async def refused(self, method, *arguments):
        """The error's text."""
        try:
            answer = await self.invoke(method, *arguments)
        except RuntimeError as error:
            return str(error)
        raise AssertionError(f"accepted: {answer!r}")

    def inbox(self, target):
        """What is pushed to a target."""
        queue = asyncio.Queue()
        self.client.on(target, queue.put)
        return queue

    async def stream(self, method, *arguments):
        """All items, and the error if there was one."""
        items, ended = [], asyncio.get_running_loop().create_future()

        async def item(value):
            items.append(value)

        async def complete(message):
            ended.set_result(message.error)

        await self.client.stream(method, list(arguments), on_next=item, on_complete=complete, on_error=complete)
        return items, await asyncio.wait_for(ended, WITHIN_S)


async def take(queue, count):
    """The first items of a queue."""
    return [await asyncio.wait_for(queue.get(), WITHIN_S) for _ in range(count)]


def each(function):
    """A check in each encoding, in an event loop of its own."""

    def made(protocol):
        asyncio.run(asyncio.wait_for(function(protocol), 60))

    made.__name__ = function.__name__
    return check_each(list(PROTOCOLS))(made)


@each
async def invocations_are_answered(protocol):
    async with Connected(protocol) as client:
        same(await client.invoke("Add", 40, 2), 42)
        for value in [TEXT, "x" * 20_000, 1.5, -(2**40), None, [1, [2]], {"a": {"b": None}}]:
            same(await client.invoke("Echo", value), value)
        if protocol == "messagepack":
            same(await client.invoke("Echo", bytes(range(256))), bytes(range(256)))
        same(await client.invoke("Void"), None)
        await client.client.send("Void", [])
        me = await client.invoke("WhoAmI")
        same(me["tenant"], "acme")


@each
async def errors_come_back(protocol):
    async with Connected(protocol) as client:
        assert (await client.refused("Fail", TEXT)).endswith(TEXT)
        same(await client.refused("Crash"), "An unexpected error occurred invoking 'Crash' on the server.")
        await client.refused("NoSuchMethod")
        await client.refused("Add", 1)
        same(client.errors.qsize(), 4)
        same(await client.invoke("Add", 1, 1), 2)


@each
async def pushes_arrive(protocol):
    async with Connected(protocol) as one, Connected(protocol, TWO, TOKENS[1]) as two:
        group, target = str(uuid.uuid4()), f"pushed-{uuid.uuid4()}"
        first, second = one.inbox(target), two.inbox(target)
        await one.invoke("JoinGroup", group)
        await two.invoke("JoinGroup", group)
        for number in range(20):
            await one.client.send("SendToGroup", [group, target, {"number": number, "text": TEXT}])
        expected = [[{"number": number, "text": TEXT}] for number in range(20)]
        same(await take(first, 20), expected)
        same(await take(second, 20), expected)
        me = await two.invoke("WhoAmI")
        await one.invoke("SendToConnection", me["connection_id"], target, "direct")
        same(await take(second, 1), [["direct"]])
        await two.invoke("SendToUser", me["user"], target, "user")
        same(await take(second, 1), [["user"]])
        same(first.qsize(), 0)


@each
async def streams_end_and_fail(protocol):
    async with Connected(protocol) as client:
        same(await client.stream("Counter", 50, 1), (list(range(50)), None))
        items, error = await client.stream("CounterFails", 3)
        same(items, [0, 1, 2])
        assert error
        async with client.client.client_stream("Sum") as upload:
            for number in range(10):
                await upload.send(number)
        same(await client.invoke("Add", 1, 1), 2)


@each
async def results_of_its_own_come_back(protocol):
    async with Connected(protocol) as client:

        async def answer(arguments):
            return {"got": arguments[0]}

        async def fail(arguments):
            raise ValueError("the handler broke")

        client.client.on("ask", answer)
        client.client.on("fail", fail)
        same(await client.invoke("AskClient", "ask", TEXT), {"got": TEXT})
        assert "the handler broke" in await client.refused("AskClient", "fail", 1)
        assert "Client didn't provide a result." in await client.refused("AskClient", "nobody", 1)


@each
async def it_begins_anew_after_a_drop(protocol):
    for method, arguments in [("Abort", []), ("CloseWith", ["the door is shut"])]:
        async with Connected(protocol) as client:
            before = await client.invoke("WhoAmI")
            await client.client.send(method, arguments)
            # It may try again with the id that it had, and is refused.
            await asyncio.wait({client.task, asyncio.ensure_future(client.closed.wait())}, timeout=WITHIN_S,
                               return_when=asyncio.FIRST_COMPLETED)
            assert client.closed.is_set() or client.task.done(), f"still there after {method}"
        async with Connected(protocol) as client:
            after = await client.invoke("WhoAmI")
            assert after["connection_id"] != before["connection_id"]


@each
async def a_wrong_token_is_refused(protocol):
    try:
        async with Connected(protocol, token="not.a.token"):
            raise AssertionError("accepted")
    except AuthorizationError:
        pass


run()
