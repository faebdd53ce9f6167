// The realtime node that the stock `y-websocket` client judges.
//
// Settings beside those of `realtime_under_test.mjs`: `gateway`, the URL of the platform's HTTP API.
//
// `@hocuspocus/provider` is not among the judges: its frames begin with the document's name, and a node whose address is the
// document's does not speak that form.

import { randomInt } from "node:crypto";
import { Inbox, SETTINGS, TOKENS, eventually, load, ok, sleep } from "./realtime_under_test.mjs";

export * from "./realtime_under_test.mjs";

export const Y = load("yjs");
const { WebsocketProvider } = load("y-websocket");
const { WebSocket } = load("ws");
// What the node knows of a document is the text of this name.
const TEXT = "content";

// It listens for the process's end, once an editor.
process.setMaxListeners(0);
// It shows the address of what it may not do, with the token.
console.warn = () => {};

/** The owner of the documents. */
export const OWNER = TOKENS[0];

/** How often an engine that is too busy to answer in time is asked again. */
const BUSY_RETRIES = 5;

/** The platform's HTTP API. What answers "again in N seconds" is asked again after them, as clients do. */
export async function api(method, path, { token = OWNER, body } = {}) {
  const ask = () =>
    fetch(`${SETTINGS.gateway}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  let response = await ask();
  for (let retry = 0; retry < BUSY_RETRIES && response.status === 503 && response.headers.has("retry-after"); retry++) {
    await response.arrayBuffer();
    await sleep(1000 * Number(response.headers.get("retry-after")));
    response = await ask();
  }
  const text = await response.text();
  ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text;
}

const userOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")).sub;

/** A new document of the owner's; whoever has one of `editors` may write, of `viewers` read. */
export async function document({ content = "", editors = [TOKENS[1], TOKENS[2]], viewers = [] } = {}) {
  const shares = [...editors.map((token) => [token, "editor"]), ...viewers.map((token) => [token, "viewer"])].map(
    ([token, role]) => ({ reader: `user:${userOf(token)}`, role }),
  );
  const body = { title: "Edited together", content, content_type: "text/markdown", shares };
  return JSON.parse(await api("POST", "/v1/documents", { body })).id;
}

/** Somebody who edits a document with the stock client. */
export class Editor {
  constructor(place, { url, document, token = OWNER, connect = true }) {
    this.doc = new Y.Doc();
    this.text = this.doc.getText(TEXT);
    this.provider = new WebsocketProvider(`${url.replace("http", "ws")}/yjs`, document, this.doc, {
      params: { access_token: token }, WebSocketPolyfill: WebSocket, disableBc: true, connect,
    });
    this.closed = new Inbox("closed for good");
    this.provider.on("closed", ({ code }) => this.closed.push(code));
    // A refused upgrade is an error event, and a failed attempt among others.
    this.provider.on("connection-error", () => {});
    place.open.push(() => this.leave());
  }

  /** One that is in step with its node. */
  static async join(place, options) {
    const editor = new Editor(place, options);
    await editor.synced();
    return editor;
  }

  synced(ms) {
    return eventually("the editor is in step", () => this.provider.synced, ms);
  }

  leave() {
    this.provider.destroy();
    this.provider.awareness.destroy();
  }

  get value() {
    return this.text.toString();
  }

  get vector() {
    return Buffer.from(Y.encodeStateVector(this.doc)).toString("hex");
  }

  type(text) {
    this.text.insert(this.text.length, text);
  }

  /** Something at random: mostly insertions. */
  scribble(random) {
    const { length } = this.text;
    if (length > 0 && random() < 0.3) {
      const at = Math.floor(random() * length);
      this.text.delete(at, Math.min(1 + Math.floor(random() * 5), length - at));
    } else {
      const words = ["a", "bc", "déf ", "日本", "\n", "👩‍👧", "jklmnop"];
      this.text.insert(Math.floor(random() * (length + 1)), words[Math.floor(random() * words.length)]);
    }
  }
}

/** A generator whose seed is printed, so that a failure can be looked at again: `OCTAVO_TEST_SEED`. */
export function randomness(name) {
  const seed = Number(process.env.OCTAVO_TEST_SEED ?? randomInt(2 ** 32));
  console.log(`seed of ${name}: ${seed}`);
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Waits until all have the same text and have seen the same; that text. */
export async function alike(editors, ms) {
  const first = editors[0];
  const same = () => editors.every((editor) => editor.value === first.value && editor.vector === first.vector);
  await eventually("all editors have the same text", same, ms).catch((error) => {
    const shown = editors.map(({ value, vector }) => `${vector.slice(0, 60)} ${JSON.stringify(value.slice(0, 200))}`);
    throw new Error(`${error.message}\n${shown.join("\n")}`);
  });
  return first.value;
}

/** Several editors type at random, for so many rounds, and lose their connections at random. */
export async function scribbled(editors, random, rounds) {
  for (let round = 0; round < rounds; round += 1) {
    for (const editor of editors) {
      for (let edits = Math.floor(random() * 4); edits > 0; edits -= 1) editor.scribble(random);
      const fate = random();
      if (fate < 0.05) editor.provider.disconnect();
      else if (fate < 0.1) editor.provider.ws?.terminate?.();
      else if (!editor.provider.shouldConnect && fate < 0.4) editor.provider.connect();
    }
    await sleep(random() * 10);
  }
  for (const editor of editors) editor.provider.connect();
}
