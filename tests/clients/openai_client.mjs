// The stock `openai` SDK for Node against the gateway: Chat Completions, Responses, Embeddings, Models, whichever provider
// answers. What goes wrong: `openai_faults.mjs`.

import { randomUUID } from "node:crypto";
import {
  KEY, MODELS, PNG, SETTINGS, TOKEN, TWO_CITIES, UPSTREAMS, URL, WEATHER, all, check, checkEach, count, load, ok, run,
  same, seen, weather,
} from "./gateway_under_test.mjs";

const { OpenAI } = load("openai");
const { zodResponseFormat, zodTextFormat } = load("openai/helpers/zod");
const { z } = load("zod");

const OPTIONS = { baseURL: `${URL}/v1`, maxRetries: 0 };
const client = new OpenAI({ ...OPTIONS, apiKey: TOKEN, defaultHeaders: { "X-Octavo-Cache": "off" } });
const { completions } = client.chat;
const TOOL = { type: "function", function: { name: "get_weather", description: "The weather", parameters: WEATHER } };
const FLAT_TOOL = { type: "function", ...TOOL.function, strict: true };
const Trip = z.object({ title: z.string(), days: z.number().int(), by_train: z.boolean() });

const user = (content) => [{ role: "user", content }];
const text = (answer) => answer.choices[0].message.content;
const city = (call) => JSON.parse(call.function.arguments).city;

checkEach(UPSTREAMS, "chat", async ([provider, model]) => {
  const asked = await seen();
  const messages = [{ role: "system", content: "You are a parrot." }, ...user("echo: Grüße, 世界 🌍.")];
  const { data, response } = await completions.create({ model, messages }).withResponse();
  same(response.headers.get("x-octavo-provider"), provider);
  same([text(data), data.choices[0].message.role, data.choices[0].finish_reason], ["Grüße, 世界 🌍.", "assistant", "stop"]);
  same(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
  ok(data._request_id && data.usage.completion_tokens > 0);
  ok(JSON.stringify((await asked.last(provider)).body).includes("You are a parrot."), "the system prompt came there");
});

checkEach(MODELS, "stream with usage", async (model) => {
  const whole = await completions.create({ model, messages: user("count to 60") });
  const options = { model, messages: user("count to 60"), stream: true };
  const chunks = await all(completions.create({ ...options, stream_options: { include_usage: true } }));
  const told = chunks.filter((chunk) => chunk.choices.length > 0);
  same(told[0].choices[0].delta.role, "assistant");
  same(told.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), text(whole));
  same(told.map((chunk) => chunk.choices[0].finish_reason).filter(Boolean), ["stop"]);
  same([chunks.at(-1).choices, chunks.at(-1).usage.total_tokens], [[], whole.usage.total_tokens]);
  same((await all(completions.create(options))).filter((chunk) => chunk.usage), [], "nobody asked for usage");
});

checkEach(MODELS, "stream helper", async (model) => {
  const stream = completions.stream({ model, messages: user("count to 30"), stream_options: { include_usage: true } });
  const pieces = [];
  stream.on("content", (piece) => pieces.push(piece));
  same([await stream.finalContent(), pieces.join("")], [count(30), count(30)]);
  ok((await stream.totalUsage()).total_tokens > 30);
});

checkEach(MODELS, "tools", async (model) => {
  const messages = user(TWO_CITIES);
  const answer = await completions.create({ model, messages, tools: [TOOL] });
  const { message, finish_reason } = answer.choices[0];
  same([finish_reason, message.tool_calls.map(city)], ["tool_calls", ["Paris", "Rome"]]);
  const results = message.tool_calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: weather(city(call)) }));
  const last = await completions.create({ model, messages: [...messages, message, ...results], tools: [TOOL] });
  same(text(last), "The tools answered: sunny in Paris; sunny in Rome");
  const one = await completions.create({ model, messages, tools: [TOOL], parallel_tool_calls: false });
  same(one.choices[0].message.tool_calls.map(city), ["Paris"]);
});

checkEach(MODELS, "tools, streamed", async (model) => {
  const stream = completions.stream({ model, messages: user(TWO_CITIES), tools: [TOOL] });
  const done = [];
  stream.on("tool_calls.function.arguments.done", (event) => done.push(JSON.parse(event.arguments).city));
  const final = await stream.finalChatCompletion();
  same(final.choices[0].finish_reason, "tool_calls");
  same([final.choices[0].message.tool_calls.map(city), done], [["Paris", "Rome"], ["Paris", "Rome"]]);
});

checkEach(MODELS, "tools that the SDK runs", async (model) => {
  const run = ({ city }) => weather(city);
  const tool = { type: "function", function: { ...TOOL.function, function: run, parse: JSON.parse } };
  const runner = completions.runTools({ model, messages: user(TWO_CITIES), tools: [tool] });
  same(await runner.finalContent(), "The tools answered: sunny in Paris; sunny in Rome");
});

checkEach(MODELS, "image", async (model) => {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
  const answer = await completions.create({ model, messages: user([{ type: "text", text: "What is this?" }, image]) });
  same(text(answer), "The image is 3 by 2 pixels.");
});

checkEach(MODELS, "JSON schema", async (model) => {
  const question = { model, messages: user("Plan the trip: 4 days by train.") };
  const answer = await completions.parse({ ...question, response_format: zodResponseFormat(Trip, "trip") });
  Trip.parse(answer.choices[0].message.parsed);
});

checkEach(MODELS, "stop and limit", async (model) => {
  const stopped = await completions.create({ model, messages: user("count to 9"), stop: [" 5", "never"] });
  same([text(stopped), stopped.choices[0].finish_reason], [count(4), "stop"]);
  const limited = await completions.create({ model, messages: user("repeat 40 words"), max_completion_tokens: 3 });
  same([limited.choices[0].finish_reason, limited.usage.completion_tokens], ["length", 3]);
});

checkEach(UPSTREAMS, "response", async ([provider, model]) => {
  const asked = client.responses.create({ model, instructions: "You are a parrot.", input: "echo: Grüße, 世界 🌍." });
  const { data, response } = await asked.withResponse();
  same(response.headers.get("x-octavo-provider"), provider);
  same([data.status, data.output_text], ["completed", "Grüße, 世界 🌍."]);
  same(data.usage.total_tokens, data.usage.input_tokens + data.usage.output_tokens);
});

checkEach(MODELS, "response, streamed", async (model) => {
  const events = await all(client.responses.create({ model, input: "count to 40", stream: true }));
  same(events.map((event) => event.sequence_number), events.map((_, number) => number), "numbered without a gap");
  same([events[0].type, events.at(-1).type], ["response.created", "response.completed"]);
  const deltas = events.filter((event) => event.type === "response.output_text.delta");
  same(deltas.map((event) => event.delta).join(""), count(40));
  const stream = client.responses.stream({ model, input: "count to 25" });
  same((await stream.finalResponse()).output_text, count(25));
});

checkEach(MODELS, "response with tools", async (model) => {
  const input = user(TWO_CITIES);
  const answer = await client.responses.create({ model, input, tools: [FLAT_TOOL] });
  const calls = answer.output.filter((item) => item.type === "function_call");
  same(calls.map((call) => JSON.parse(call.arguments).city), ["Paris", "Rome"]);
  const outputs = calls.map((call) => ({
    type: "function_call_output", call_id: call.call_id, output: weather(JSON.parse(call.arguments).city),
  }));
  const last = await client.responses.create({ model, input: [...input, ...answer.output, ...outputs], tools: [FLAT_TOOL] });
  same(last.output_text, "The tools answered: sunny in Paris; sunny in Rome");
  const stream = client.responses.stream({ model, input, tools: [FLAT_TOOL] });
  const streamed = (await stream.finalResponse()).output.filter((item) => item.type === "function_call");
  same(streamed.map((call) => JSON.parse(call.arguments).city), ["Paris", "Rome"]);
});

checkEach(MODELS, "response by schema, with an image", async (model) => {
  const format = zodTextFormat(Trip, "trip");
  const answer = await client.responses.parse({ model, input: "Plan the trip: 4 days by train.", text: { format } });
  Trip.parse(answer.output_parsed);
  const image = { type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "auto" };
  const input = user([{ type: "input_text", text: "What is this?" }, image]);
  same((await client.responses.create({ model, input })).output_text, "The image is 3 by 2 pixels.");
});

check("embeddings", async () => {
  const model = "text-embedding-3-small";
  const input = ["The cat sat.", "A dog ran.", "The cat sat."];
  const plain = await client.embeddings.create({ model, input, encoding_format: "float" });
  const vectors = plain.data.map((item) => item.embedding);
  same([plain.data.map((item) => item.index), vectors[0].length], [[0, 1, 2], 1_536]);
  same(vectors[0], vectors[2]);
  // Without a format the SDK asks for base64 and unpacks it.
  const packed = await client.embeddings.create({ model, input });
  packed.data.forEach((item, number) => item.embedding.forEach((value, at) => ok(Math.abs(value - vectors[number][at]) < 1e-6)));
});

check("models", async () => {
  const listed = (await all(client.models.list())).map((model) => model.id);
  for (const name of ["fast", "standard", "best", "gpt-4.1", "claude-sonnet-5-5"]) ok(listed.includes(name), name);
  same((await client.models.retrieve("gpt-4.1")).id, "gpt-4.1");
});

check("API key", async () => {
  const keyed = new OpenAI({ ...OPTIONS, apiKey: KEY });
  same(text(await keyed.chat.completions.create({ model: "gpt-4.1", messages: user("echo: with a key") })), "with a key");
});

checkEach(MODELS, "cache", async (model) => {
  const caching = new OpenAI({ ...OPTIONS, apiKey: TOKEN });
  const messages = user(`echo: one two three four five six seven ${randomUUID()}`);
  const ask = (options) => caching.chat.completions.create({ model, messages, ...options }).withResponse();
  for (const options of [{}, { stream: true, stream_options: { include_usage: true } }]) {
    const told = [];
    for (const expected of ["miss", "hit"]) {
      const { data, response } = await ask(options);
      same(response.headers.get("x-octavo-cache"), expected);
      told.push(options.stream ? await all(data) : { ...data, _request_id: null });
    }
    same(told[0], told[1], "event for event");
  }
  const other = new OpenAI({ ...OPTIONS, apiKey: SETTINGS.other });
  const { response } = await other.chat.completions.create({ model, messages }).withResponse();
  same(response.headers.get("x-octavo-cache"), "miss", "never across tenants");
});

await run();
