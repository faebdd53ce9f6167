// The stock `openai` SDK for Node against the gateway where the request, the caller, a limit or a provider is what is wrong:
// the SDK's own exceptions, and nobody tries again what the gateway has tried.

import {
  ASKED_MAX, MODELS, PIECES, SETTINGS, TOKEN, URL, all, check, checkEach, count, counting, fault, load, ok, policy,
  providerOf, raises, run, same, seen,
} from "./gateway_under_test.mjs";

const { OpenAI } = load("openai");
const { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } = OpenAI;

// The SDK's own retries are left as they come: where it should not try again it must be told so.
const counted = counting();
const connect = (apiKey, options) =>
  new OpenAI({ baseURL: `${URL}/v1`, apiKey, fetch: counted.fetch, defaultHeaders: { "X-Octavo-Cache": "off" }, ...options });
const client = connect(TOKEN);
const user = (content) => [{ role: "user", content }];
const text = (answer) => answer.choices[0].message.content;
const chat = (model, body, options, by = client) =>
  by.chat.completions.create({ model, messages: user("count to 30"), ...body }, options);

/** How often the SDK sends a request while `body` runs. */
async function sent(body) {
  counted.sent = 0;
  await body();
  return counted.sent;
}

check("a bad key", async () => {
  for (const key of ["sk-nothing", "oct-acme.00000000000000000000000000000000.nothing"]) {
    const refused = await raises(AuthenticationError, () => chat("gpt-4.1", {}, {}, connect(key)));
    same([refused.status, refused.code], [401, "invalid_api_key"]);
  }
});

check("an unknown model", async () => {
  const refused = await raises(NotFoundError, () => chat("gpt-0"));
  same([refused.code, refused.param], ["model_not_found", "model"]);
  await raises(NotFoundError, () => client.models.retrieve("gpt-0"));
  await raises(NotFoundError, () => client.responses.create({ model: "gpt-0", input: "Hello." }));
});

checkEach(["gpt-4.1", "claude-sonnet-5-5"], "a bad request", async (model) => {
  const wrong = [[{ temperature: 9 }, "temperature"], [{ max_tokens: 0 }, "max_tokens"], [{ messages: [] }, "messages"]];
  for (const [body, param] of wrong) {
    const refused = await raises(BadRequestError, () => chat(model, body));
    same([refused.param, refused.type], [param, "invalid_request_error"]);
  }
});

check("over a rate", async () => {
  await policy(SETTINGS.rated, { rates: [{ requests_per_minute: 60 }] }, async () => {
    const rated = connect(SETTINGS.rated, { maxRetries: 0 });
    let limited;
    for (let number = 0; number < 200 && !limited; number += 1) {
      await chat("gpt-4.1", { messages: user(`echo: ${number}`) }, {}, rated).catch((error) => (limited = error));
    }
    ok(limited?.constructor === RateLimitError, `${limited}`);
    same([limited.code, limited.headers.get("x-should-retry")], ["rate_limit_exceeded", "true"]);
    ok(Number(limited.headers.get("retry-after")) >= 1);
    // Who waits as he is told waits once. A machine that is slower than the rate is not limited: then once more.
    let tries = 1;
    for (let number = 0; number < 10 && tries === 1; number += 1) {
      const body = { messages: user(`echo: patience ${number}`) };
      tries = await sent(() => chat("gpt-4.1", body, { maxRetries: 2 }, rated));
    }
    same(tries, 2);
  });
});

check("over a budget", async () => {
  await policy(SETTINGS.spent, { budgets: [{ period: "day", tokens: 60 }] }, async () => {
    const spent = connect(SETTINGS.spent);
    const asked = await seen();
    const tries = await sent(async () => {
      const refused = await raises(RateLimitError, () => chat("gpt-4.1", { max_tokens: 200 }, {}, spent));
      same([refused.code, refused.type], ["insufficient_quota", "insufficient_quota"]);
    });
    same([tries, await asked.count()], [1, 0], "not tried again, and no provider asked");
  });
});

const FAILS = [
  { kind: "status", status: 500 },
  { kind: "status", status: 429, retry_after_s: 30 },
  { kind: "refuse_connection" },
  { kind: "malformed" },
];

checkEach(FAILS.keys(), "failover is not seen", async (number) => {
  // Whichever goes first: the other one answers.
  await fault("openai", { model: "gpt-4.1", ...FAILS[number] }, async () => {
    same(text(await chat("gpt-4.1")), count(30));
    const chunks = await all(chat("gpt-4.1", { stream: true }));
    same(chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta.content ?? "")).join(""), count(30));
  });
});

checkEach(MODELS, "a provider fails", async (model) => {
  const expected = [
    [{ kind: "status", status: 500 }, InternalServerError, 502],
    [{ kind: "status", status: 529, retry_after_ms: 20 }, InternalServerError, 503],
    [{ kind: "status", status: 429, retry_after_ms: 20 }, RateLimitError, 429],
    [{ kind: "status", status: 401 }, InternalServerError, 503],
    [{ kind: "status", status: 400 }, BadRequestError, 400],
  ];
  for (const [broken, kind, status] of expected) {
    await fault(providerOf(model), broken, async (asked) => {
      const tries = await sent(async () => same((await raises(kind, () => chat(model))).status, status));
      same(tries, 1, `the SDK does not try ${status} again`);
      ok((await asked.count(providerOf(model))) <= ASKED_MAX);
    });
  }
});

checkEach(MODELS, "a provider hangs", async (model) => {
  await fault(providerOf(model), { kind: "hang" }, async () => {
    const options = { headers: { "X-Octavo-Timeout-Ms": "600" } };
    same((await raises(InternalServerError, () => chat(model, { stream: true }, options))).status, 504);
  });
});

const BREAKS = ["error_in_stream", "cut", "malformed"].flatMap((kind) => [...MODELS, "gpt-4.1"].map((model) => [kind, model]));

checkEach(BREAKS, "a stream breaks off", async ([kind, model]) => {
  const provider = MODELS.includes(model) ? providerOf(model) : "*";
  await fault(provider, { kind, chunks: PIECES }, async (asked) => {
    const pieces = [];
    const raised = await raises(APIError, async () => {
      for await (const chunk of await chat(model, { messages: user("count to 200"), stream: true })) {
        for (const { delta, finish_reason } of chunk.choices) {
          pieces.push(delta.content ?? "");
          ok(!finish_reason, "it ended as if all were well");
        }
      }
    });
    ok(raised.message && raised.code);
    ok(pieces.join("") && count(200).startsWith(pieces.join("")) && pieces.join("") !== count(200), pieces.join(""));
    same(await asked.count(), 1, "nobody else is asked");
  });
});

await run();
