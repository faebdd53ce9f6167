// The gateway that a stock Node SDK judges: what `gateway_under_test.py` is for Python.
//
// argv: the settings as JSON (see there), and the rest as `checks.mjs` has it.

import { SETTINGS, ok } from "./checks.mjs";

export * from "./checks.mjs";
export const { url: URL, fakes: FAKES, token: TOKEN, key: KEY } = SETTINGS;
// Each upstream, and a model that only it answers.
export const UPSTREAMS = [
  ["openai", "openai/gpt-4.1"],
  ["azure", "azure/gpt-4.1"],
  ["anthropic", "claude-sonnet-5-5"],
  ["local", "local-small"],
];
export const MODELS = UPSTREAMS.map(([, model]) => model);
// A red PNG of 3 by 2 pixels.
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==";
export const WEATHER = {
  type: "object",
  properties: { city: { type: "string", description: "The city's name" } },
  required: ["city"],
  additionalProperties: false,
};
// What the fakes answer with a call of `get_weather` for each city.
export const TWO_CITIES = "What is the weather in Paris and Rome?";
export const weather = (city) => `sunny in ${city}`;
// The gateway asks a provider once, and again twice at most.
export const ASKED_MAX = 3;
// Pieces of an answer before it fails: behind every provider's own opening.
export const PIECES = 12;

export const providerOf = (model) => UPSTREAMS.find(([, name]) => name === model)[0];
export const count = (to) => Array.from({ length: to }, (_, number) => number + 1).join(" ");

/** The error that `call` must be refused with: of exactly this class, not of one above or below it. */
export async function raises(kind, call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    ok(error.constructor === kind, `raised ${error.constructor.name}, not ${kind.name}: ${error.message}`);
    return error;
  }
  throw new Error(`accepted, instead of ${kind.name}: ${JSON.stringify(answer)}`);
}

/** All of a stream. */
export async function all(stream) {
  const pieces = [];
  for await (const piece of await stream) pieces.push(piece);
  return pieces;
}

/** The platform's and the fakes' own API, which no SDK knows. */
export async function http(method, url, { token, body, headers } = {}) {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { "content-type": "application/json" }),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  ok(response.ok, `${method} ${url}: ${response.status} ${text}`);
  return { headers: response.headers, json: text && JSON.parse(text) };
}

/** What the fakes are asked from now on. */
export async function seen() {
  const requests = async () => (await http("GET", `${FAKES}/_requests`)).json.requests;
  const after = Math.max(0, ...(await requests()).map((request) => request.number));
  const since = async (provider) =>
    (await requests()).filter(({ number, provider: name }) => number > after && (!provider || name === provider));
  return { count: async (provider) => (await since(provider)).length, last: async (provider) => (await since(provider)).at(-1) };
}

/** A fault of a fake provider while `body` runs, which is told what that one is asked; after it, nothing of it is left. */
export async function fault(provider, details, body) {
  const added = await http("POST", `${FAKES}/_faults`, { body: { provider, ...details } });
  try {
    await body(await seen());
  } finally {
    await http("DELETE", `${FAKES}/_faults/${added.json.id}`);
    for (const [name, model] of UPSTREAMS) {
      const path = `${URL}/v1/ai/breakers/${name}/${model.split("/").at(-1)}/reset`;
      await http("POST", path, { token: SETTINGS.operator });
    }
  }
}

/** A policy of the tenant of `token`, which must be an administrator's, while `body` runs. */
export async function policy(token, changes, body) {
  const path = `${URL}/v1/ai/policy`;
  const before = await http("GET", path, { token });
  const put = async (policy, tag) =>
    (await http("PUT", path, { token, body: policy, headers: { "if-match": tag } })).headers.get("etag");
  const tag = await put({ ...before.json.policy, ...changes }, before.headers.get("etag"));
  try {
    await body();
  } finally {
    await put(before.json.policy, tag);
  }
}

/** A `fetch` that counts what an SDK sends, its own retries among them. */
export function counting() {
  const counted = { sent: 0 };
  counted.fetch = (...request) => {
    counted.sent += 1;
    return fetch(...request);
  };
  return counted;
}
