// Stateful reconnect of the stock JavaScript client: its connection is cut, often in the middle of a record, and nothing is
// lost and nothing comes twice, both ways, without a `reconnecting`.

import {
  ONE, SETTINGS, SIGNALR, TOKENS, TWO, checkOpen, consumed, eventually, inbox, numbers, ok, refused, run, same, unique,
} from "./realtime_under_test.mjs";

// Bytes to a client until its connection is cut: inside of frames of every size.
const CUTS = [1, 130, 397, 1_000, 2_711, 5_003];

const combinations = [10, 8].flatMap((version) => ["json", "messagepack"].map((protocol) => ({ version, protocol })));

for (const { version, protocol } of combinations) {
  const on = (name, make) =>
    checkOpen(`${name}[${version} ${protocol}]`, async (place) => {
      const proxy = await place.proxy(ONE);
      const client = await place.connect({ url: proxy.url, version, protocol, stateful: true });
      await make({ place, proxy, client });
      same([client.state, client.reconnecting.items, client.closed.items], ["Connected", [], []]);
    });

  on("a stream goes on", async ({ proxy, client }) => {
    for (const bytes of CUTS) {
      const accepted = proxy.accepted;
      proxy.cutAfter(bytes);
      // A slow one that is cut while it has nothing to say, or one that says all at once.
      const [count, delay] = bytes < 400 ? [200, 1] : [2_000, 0];
      same(await consumed(client.stream("Counter", count, delay)), { items: numbers(count), error: null });
      ok(proxy.accepted > accepted, `the connection was not cut after ${bytes} bytes`);
    }
  });

  on("pushes come whole, in order and once", async ({ place, proxy, client }) => {
    const [target, group] = [unique("pushed"), unique("group")];
    const received = inbox(client, target);
    await client.invoke("JoinGroup", group);
    const sender = await place.connect({ url: TWO, version, protocol, token: TOKENS[1] });
    let sent = 0;
    for (const bytes of CUTS) {
      proxy.cutAfter(bytes);
      for (const _ of numbers(100)) await sender.send("SendToGroup", group, target, { number: sent++, text: "x".repeat(100) });
      await received.take(sent);
    }
    await client.invoke("Void");
    same(received.items.map(({ number }) => number), numbers(sent));
  });

  on("invocations are made once, and answered", async ({ proxy, client }) => {
    const target = unique("counted");
    const received = inbox(client, target);
    for (const bytes of CUTS) {
      const before = received.items.length;
      proxy.cutAfter(bytes);
      const answers = numbers(100).map((number) => client.invoke("Add", number, 1));
      const pushes = numbers(100).map((number) => client.invoke("SendToCaller", target, number));
      same(await Promise.all(answers), numbers(100).map((number) => number + 1));
      await Promise.all(pushes);
      await client.invoke("Void");
      same(received.items.slice(before), numbers(100));
    }
  });

  on("an upload goes on", async ({ proxy, client }) => {
    for (const bytes of [1, 500, 2_000]) {
      const upload = new SIGNALR.Subject();
      const back = consumed(client.stream("Relay", upload));
      proxy.cutAfter(bytes);
      for (const number of numbers(300)) {
        upload.next(number);
        if (number % 100 === 50) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      upload.complete();
      same(await back, { items: numbers(300), error: null });
    }
    const upload = new SIGNALR.Subject();
    const sum = client.invoke("Sum", upload);
    for (const number of numbers(200)) {
      upload.next(number);
      if (number === 100) proxy.cut();
    }
    upload.complete();
    same(await sum, 19_900);
  });

  on("the client's own results come back", async ({ proxy, client }) => {
    client.on("ask", async (value) => {
      proxy.cut();
      return { got: value };
    });
    for (const number of numbers(5)) same(await client.invoke("AskClient", "ask", number), { got: number });
  });

  on("a socket that the node believes to be alive is displaced", async ({ place, proxy, client }) => {
    const target = unique("pushed");
    const received = inbox(client, target);
    const { connection_id: id } = await client.invoke("WhoAmI");
    const sender = await place.connect({ version, protocol, token: TOKENS[1] });
    for (const round of numbers(5)) {
      const { accepted } = proxy;
      proxy.cut({ half: true });
      for (const number of numbers(20)) await sender.send("SendToConnection", id, target, 20 * round + number);
      await eventually("the client is back", () => proxy.accepted > accepted);
      await received.take(20 * (round + 1));
    }
    same(received.items, numbers(100));
    same((await client.invoke("WhoAmI")).connection_id, id);
  });

  on("its groups and its identity stay", async ({ place, proxy, client }) => {
    const [group, target] = [unique("group"), unique("target")];
    const received = inbox(client, target);
    await client.invoke("JoinGroup", group);
    const { connection_id: id } = await client.invoke("WhoAmI");
    proxy.cut();
    same((await client.invoke("WhoAmI")).connection_id, id);
    const sender = await place.connect({ url: TWO, version, protocol, token: TOKENS[1] });
    await sender.invoke("SendToGroup", group, target, 1);
    await sender.invoke("SendToConnection", id, target, 2);
    same((await received.take(2)).toSorted(), [1, 2]);
  });

  checkOpen(`it comes back at another node[${version} ${protocol}]`, async (place) => {
    const proxy = await place.proxy(ONE);
    const client = await place.connect({ url: proxy.url, version, protocol, stateful: true, reconnect: [0, 100, 500, 1_000] });
    const { connection_id: before } = await client.invoke("WhoAmI");
    proxy.leadTo(TWO);
    proxy.cut();
    // Taken on by the node that has it, behind the other; or refused, and begun anew.
    const { connection_id: after } = await eventually("an answer", () => client.invoke("WhoAmI").catch(() => undefined));
    ok(after === before || client.reconnected.items.includes(after), `${before} ${after}`);
    same(client.closed.items, []);
  });

  checkOpen(`a stopped connection is not kept[${version} ${protocol}]`, async (place) => {
    const client = await place.connect({ version, protocol, stateful: true });
    const id = client.connectionId;
    const other = await place.connect({ version, protocol });
    client.on("ask", () => 1);
    if (!SETTINGS.balanced) same(await other.invoke("AskConnection", id, "ask", 1), 1);
    await client.stop();
    await eventually("the node has forgotten it", async () => {
      const { message } = await refused(other.invoke("AskConnection", id, "ask", 1));
      return Boolean(message);
    });
  });

  checkOpen(`the buffer has a limit and the connection survives it[${version} ${protocol}]`, async (place) => {
    const proxy = await place.proxy(ONE);
    const client = await place.connect({ url: proxy.url, version, protocol, stateful: { bufferSize: 20_000 } });
    const echoes = numbers(100).map((number) => client.invoke("Echo", `${number} ${"x".repeat(2_000)}`));
    proxy.cutAfter(30_000);
    const answers = await Promise.all(echoes);
    same(answers.map((text) => Number(text.split(" ")[0])), numbers(100));
    same(client.closed.items, []);
  });
}

await run({ atOnce: 8 });
