// The realtime node that stock SignalR clients judge.
//
// argv: the settings as JSON, and the rest as `checks.mjs` has it. Settings: `one` and `two`, the URLs of two nodes on one
// Redis, or twice that of the same node; `tokens`, of several users of the tenant acme; `other`, of a user of another tenant.

import { randomUUID } from "node:crypto";
import http from "node:http";
import net from "node:net";
import { inspect } from "node:util";
import { SETTINGS, check, load, ok, within } from "./checks.mjs";

export * from "./checks.mjs";

export const { one: ONE, two: TWO, tokens: TOKENS, other: OTHER } = SETTINGS;
export const HUB = "/hubs/conformance";
export const VERSIONS = {
  10: { signalr: load("@microsoft/signalr"), msgpack: load("@microsoft/signalr-protocol-msgpack") },
  8: { signalr: load("signalr8"), msgpack: load("signalr8-protocol-msgpack") },
};
export const { signalr: SIGNALR } = VERSIONS[10];
export const RECONNECTED_WITHIN_MS = 5_000;
const ANSWERED_WITHIN_MS = 15_000;

// What the client had not yet sent of a stream, or of pings, when its connection ended, it rejects where nobody can see it.
process.on("unhandledRejection", (reason) => console.error(`nobody waited for: ${reason?.message ?? reason}`));

/** Every version, transport and encoding that go together: Server-Sent Events carry text only. */
export const COMBINATIONS = [10, 8].flatMap((version) =>
  [
    ["WebSockets", "json"],
    ["WebSockets", "messagepack"],
    ["ServerSentEvents", "json"],
    ["LongPolling", "json"],
    ["LongPolling", "messagepack"],
  ].map(([transport, protocol]) => ({ version, transport, protocol })),
);

export const unique = (name) => `${name}-${randomUUID()}`;
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const numbers = (count) => Array.from({ length: count }, (_, number) => number);

/** The error of `promise`, which must have one. */
export async function refused(promise) {
  let answer;
  try {
    answer = await within(ANSWERED_WITHIN_MS, "a refusal", promise);
  } catch (error) {
    return error;
  }
  throw new Error(`accepted: ${inspect(answer, { depth: 0 })}`);
}

/** Asks until `ask` has an answer other than undefined or false. */
export async function eventually(what, ask, ms = ANSWERED_WITHIN_MS) {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    ok(Date.now() < deadline, `not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

/** What arrives somewhere, in order; somebody may wait for it. */
export class Inbox {
  constructor(what) {
    this.what = what;
    this.items = [];
    this.waiting = [];
  }

  push(item) {
    this.items.push(item);
    this.waiting = this.waiting.filter((attempt) => !attempt());
  }

  /** All, as soon as `enough` says that they are. */
  until(enough, ms = ANSWERED_WITHIN_MS) {
    const arrived = new Promise((resolve) => {
      const attempt = () => enough(this.items) && (resolve([...this.items]), true);
      if (!attempt()) this.waiting.push(attempt);
    });
    return within(ms, this.what, arrived).catch((error) => {
      throw new Error(`${error.message}; there: ${JSON.stringify(this.items).slice(0, 500)}`);
    });
  }

  /** The first `count`. */
  async take(count, ms) {
    return (await this.until((items) => items.length >= count, ms)).slice(0, count);
  }
}

/** A check that may open connections and servers, which are closed after it. */
export const checkOpen = (name, make) =>
  check(name, async () => {
    const place = new Place();
    try {
      await make(place);
    } finally {
      await place.close();
    }
  });

/** What one check has open. */
export class Place {
  open = [];

  /** A started connection. Its `closed`, `reconnecting` and `reconnected` are inboxes of what its callbacks are told. */
  async connect(options = {}) {
    const connection = this.build(options);
    await within(ANSWERED_WITHIN_MS, "the connection starts", connection.start());
    return connection;
  }

  /** The same before its start. */
  build({
    url = ONE, hub = HUB, token = TOKENS[0], version = 10, transport = "WebSockets", protocol = "json", reconnect, stateful,
    keepAliveMs, serverTimeoutMs, ...http
  } = {}) {
    const { signalr, msgpack } = VERSIONS[version];
    const builder = new signalr.HubConnectionBuilder()
      .withUrl(url + hub, {
        transport: signalr.HttpTransportType[transport],
        accessTokenFactory: typeof token === "function" ? token : () => token,
        ...http,
      })
      .configureLogging(signalr.LogLevel.None);
    if (protocol === "messagepack") builder.withHubProtocol(new msgpack.MessagePackHubProtocol());
    if (reconnect) builder.withAutomaticReconnect(reconnect === true ? undefined : reconnect);
    if (stateful) builder.withStatefulReconnect(stateful === true ? undefined : stateful);
    if (keepAliveMs) builder.withKeepAliveInterval(keepAliveMs);
    if (serverTimeoutMs) builder.withServerTimeout(serverTimeoutMs);
    const connection = builder.build();
    for (const event of ["closed", "reconnecting", "reconnected"]) connection[event] = new Inbox(event);
    connection.onclose((error) => connection.closed.push(error?.message ?? null));
    connection.onreconnecting((error) => connection.reconnecting.push(error?.message ?? null));
    connection.onreconnected((id) => connection.reconnected.push(id));
    this.open.push(() => connection.stop());
    return connection;
  }

  /** A proxy in front of a node, which cuts connections. */
  async proxy(url) {
    const proxy = await Proxy.start(url);
    this.open.push(() => proxy.stop());
    return proxy;
  }

  /** Lets a server of the script's own listen; its URL. */
  async serve(server) {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${server.address().port}`;
  }

  async close() {
    const closing = this.open.reverse().map((close) => close());
    await within(5_000, "everything is closed", Promise.allSettled(closing)).catch(() => {});
  }
}

/** What a client is sent under a name: its only argument, or all of them where there are several. */
export function inbox(connection, target) {
  const received = new Inbox(target);
  connection.on(target, (...values) => received.push(values.length > 1 ? values : values[0]));
  return received;
}

/** What a stream brings, and how it ends: `{ items, error }`. */
export function consumed(stream) {
  const items = [];
  const ended = new Promise((resolve) => {
    stream.subscribe({
      next: (item) => items.push(item),
      error: (error) => resolve({ items, error: error.message }),
      complete: () => resolve({ items, error: null }),
    });
  });
  return within(30_000, "the stream ends", ended);
}

/** Bytes to and from a node, until somebody cuts them. */
export class Proxy {
  pairs = new Set();
  accepted = 0;
  dripping = Infinity;

  static async start(url) {
    const proxy = new Proxy();
    proxy.target = new URL(url);
    proxy.server = net.createServer((client) => proxy.join(client));
    await new Promise((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  /** From now on, connections go to another node. */
  leadTo(url) {
    this.target = new URL(url);
  }

  join(client) {
    this.accepted += 1;
    const server = net.connect(Number(this.target.port), this.target.hostname);
    const pair = { client, server };
    this.pairs.add(pair);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
    }
    client.on("data", (bytes) => this.silent || server.write(bytes));
    server.on("data", (bytes) => this.pass(pair, bytes));
    client.on("close", () => pair.half || (server.destroy(), this.pairs.delete(pair)));
    server.on("close", () => (client.destroy(), this.pairs.delete(pair)));
  }

  /** To the client; the connection is cut where the bytes left to it end, even in the middle of a record. */
  pass(pair, bytes) {
    if (this.silent || pair.ending) return;
    if (bytes.length < this.dripping) {
      this.dripping -= bytes.length;
      pair.client.write(bytes);
      return;
    }
    // What follows of this connection is lost.
    pair.ending = true;
    pair.client.write(bytes.subarray(0, this.dripping), () => this.cut());
    this.dripping = Infinity;
  }

  /** Cuts all connections after so many more bytes to clients. */
  cutAfter(bytes) {
    this.dripping = bytes;
  }

  /** Cuts all connections; `half`: the node is not told, and goes on writing. */
  cut({ half = false } = {}) {
    for (const pair of this.pairs) {
      pair.half = half;
      pair.client.destroy();
      if (!half) pair.server.destroy();
    }
  }

  stop() {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** What a load balancer without sticky sessions does: every request, and every upgrade, goes to the next node. */
export async function balancer(place, urls) {
  let next = 0;
  const server = http.createServer((request, response) => {
    const { hostname, port } = new URL(urls[next++ % urls.length]);
    const { method, url: path, headers } = request;
    const onwards = http.request({ hostname, port, method, path, headers, agent: false });
    request.pipe(onwards);
    onwards.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onwards.on("error", () => response.destroy());
    response.on("close", () => onwards.destroy());
  });
  server.on("upgrade", (request, socket, head) => {
    const { hostname, port } = new URL(urls[next++ % urls.length]);
    const upstream = net.connect(Number(port), hostname, () => {
      const headers = request.rawHeaders.reduce((text, part, i) => text + part + (i % 2 ? "\r\n" : ": "), "");
      upstream.write(`GET ${request.url} HTTP/1.1\r\n${headers}\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const [end, other] of [[socket, upstream], [upstream, socket]]) {
      end.on("error", () => {});
      end.on("close", () => other.destroy());
    }
  });
  return place.serve(server);
}
