// Clients of every kind in a durable group, and whoever pushes to it, while nodes come and go.

import {
  RECONNECTED_WITHIN_MS, TOKENS, eventually, inbox, numbers, ok, same, sleep, unique, within,
} from "./realtime_under_test.mjs";

export const KINDS = [
  { transport: "WebSockets", protocol: "json" },
  { transport: "WebSockets", protocol: "messagepack" },
  { transport: "WebSockets", protocol: "json", stateful: true },
  { transport: "WebSockets", protocol: "json", version: 8 },
  { transport: "ServerSentEvents", protocol: "json" },
  { transport: "LongPolling", protocol: "json" },
];
const CROWD = 24;
// Of durable pushes.
const EVERY_MS = 10;

/** A group and what is pushed to it. */
export const durable = () => ({ group: unique("durable"), target: unique("kept") });

/** Clients of every kind at `url`, in a group, which they join again when they are back, as a web page does. */
export async function crowd(place, url, { group, target }) {
  const clients = numbers(CROWD).map((number) => {
    const kind = KINDS[number % KINDS.length];
    const client = place.build({ url, token: TOKENS[number % TOKENS.length], reconnect: true, ...kind });
    client.kind = JSON.stringify(kind);
    client.got = inbox(client, target);
    client.onreconnecting(() => (client.lostAt = performance.now()));
    client.onreconnected(() => {
      client.away = performance.now() - client.lostAt;
      client.joined = client.invoke("JoinGroup", group);
      client.joined.catch(() => {});
    });
    return client;
  });
  await within(15_000, "the crowd connects", Promise.all(clients.map((client) => client.start())));
  await Promise.all(clients.map((client) => client.invoke("JoinGroup", group)));
  return clients;
}

/** Keeps pushing to a durable group until it is told to stop; then how many it pushed. */
export function pushing(sender, { group, target }) {
  let running = true;
  let sent = 0;
  const loop = (async () => {
    while (running) {
      await sender.invoke("Durable", group, target, sent);
      sent += 1;
      await sleep(EVERY_MS);
    }
  })();
  return async () => {
    running = false;
    await loop;
    return sent;
  };
}

/** That all are back: each within 5 s of its own loss, and all of them at node two. */
export async function allMoved(clients, node, ms) {
  await eventually(
    "every client is at the other node",
    async () => {
      const at = await Promise.all(
        clients.map((client) => (client.state === "Connected" ? client.invoke("WhoAmI").catch(() => ({})) : {})),
      );
      return at.every((me) => me.node === node);
    },
    ms,
  ).catch((error) => {
    const shown = clients.map((client) => `${client.state} ${client.kind} ${client.reconnecting.items}`);
    throw new Error(`${error.message}\n${shown.join("\n")}`);
  });
  for (const client of clients) {
    ok((client.away ?? 0) < RECONNECTED_WITHIN_MS, `away for ${client.away} ms: ${client.kind}`);
    same(client.closed.items, []);
    await client.joined;
  }
  console.log(`the longest away: ${Math.round(Math.max(...clients.map((client) => client.away ?? 0)))} ms`);
}

/** That nothing came twice or out of order, and that what is pushed now comes to all. */
export async function nothingTwice(clients, sender, { group, target }, sent) {
  for (const number of numbers(20)) await sender.invoke("Durable", group, target, sent + number);
  for (const client of clients) {
    await client.got.until((items) => items.at(-1)?.[0] === sent + 19);
    const values = client.got.items.map(([value]) => value);
    ok(values.every((value, at) => at === 0 || value > values[at - 1]), `${client.kind}: ${values}`);
    same(values.slice(-20), numbers(20).map((number) => sent + number), client.kind);
    const offsets = client.got.items.map(([, position]) => position.offset);
    ok(offsets.every((offset, at) => at === 0 || offset > offsets[at - 1]), `${client.kind}: ${offsets}`);
  }
}
