// How connections of the stock JavaScript client begin and end: tokens, transports, redirects, keep-alive, reconnects.

import http from "node:http";
import { briefToken } from "./harness.mjs";
import {
  HUB, ONE, OTHER, RECONNECTED_WITHIN_MS, SETTINGS, TOKENS, TWO, balancer, check, checkEach, checkOpen, consumed,
  eventually, inbox, load, numbers, ok, refused, run, same, sleep, unique,
} from "./realtime_under_test.mjs";

const TRANSPORTS = ["WebSockets", "ServerSentEvents", "LongPolling"];
// Of the client's: its own is the one that it uses.
const { WebSocket } = load("ws");
const each = (name, make) => {
  for (const transport of TRANSPORTS) checkOpen(`${name}[${transport}]`, (place) => make(place, transport));
};

/** As a browser's, which cannot send headers. */
class BrowserSocket extends WebSocket {
  constructor(url, protocols, { headers }) {
    const token = headers.Authorization.replace("Bearer ", "");
    super(`${url}&access_token=${encodeURIComponent(token)}`, protocols);
  }
}

/** Never opens. */
class BlockedSocket extends WebSocket {
  constructor() {
    super("ws://127.0.0.1:9");
  }
}

const negotiate = async (token, query = "?negotiateVersion=1") => {
  const response = await fetch(`${ONE}${HUB}/negotiate${query}`, {
    method: "POST", headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  return { status: response.status, body: response.ok ? await response.json() : await response.text() };
};

/** How the opening of a WebSocket ends: its status, 101 if it opens. */
const opened = (url, headers = {}) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url.replace("http", "ws"), { headers });
    socket.on("open", () => (socket.terminate(), resolve(101)));
    socket.on("unexpected-response", (_, response) => (socket.terminate(), resolve(response.statusCode)));
    socket.on("error", () => {});
  });

checkOpen("negotiation can be skipped", async (place) => {
  const client = await place.connect({ skipNegotiation: true });
  same(client.connectionId, null);
  const { connection_id: id } = await client.invoke("WhoAmI");
  const target = unique("direct");
  const received = inbox(client, target);
  const other = await place.connect({ url: TWO });
  await other.invoke("SendToConnection", id, target, 1);
  same(await received.take(1), [1]);
});

checkEach(["", "not.a.token", `${TOKENS[0].slice(0, -8)}AAAAAAAA`], "no entry", async (token) => {
  same((await negotiate(token)).status, 401);
});

each("a wrong token is a 401", async (place, transport) => {
  for (const token of ["", "not.a.token"]) {
    const { message } = await refused(place.connect({ transport, token }));
    ok(message.includes("401"), message);
  }
  same(await opened(`${ONE}${HUB}`, { authorization: "Bearer not.a.token" }), 401);
  same(await opened(`${ONE}${HUB}?access_token=not.a.token`), 401);
});

each("a token is made for each connection", async (place, transport) => {
  let made = 0;
  const client = await place.connect({ transport, token: async () => (made += 1, TOKENS[1]), reconnect: [0, 100, 500] });
  ok(made >= 1, "nobody asked for a token");
  const before = made;
  client.invoke("Abort").catch(() => {});
  await client.reconnected.take(1);
  ok(made > before, "the reconnect used the old token");
});

checkOpen("a browser's token is in the query", async (place) => {
  const client = await place.connect({ WebSocket: BrowserSocket });
  same(await client.invoke("Add", 1, 2), 3);
});

checkOpen("a connection is nobody else's", async (place) => {
  for (const thief of [OTHER, TOKENS[1]]) {
    const { body } = await negotiate(TOKENS[0]);
    const url = `${ONE}${HUB}?id=${encodeURIComponent(body.connectionToken)}`;
    const status = await opened(url, { authorization: `Bearer ${thief}` });
    ok([401, 403, 404].includes(status), `${status}`);
    const posted = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${thief}` }, body: "x" });
    ok([401, 403, 404].includes(posted.status), `${posted.status}`);
  }
});

checkOpen("tenants do not hear each other", async (place) => {
  const [mine, theirs] = await Promise.all([place.connect(), place.connect({ url: TWO, token: OTHER })]);
  const { user } = await theirs.invoke("WhoAmI");
  ok((await theirs.invoke("WhoAmI")).tenant !== "acme");
  const [group, target] = [unique("group"), unique("target")];
  const received = inbox(theirs, target);
  await theirs.invoke("JoinGroup", group);
  await mine.invoke("SendToAll", target, "all");
  await mine.invoke("SendToGroup", group, target, "group");
  await mine.invoke("SendToUser", user, target, "user");
  await mine.invoke("SendToConnection", theirs.connectionId, target, "connection").catch(() => {});
  await refused(mine.invoke("AskConnection", theirs.connectionId, target, 1));
  await theirs.invoke("SendToGroup", group, target, "own");
  same(await received.take(1), ["own"]);
});

checkOpen("without WebSockets the client falls back", async (place) => {
  const text = await place.connect({ transport: null, WebSocket: BlockedSocket });
  same(await text.invoke("Add", 1, 2), 3);
  const binary = await place.connect({ transport: null, WebSocket: BlockedSocket, protocol: "messagepack" });
  same(await binary.invoke("Add", 1, 2), 3);
  const chosen = await place.connect({ transport: null });
  same(await chosen.invoke("Add", 1, 2), 3);
});

each("a redirect leads to the node with a token of its own", async (place, transport) => {
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push([request.method, request.url.split("?")[0], request.headers.authorization]);
    const first = request.url.startsWith("/start");
    const answer = first ? { url: `${away}/again`, accessToken: "between" } : { url: `${TWO}${HUB}`, accessToken: TOKENS[2] };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
  const away = await place.serve(server);
  const client = await place.connect({ url: away, hub: "/start", token: "the website's own", transport });
  same(await client.invoke("Add", 1, 2), 3);
  same((await client.invoke("WhoAmI")).connection_id, client.connectionId);
  same(asked, [
    ["POST", "/start/negotiate", "Bearer the website's own"],
    ["POST", "/again/negotiate", "Bearer between"],
  ]);
});

each("requests may reach any node", async (place, transport) => {
  const url = await balancer(place, [ONE, TWO]);
  const clients = await Promise.all(numbers(4).map(() => place.connect({ url, transport })));
  const target = unique("balanced");
  const inboxes = clients.map((client) => inbox(client, target));
  for (const client of clients) {
    const sums = await Promise.all(numbers(10).map((number) => client.invoke("Add", number, 1)));
    same(sums, numbers(10).map((number) => number + 1));
    same(await consumed(client.stream("Counter", 20, 1)), { items: numbers(20), error: null });
    for (const number of numbers(5)) await client.invoke("SendToAll", target, number);
  }
  const all = numbers(4).flatMap(() => numbers(5));
  for (const received of inboxes) same((await received.take(20)).toSorted(), all.toSorted());
});

each("a cut connection is taken up anew", async (place, transport) => {
  const proxy = await place.proxy(ONE);
  const client = await place.connect({ url: proxy.url, transport, reconnect: [0, 100, 500, 1_000] });
  const pending = refused(client.invoke("AskClient", "nobody answers in time", 1).then(() => sleep(10_000)));
  proxy.cut();
  await client.reconnected.take(1, RECONNECTED_WITHIN_MS);
  await pending;
  same(client.closed.items.length, 0);
  same(await client.invoke("Add", 1, 1), 2);
});

each("a cut connection ends where nobody wants another", async (place, transport) => {
  const proxy = await place.proxy(ONE);
  const client = await place.connect({ url: proxy.url, transport });
  await proxy.stop();
  await client.closed.take(1);
  same(client.state, "Disconnected");
});

checkOpen("a server that says nothing is given up", async (place) => {
  const proxy = await place.proxy(ONE);
  const client = await place.connect({ url: proxy.url, serverTimeoutMs: 1_000, keepAliveMs: 200, reconnect: [0, 200, 500] });
  proxy.silent = true;
  const [why] = await client.reconnecting.take(1);
  same(why, "Server timeout elapsed without receiving a message from the server.");
  proxy.silent = false;
  proxy.cut();
  await client.reconnected.take(1);
  // The node says nothing by itself for longer than this client waits: a busy machine may give it up once more meanwhile.
  same(await eventually("an answer", () => client.invoke("Add", 1, 1).catch(() => undefined)), 2);
});

each("an idle connection is kept", async (place, transport) => {
  // The node's own interval, if it is told to be quick.
  const interval = SETTINGS.keep_alive_ms;
  const serverTimeoutMs = interval ? 3 * interval : 20_000;
  const client = await place.connect({ transport, keepAliveMs: interval ?? 1_000, serverTimeoutMs });
  await sleep(interval ? 6 * interval : 2_000);
  same([client.state, client.closed.items.length], ["Connected", 0]);
  same(await client.invoke("Add", 1, 1), 2);
});

checkOpen("a client that says nothing is given up", async (place) => {
  const timeout = SETTINGS.client_timeout_ms;
  if (!timeout) return;
  const client = await place.connect({ keepAliveMs: 600_000, reconnect: [0, 100, 500] });
  await client.reconnecting.take(1, 5 * timeout);
  await client.reconnected.take(1);
  same(client.closed.items.length, 0);
});

each("an expired token ends the connection", async (place, transport) => {
  let token;
  let client;
  // It may be over before a busy machine has connected: then another one.
  for (let attempt = 1; !client; attempt += 1) {
    token = await briefToken();
    client = await place.connect({ transport, token: () => token, reconnect: [0, 100, 500, 1_000] }).catch((error) => {
      if (attempt === 10) throw error;
    });
  }
  token = TOKENS[0];
  await client.reconnected.take(1, 30_000);
  same(await client.invoke("Add", 1, 1), 2);
});

check("negotiation as other clients do it", async () => {
  const old = await negotiate(TOKENS[0], "");
  same([old.status, old.body.negotiateVersion ?? 0, old.body.connectionToken], [200, 0, undefined]);
  ok(old.body.connectionId, JSON.stringify(old.body));
  const newest = await negotiate(TOKENS[0], "?NEGOTIATEVERSION=7&usestatefulreconnect=true");
  same([newest.body.negotiateVersion, newest.body.useStatefulReconnect], [1, true]);
  same((await negotiate(TOKENS[0])).body.useStatefulReconnect, undefined);
  const formats = new Map(newest.body.availableTransports.map(({ transport, transferFormats }) => [transport, transferFormats]));
  same([...formats.keys()], TRANSPORTS);
  same(formats.get("ServerSentEvents"), ["Text"]);
  same((await fetch(`${ONE}/hubs/no-such-hub/negotiate`, { method: "POST", headers: { authorization: `Bearer ${TOKENS[0]}` } })).status, 404);
});

await run({ atOnce: 8 });
