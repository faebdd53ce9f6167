// The stock `@anthropic-ai/sdk` for Node against the gateway, whichever provider answers. What goes wrong:
// `anthropic_faults.mjs`.

import { randomUUID } from "node:crypto";
import {
  KEY, MODELS, PNG, SETTINGS, TOKEN, TWO_CITIES, UPSTREAMS, URL, WEATHER, all, check, checkEach, count, load, ok, run,
  same, seen, weather,
} from "./gateway_under_test.mjs";

const Anthropic = load("@anthropic-ai/sdk");
const { zodOutputFormat } = load("@anthropic-ai/sdk/helpers/zod");
const { betaTool } = load("@anthropic-ai/sdk/helpers/beta/json-schema");
const { z } = load("zod");

const OPTIONS = { baseURL: URL, maxRetries: 0 };
const client = new Anthropic({ ...OPTIONS, apiKey: TOKEN, defaultHeaders: { "X-Octavo-Cache": "off" } });
const { messages } = client;
const TOOL = { name: "get_weather", description: "The weather", input_schema: WEATHER };
// Only Anthropic says which of the stop sequences it was.
const NATIVE = "claude-sonnet-5-5";

const ask = (model, content, options) => ({ model, max_tokens: 1_024, messages: [{ role: "user", content }], ...options });
const text = (message) => message.content.map((block) => block.text ?? "").join("");
const cities = (message) => message.content.filter((block) => block.type === "tool_use").map((block) => block.input.city);
const deltas = (events) => events.filter((event) => event.type === "content_block_delta").map((event) => event.delta);

checkEach(UPSTREAMS, "message", async ([provider, model]) => {
  const asked = await seen();
  const question = ask(model, "echo: Grüße, 世界 🌍.", { system: "You are a parrot." });
  const { data, response } = await messages.create(question).withResponse();
  same(response.headers.get("x-octavo-provider"), provider);
  same([data.type, data.role, text(data), data.stop_reason], ["message", "assistant", "Grüße, 世界 🌍.", "end_turn"]);
  ok(data.id && data._request_id && data.usage.input_tokens > 0 && data.usage.output_tokens > 0);
  ok(JSON.stringify((await asked.last(provider)).body).includes("You are a parrot."), "the system prompt came there");
});

checkEach(["2023-06-01", "2026-10-21"], "API version", async (version) => {
  const headers = { "anthropic-version": version };
  for (const model of MODELS) same(text(await messages.create(ask(model, "echo: so"), { headers })), "so");
});

checkEach(MODELS, "stream", async (model) => {
  const whole = await messages.create(ask(model, "count to 60"));
  const events = await all(messages.create(ask(model, "count to 60", { stream: true })));
  const kinds = events.map((event) => event.type).filter((kind) => kind !== "ping");
  same(
    kinds.filter((kind, number) => kind !== kinds[number - 1]),
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"],
  );
  same(deltas(events).map((delta) => delta.text).join(""), text(whole));
  const { delta, usage } = events.find((event) => event.type === "message_delta");
  same([delta.stop_reason, usage.output_tokens], ["end_turn", whole.usage.output_tokens]);
});

checkEach(MODELS, "stream helper", async (model) => {
  const pieces = [];
  const stream = messages.stream(ask(model, "count to 30")).on("text", (piece) => pieces.push(piece));
  const final = await stream.finalMessage();
  same([pieces.join(""), text(final), final.stop_reason], [count(30), count(30), "end_turn"]);
  ok(final.usage.input_tokens > 0 && final.usage.output_tokens > 0);
});

checkEach(MODELS, "tools", async (model) => {
  const question = ask(model, TWO_CITIES, { tools: [TOOL] });
  const answer = await messages.create(question);
  same([answer.stop_reason, cities(answer)], ["tool_use", ["Paris", "Rome"]]);
  const results = answer.content
    .filter((block) => block.type === "tool_use")
    .map((block) => ({ type: "tool_result", tool_use_id: block.id, content: weather(block.input.city) }));
  const turns = [{ role: "assistant", content: answer.content }, { role: "user", content: results }];
  const last = await messages.create({ ...question, messages: [...question.messages, ...turns] });
  same(text(last), "The tools answered: sunny in Paris; sunny in Rome");
  const one = { ...question, tool_choice: { type: "auto", disable_parallel_tool_use: true } };
  same(cities(await messages.create(one)), ["Paris"]);
});

checkEach(MODELS, "tools, streamed", async (model) => {
  const pieces = [];
  const stream = messages.stream(ask(model, TWO_CITIES, { tools: [TOOL] })).on("inputJson", (piece) => pieces.push(piece));
  const final = await stream.finalMessage();
  same([final.stop_reason, cities(final)], ["tool_use", ["Paris", "Rome"]]);
  same(pieces.join("").match(/\{[^}]*\}/g).map((json) => JSON.parse(json).city), ["Paris", "Rome"]);
});

// The newest SDK asks for a conversation that the server keeps, and does without where the server says so.
checkEach(MODELS, "tools that the SDK runs", async (model) => {
  const tool = betaTool({ name: "get_weather", description: "The weather", inputSchema: WEATHER, run: ({ city }) => weather(city) });
  const final = await client.beta.messages.toolRunner(ask(model, TWO_CITIES, { tools: [tool] }));
  same(text(final), "The tools answered: sunny in Paris; sunny in Rome");
});

checkEach(MODELS, "image", async (model) => {
  const source = { type: "base64", media_type: "image/png", data: PNG };
  const answer = await messages.create(ask(model, [{ type: "image", source }, { type: "text", text: "What is this?" }]));
  same(text(answer), "The image is 3 by 2 pixels.");
});

checkEach(MODELS, "JSON schema", async (model) => {
  const Trip = z.object({ title: z.string(), days: z.number().int(), by_train: z.boolean() });
  const question = ask(model, "Plan the trip: 4 days by train.", { output_config: { format: zodOutputFormat(Trip) } });
  Trip.parse((await messages.parse(question)).parsed_output);
});

checkEach(MODELS, "stop and limit", async (model) => {
  const stopped = await messages.create(ask(model, "count to 9", { stop_sequences: [" 5", "never"] }));
  same(text(stopped), count(4));
  if (model === NATIVE) same([stopped.stop_reason, stopped.stop_sequence], ["stop_sequence", " 5"]);
  const limited = await messages.create(ask(model, "repeat 40 words", { max_tokens: 3 }));
  same([limited.stop_reason, limited.usage.output_tokens], ["max_tokens", 3]);
});

checkEach(MODELS, "count tokens", async (model) => {
  const counted = await messages.countTokens({ model, messages: [{ role: "user", content: "word ".repeat(500) }] });
  ok(counted.input_tokens > 500 && counted.input_tokens < 1_000, JSON.stringify(counted));
});

check("models", async () => {
  const listed = (await all(client.models.list())).map((model) => model.id);
  for (const name of ["fast", "standard", "best", "gpt-4.1", NATIVE]) ok(listed.includes(name), name);
  same((await client.models.retrieve(NATIVE)).id, NATIVE);
});

check("keys", async () => {
  for (const options of [{ apiKey: KEY }, { apiKey: null, authToken: TOKEN }]) {
    const keyed = new Anthropic({ ...OPTIONS, ...options });
    same(text(await keyed.messages.create(ask(NATIVE, "echo: with a key"))), "with a key");
  }
});

checkEach(MODELS, "cache", async (model) => {
  const caching = new Anthropic({ ...OPTIONS, apiKey: TOKEN });
  const question = ask(model, `echo: one two three four five six seven ${randomUUID()}`);
  for (const stream of [false, true]) {
    const told = [];
    for (const expected of ["miss", "hit"]) {
      const { data, response } = await caching.messages.create({ ...question, stream }).withResponse();
      same(response.headers.get("x-octavo-cache"), expected);
      told.push(stream ? await all(data) : { ...data, _request_id: null });
    }
    same(told[0], told[1], "event for event");
  }
  const other = new Anthropic({ ...OPTIONS, apiKey: SETTINGS.other });
  const { response } = await other.messages.create(question).withResponse();
  same(response.headers.get("x-octavo-cache"), "miss", "never across tenants");
});

await run();
