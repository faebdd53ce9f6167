// Stock clients when a node is killed or drained, and when Redis goes away: all are back within 5 s by the client's own
// policy, where they were not asked to leave they stay, and nothing that is kept comes twice.

import { balanced, kill, nodes, start, startRedis, stopRedis, terminate } from "./harness.mjs";
import { KINDS, allMoved, crowd, durable, nothingTwice, pushing } from "./crowd.mjs";
import {
  RECONNECTED_WITHIN_MS, TOKENS, checkOpen, eventually, inbox, numbers, run, same, sleep, unique,
} from "./realtime_under_test.mjs";

for (const [name, end, ms] of [
  ["a node is killed", kill, RECONNECTED_WITHIN_MS],
  ["a node is drained", terminate, 2 * RECONNECTED_WITHIN_MS],
]) {
  checkOpen(`${name}: every client is back at the other within 5 s`, async (place) => {
    const push = durable();
    const proxy = await place.proxy(nodes.one);
    balanced(place, proxy);
    const clients = await crowd(place, proxy.url, push);
    const sender = await place.connect({ url: nodes.two, token: TOKENS[1] });
    const { node } = await sender.invoke("WhoAmI");
    const stop = pushing(sender, push);
    await clients[0].got.take(10);
    await end("one");
    try {
      await allMoved(clients, node, ms);
      await nothingTwice(clients, sender, push, await stop());
    } finally {
      await place.close();
      await start("one");
    }
  });
}

checkOpen("Redis goes away and comes back empty: nobody is disconnected", async (place) => {
  const [group, target] = [unique("group"), unique("target")];
  const here = await Promise.all(numbers(6).map((number) => place.connect({ url: nodes.one, token: TOKENS[number], reconnect: true })));
  const there = await Promise.all(numbers(6).map((number) => place.connect({ url: nodes.two, token: TOKENS[number], reconnect: true })));
  const all = [...here, ...there];
  for (const client of all) {
    client.got = inbox(client, target);
    await client.invoke("JoinGroup", group);
  }
  const reach = async (sender, value, receivers) => {
    await sender.invoke("SendToGroup", group, target, value).catch(() => {});
    for (const client of receivers) await client.got.until((items) => items.includes(value));
  };
  await reach(here[0], "before", all);
  await stopRedis();
  same(await Promise.all(all.map((client) => client.invoke("Add", 1, 1))), all.map(() => 2));
  await reach(here[0], "during, here", here);
  await reach(there[0], "during, there", there);
  await startRedis();
  await eventually(
    "messages cross again",
    async () => {
      const value = unique("after");
      await here[1].invoke("SendToGroup", group, target, value).catch(() => {});
      await sleep(200);
      return there.every((client) => client.got.items.includes(value));
    },
    20_000,
  );
  for (const number of numbers(20)) await there[1].invoke("SendToGroup", group, target, number);
  for (const client of all) {
    const got = await client.got.until((items) => items.includes(19));
    same(got.filter((value) => typeof value === "number"), numbers(20));
    same([client.state, client.reconnecting.items, client.closed.items], ["Connected", [], []]);
  }
});

checkOpen("a new client is taken while Redis is away", async (place) => {
  await stopRedis();
  try {
    for (const kind of KINDS) {
      const client = await place.connect({ url: nodes.one, ...kind });
      same(await client.invoke("Add", 1, 2), 3);
    }
  } finally {
    await startRedis();
  }
});

await run();
