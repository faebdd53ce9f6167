// LangChain's `ChatOpenAI` and `OpenAIEmbeddings` against the gateway. They are stricter readers than OpenAI's own SDK: an
// answer in pieces is put together by the role of its first piece, and calls of functions by their indexes.

import {
  MODELS, PNG, TOKEN, TWO_CITIES, URL, check, checkEach, count, fault, load, ok, providerOf, run, same, weather,
} from "./gateway_under_test.mjs";

const { ChatOpenAI, OpenAIEmbeddings } = load("@langchain/openai");
const { AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } = load("@langchain/core/messages");
const { tool } = load("@langchain/core/tools");
const { z } = load("zod");

const configuration = { baseURL: `${URL}/v1`, defaultHeaders: { "X-Octavo-Cache": "off" } };
const chat = (model, options) => new ChatOpenAI({ model, apiKey: TOKEN, maxRetries: 0, configuration, ...options });
const getWeather = tool(({ city }) => weather(city), {
  name: "get_weather",
  description: "The weather",
  schema: z.object({ city: z.string() }),
});

/** All pieces of a stream, and what LangChain makes of them. */
async function gathered(stream) {
  const chunks = [];
  for await (const chunk of await stream) chunks.push(chunk);
  return [chunks, chunks.slice(1).reduce((sum, chunk) => sum.concat(chunk), chunks[0])];
}

checkEach(MODELS, "invoke", async (model) => {
  const answer = await chat(model).invoke([new SystemMessage("You are a parrot."), new HumanMessage("echo: Hello, 世界.")]);
  same([answer.content, answer.response_metadata.finish_reason], ["Hello, 世界.", "stop"]);
  ok(answer.usage_metadata.total_tokens > 0);
});

checkEach(MODELS, "stream", async (model) => {
  const [chunks, whole] = await gathered(chat(model).stream("count to 30"));
  ok(chunks.length > 10 && chunks.every((chunk) => chunk instanceof AIMessageChunk), "assembled by the role");
  same(whole.content, count(30));
  // LangChain asks for usage by itself.
  same(whole.usage_metadata.total_tokens, whole.usage_metadata.input_tokens + whole.usage_metadata.output_tokens);
});

checkEach(MODELS, "tools", async (model) => {
  const bound = chat(model).bindTools([getWeather]);
  const question = new HumanMessage(TWO_CITIES);
  const answer = await bound.invoke([question]);
  same(answer.tool_calls.map((call) => call.args.city), ["Paris", "Rome"]);
  const results = await Promise.all(answer.tool_calls.map((call) => getWeather.invoke(call)));
  ok(results.every((result) => result instanceof ToolMessage));
  same((await bound.invoke([question, answer, ...results])).content, "The tools answered: sunny in Paris; sunny in Rome");
  const [, streamed] = await gathered(bound.stream([question]));
  same(streamed.tool_calls.map((call) => [call.name, call.args.city]), [["get_weather", "Paris"], ["get_weather", "Rome"]]);
  same(streamed.invalid_tool_calls ?? [], []);
});

checkEach(MODELS, "structured output", async (model) => {
  const Trip = z.object({ title: z.string(), days: z.number().int(), by_train: z.boolean() });
  const planner = chat(model).withStructuredOutput(Trip, { name: "trip", method: "jsonSchema" });
  Trip.parse(await planner.invoke("Plan the trip: 4 days by train."));
});

checkEach(MODELS, "image", async (model) => {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
  const answer = await chat(model).invoke([new HumanMessage({ content: [{ type: "text", text: "What is this?" }, image] })]);
  same(answer.content, "The image is 3 by 2 pixels.");
});

checkEach(["openai/gpt-4.1", "claude-sonnet-5-5"], "Responses", async (model) => {
  const responding = chat(model, { useResponsesApi: true });
  same((await responding.invoke("echo: by responses")).text, "by responses");
  const [, whole] = await gathered(responding.stream("count to 30"));
  same(whole.text, count(30));
});

check("embeddings", async () => {
  const embeddings = new OpenAIEmbeddings({ model: "text-embedding-3-small", apiKey: TOKEN, configuration });
  const [one, two] = await embeddings.embedDocuments(["The cat sat.", "A dog ran."]);
  same([one.length, two.length], [1_536, 1_536]);
});

checkEach(MODELS, "a stream breaks off", async (model) => {
  await fault(providerOf(model), { kind: "cut", chunks: 12 }, async () => {
    let raised;
    await gathered(chat(model).stream("count to 200")).catch((error) => (raised = error));
    ok(raised, "it ended silently");
  });
});

await run();
