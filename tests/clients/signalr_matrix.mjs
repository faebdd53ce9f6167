// What the stock JavaScript client does with a hub, over every transport, in every encoding, of two major versions. One of
// two clients is at node one, the other at node two.

import {
  COMBINATIONS, ONE, SETTINGS, SIGNALR, TOKENS, TWO, checkOpen, consumed, eventually, inbox, numbers, ok, refused, run, same, unique,
} from "./realtime_under_test.mjs";

const PUSHES = 20;
const UNICODE = "Zürich, Ελλάδα, 日本語, עברית, 👩‍👩‍👧, \u0000\u001e\u2028 \"quoted\" \\ \ud83d\ude00";

for (const [number, combination] of COMBINATIONS.entries()) {
  const { version, transport, protocol } = combination;
  const [ada, bob] = [TOKENS[(2 * number) % TOKENS.length], TOKENS[(2 * number + 1) % TOKENS.length]];
  const here = { ...combination, url: ONE, token: ada };
  const there = { ...combination, url: TWO, token: bob };
  const on = (name, make) => checkOpen(`${name}[${version} ${transport} ${protocol}]`, make);
  const isBinary = protocol === "messagepack";

  on("invocations are answered", async (place) => {
    const client = await place.connect(here);
    same(await client.invoke("Add", 40, 2), 42);
    same(await client.invoke("echo", "any case"), "any case");
    same((await client.invoke("Void")) ?? null, null);
    await client.send("Void");
    const many = await Promise.all(numbers(50).map((number) => client.invoke("Add", number, 1000)));
    same(many, numbers(50).map((number) => number + 1000));
    const me = await client.invoke("WhoAmI");
    same([me.tenant, me.connection_id], ["acme", client.connectionId]);
  });

  on("values come back as they were sent", async (place) => {
    const client = await place.connect(here);
    const values = [
      UNICODE, "", 0, -1, 1.5, -1e-7, 2 ** 31, 2 ** 32, -(2 ** 40), Number.MAX_SAFE_INTEGER, true, false, null, [], {},
      [1, [2, [3, { four: [] }]]], { nested: { "key with spaces": null, ü: "ü" } }, "x".repeat(20_000),
      numbers(2_000), "é".repeat(10_000),
    ];
    for (const value of values) same(await client.invoke("Echo", value), value);
    const now = new Date(1_764_201_600_123);
    const date = await client.invoke("Echo", { now });
    same(date, { now: isBinary ? now : now.toJSON() });
    if (!isBinary) return;
    for (const length of [0, 1, 255, 256, 20_000]) {
      const bytes = Uint8Array.from(numbers(length), (number) => number % 256);
      const back = await client.invoke("Echo", bytes);
      ok(back instanceof Uint8Array, `${back}`);
      same([...back], [...bytes]);
    }
  });

  on("errors say what the hub wants to say, and no more", async (place) => {
    const client = await place.connect(here);
    const text = `not "now", ${UNICODE}`;
    ok((await refused(client.invoke("Fail", text))).message.endsWith(text));
    const hidden = (await refused(client.invoke("Crash"))).message;
    same(hidden, "An unexpected error occurred invoking 'Crash' on the server.");
    const unknown = (await refused(client.invoke("NoSuchMethod", 1))).message;
    same(unknown, "Failed to invoke 'NoSuchMethod' due to an error on the server. HubException: Method does not exist.");
    for (const wrong of [[], [1], [1, "two"], [1, 2, 3], [{}, []]]) {
      const { message } = await refused(client.invoke("Add", ...wrong));
      ok(message.includes("Add"), `${JSON.stringify(wrong)}: ${message}`);
    }
    const streamed = await consumed(client.stream("Add", 1, 2));
    ok(streamed.error, "a method without a stream was streamed");
    await refused(client.invoke("Counter", 1, 0));
    await client.send("NoSuchMethod");
    await client.send("Fail", "nobody is told");
    same(await client.invoke("Add", 1, 1), 2);
  });

  on("pushes reach whom they are for, in order and once", async (place) => {
    const [a, b, c] = await Promise.all([place.connect(here), place.connect(there), place.connect(there)]);
    const everyone = unique("everyone");
    const inboxes = [a, b, c].map((client) => inbox(client, everyone));
    for (const number of numbers(PUSHES)) await a.send("SendToAll", everyone, { number, text: UNICODE });
    for (const received of inboxes) {
      await received.take(PUSHES);
      same(received.items, numbers(PUSHES).map((number) => ({ number, text: UNICODE })));
    }
    const others = unique("others");
    const [mine, bs, cs] = [a, b, c].map((client) => inbox(client, others));
    await a.invoke("SendToOthers", others, 1);
    await a.invoke("SendToCaller", others, "fence");
    same(await mine.take(1), ["fence"]);
    same([await bs.take(1), await cs.take(1)], [[1], [1]]);
    const direct = unique("direct");
    const [toA, toB, toC] = [a, b, c].map((client) => inbox(client, direct));
    await a.invoke("SendToConnection", b.connectionId, direct, "b only");
    await a.invoke("SendToConnection", c.connectionId, direct, "c only");
    await c.invoke("SendToConnection", a.connectionId, direct, "a only");
    same([await toA.take(1), await toB.take(1), await toC.take(1)], [["a only"], ["b only"], ["c only"]]);
    await a.invoke("SendToConnection", "no-such-connection", direct, 1).catch(() => {});
    same([toA.items.length, toB.items.length, toC.items.length], [1, 1, 1]);
  });

  on("groups are joined and left", async (place) => {
    const [a, b, c] = await Promise.all([place.connect(here), place.connect(there), place.connect(here)]);
    const [group, target] = [unique("group"), unique("target")];
    const [as, bs, cs] = [a, b, c].map((client) => inbox(client, target));
    await Promise.all([a.invoke("JoinGroup", group), b.invoke("JoinGroup", group)]);
    await b.invoke("JoinGroup", group);
    for (const number of numbers(PUSHES)) await c.send("SendToGroup", group, target, number);
    same([await as.take(PUSHES), await bs.take(PUSHES)], [numbers(PUSHES), numbers(PUSHES)]);
    await b.invoke("LeaveGroup", group);
    await b.invoke("LeaveGroup", unique("never joined"));
    await c.invoke("SendToGroup", group, target, "after");
    same((await as.take(PUSHES + 1)).at(-1), "after");
    await c.invoke("SendToConnection", b.connectionId, target, "fence");
    same((await bs.take(PUSHES + 1)).at(-1), "fence");
    same([as.items.length, bs.items.length, cs.items.length], [PUSHES + 1, PUSHES + 1, 0]);
  });

  on("a user is reached at all connections", async (place) => {
    const [a, b, c] = await Promise.all([
      place.connect(here), place.connect({ ...there, token: ada }), place.connect(there),
    ]);
    const { user } = await a.invoke("WhoAmI");
    const target = unique("user");
    const [as, bs, cs] = [a, b, c].map((client) => inbox(client, target));
    await c.invoke("SendToUser", user, target, { for: user });
    same([await as.take(1), await bs.take(1)], [[{ for: user }], [{ for: user }]]);
    await c.invoke("SendToCaller", target, "fence");
    same(await cs.take(1), ["fence"]);
  });

  on("streams from the server end, fail, and are cancelled", async (place) => {
    const client = await place.connect(here);
    same(await consumed(client.stream("Counter", 100, 0)), { items: numbers(100), error: null });
    same(await consumed(client.stream("Counter", 0, 0)), { items: [], error: null });
    same(await consumed(client.stream("Counter", 5, 20)), { items: numbers(5), error: null });
    const failing = await consumed(client.stream("CounterFails", 3));
    same(failing.items, numbers(3));
    ok(failing.error, "the stream does not say that it failed");
    const three = await Promise.all(numbers(3).map(() => consumed(client.stream("Counter", 30, 1))));
    for (const { items } of three) same(items, numbers(30));
    const before = await client.invoke("Cancelled");
    const endless = [];
    await new Promise((resolve, reject) => {
      const subscription = client.stream("Endless").subscribe({
        next: (item) => endless.push(item) === 3 && (subscription.dispose(), resolve()),
        error: reject,
        complete: () => reject(new Error("it ended")),
      });
    });
    await eventually("the server knows of it", async () => (await client.invoke("Cancelled")) === before + 1);
    const { length } = endless;
    await client.invoke("Void");
    same(endless.length, length);
  });

  on("streams to the server are taken, and both ways at once", async (place) => {
    const client = await place.connect(here);
    const upload = new SIGNALR.Subject();
    const sum = client.invoke("Sum", upload);
    for (const number of numbers(100)) upload.next(number);
    upload.complete();
    same(await sum, 4950);
    const relayed = new SIGNALR.Subject();
    const back = consumed(client.stream("Relay", relayed));
    for (const number of numbers(50)) relayed.next({ number });
    relayed.complete();
    same(await back, { items: numbers(50).map((number) => ({ number })), error: null });
    const broken = new SIGNALR.Subject();
    const refusal = refused(client.invoke("Sum", broken));
    broken.next(1);
    broken.error(new Error("the upload broke"));
    ok((await refusal).message.length > 0);
    const wrong = new SIGNALR.Subject();
    const mistaken = refused(client.invoke("Sum", wrong));
    wrong.next("not a number");
    wrong.complete();
    ok((await mistaken).message.length > 0);
    same(await client.invoke("Add", 1, 1), 2);
  });

  on("a client's own results come back", async (place) => {
    const [a, b] = await Promise.all([place.connect(here), place.connect({ ...here, token: bob })]);
    a.on("ask-sync", (value) => ({ got: value }));
    a.on("ask-later", async (value) => `${value} later`);
    a.on("ask-throws", () => {
      throw new Error("the handler broke");
    });
    a.on("ask-nothing", () => {});
    b.on("ask-sync", (value) => ({ other: value }));
    same(await a.invoke("AskClient", "ask-sync", UNICODE), { got: UNICODE });
    same(await a.invoke("AskClient", "ask-later", "soon"), "soon later");
    const thrown = (await refused(a.invoke("AskClient", "ask-throws", 1))).message;
    ok(thrown.includes("the handler broke"), thrown);
    for (const target of ["ask-nothing", "no-handler-at-all"]) {
      const { message } = await refused(a.invoke("AskClient", target, 1));
      ok(message.includes("Client didn't provide a result."), message);
    }
    // Behind a load balancer the two may be at different nodes.
    if (!SETTINGS.balanced) same(await a.invoke("AskConnection", b.connectionId, "ask-sync", 7), { other: 7 });
    await refused(a.invoke("AskConnection", "no-such-connection", "ask-sync", 7));
  });

  on("a burst arrives whole", async (place) => {
    const client = await place.connect(here);
    const flood = inbox(client, "flood");
    await client.invoke("Flood", 200, 1_000);
    await flood.take(200);
    same(await client.invoke("Add", 1, 1), 2);
    same(flood.items.length, 200);
  });

  on("a record beyond the limit closes the connection", async (place) => {
    const client = await place.connect(here);
    const { message } = await refused(client.invoke("Echo", "x".repeat(40_000)));
    ok(message, "no error");
    const [why] = await client.closed.take(1);
    same(why, "Server returned an error on close: Connection closed with an error.");
  });

  on("the server closes, for good or for a while", async (place) => {
    const closing = await place.connect({ ...here, reconnect: [0, 0, 0] });
    const asked = closing.invoke("CloseWith", "the door is shut").catch((error) => error.message);
    same(await closing.closed.take(1), ["Server returned an error on close: the door is shut"]);
    await asked;
    same([closing.state, closing.reconnecting.items.length], ["Disconnected", 0]);
    const dropped = await place.connect({ ...here, reconnect: [0, 100, 500, 1_000] });
    const before = dropped.connectionId;
    dropped.invoke("Abort").catch(() => {});
    const [after] = await dropped.reconnected.take(1);
    same([dropped.reconnecting.items.length, dropped.closed.items.length], [1, 0]);
    ok(after && after !== before && after === dropped.connectionId, `${before} ${after}`);
    same(await dropped.invoke("Add", 1, 1), 2);
  });

  on("the client stops, and starts again", async (place) => {
    const client = await place.connect(here);
    client.on("never-answers", () => new Promise(() => {}));
    const pending = refused(client.invoke("AskClient", "never-answers", 1));
    await client.stop();
    ok((await pending).message.length > 0);
    same(await client.closed.take(1), [null]);
    await client.start();
    same(await client.invoke("Add", 1, 1), 2);
  });
}

await run({ atOnce: 8 });
