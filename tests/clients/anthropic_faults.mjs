// The stock `@anthropic-ai/sdk` for Node against the gateway where the request, the caller, a limit or a provider is what is
// wrong: the SDK's own exceptions, and nobody tries again what the gateway has tried.

import {
  ASKED_MAX, MODELS, PIECES, SETTINGS, TOKEN, URL, all, check, checkEach, count, counting, fault, load, ok, policy,
  providerOf, raises, run, same, seen,
} from "./gateway_under_test.mjs";

const Anthropic = load("@anthropic-ai/sdk");
const { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } = Anthropic;
// The newest classes have no name on the client.
const { GatewayTimeoutError, OverloadedError, ServiceUnavailableError } = load("@anthropic-ai/sdk/core/error");

// The SDK's own retries are left as they come: where it should not try again it must be told so.
const counted = counting();
const connect = (apiKey, options) =>
  new Anthropic({ baseURL: URL, apiKey, fetch: counted.fetch, defaultHeaders: { "X-Octavo-Cache": "off" }, ...options });
const client = connect(TOKEN);
const user = (content) => [{ role: "user", content }];
const text = (message) => message.content.map((block) => block.text ?? "").join("");
const say = (model, body, options, by = client) =>
  by.messages.create({ model, max_tokens: 1_024, messages: user("count to 30"), ...body }, options);
const typeOf = (error) => error.error.error.type;

/** How often the SDK sends a request while `body` runs. */
async function sent(body) {
  counted.sent = 0;
  await body();
  return counted.sent;
}

check("a bad key", async () => {
  const refused = await raises(AuthenticationError, () => say("gpt-4.1", {}, {}, connect("sk-nothing")));
  same([refused.status, typeOf(refused)], [401, "authentication_error"]);
});

check("an unknown model", async () => {
  same(typeOf(await raises(NotFoundError, () => say("claude-0"))), "not_found_error");
  await raises(NotFoundError, () => client.models.retrieve("claude-0"));
});

checkEach(["claude-sonnet-5-5", "gpt-4.1"], "a bad request", async (model) => {
  for (const [body, about] of [[{ max_tokens: 0 }, "max_tokens"], [{ messages: [] }, "messages"]]) {
    const refused = await raises(BadRequestError, () => say(model, body));
    same(typeOf(refused), "invalid_request_error");
    ok(refused.message.includes(about), refused.message);
  }
});

check("over a rate", async () => {
  await policy(SETTINGS.rated, { rates: [{ requests_per_minute: 60 }] }, async () => {
    const rated = connect(SETTINGS.rated, { maxRetries: 0 });
    let limited;
    for (let number = 0; number < 200 && !limited; number += 1) {
      await say("gpt-4.1", { messages: user(`echo: ${number}`) }, {}, rated).catch((error) => (limited = error));
    }
    ok(limited?.constructor === RateLimitError, `${limited}`);
    same([typeOf(limited), limited.headers.get("x-should-retry")], ["rate_limit_error", "true"]);
    ok(Number(limited.headers.get("retry-after")) >= 1);
    // Who waits as he is told waits once. A machine that is slower than the rate is not limited: then once more.
    let tries = 1;
    for (let number = 0; number < 10 && tries === 1; number += 1) {
      const body = { messages: user(`echo: patience ${number}`) };
      tries = await sent(() => say("gpt-4.1", body, { maxRetries: 2 }, rated));
    }
    same(tries, 2);
  });
});

check("over a budget", async () => {
  await policy(SETTINGS.spent, { budgets: [{ period: "day", tokens: 60 }] }, async () => {
    const spent = connect(SETTINGS.spent);
    const asked = await seen();
    const tries = await sent(async () => {
      const refused = await raises(RateLimitError, () => say("gpt-4.1", { max_tokens: 200 }, {}, spent));
      same(refused.headers.get("x-should-retry"), "false");
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
    same(text(await say("gpt-4.1")), count(30));
    const events = await all(say("gpt-4.1", { stream: true }));
    const deltas = events.filter((event) => event.type === "content_block_delta");
    same(deltas.map((event) => event.delta.text).join(""), count(30));
  });
});

checkEach(MODELS, "a provider fails", async (model) => {
  const expected = [
    [{ kind: "status", status: 500 }, InternalServerError, 502],
    [{ kind: "status", status: 529, retry_after_ms: 20 }, OverloadedError, 529],
    [{ kind: "status", status: 429, retry_after_ms: 20 }, RateLimitError, 429],
    [{ kind: "status", status: 401 }, ServiceUnavailableError, 503],
    [{ kind: "status", status: 400 }, BadRequestError, 400],
  ];
  for (const [broken, kind, status] of expected) {
    await fault(providerOf(model), broken, async (asked) => {
      const tries = await sent(async () => same((await raises(kind, () => say(model))).status, status));
      same(tries, 1, `the SDK does not try ${status} again`);
      ok((await asked.count(providerOf(model))) <= ASKED_MAX);
    });
  }
});

checkEach(MODELS, "a provider hangs", async (model) => {
  await fault(providerOf(model), { kind: "hang" }, async () => {
    const options = { headers: { "X-Octavo-Timeout-Ms": "600" } };
    same((await raises(GatewayTimeoutError, () => say(model, { stream: true }, options))).status, 504);
  });
});

const BREAKS = ["error_in_stream", "cut", "malformed"].flatMap((kind) => [...MODELS, "gpt-4.1"].map((model) => [kind, model]));

checkEach(BREAKS, "a stream breaks off", async ([kind, model]) => {
  const provider = MODELS.includes(model) ? providerOf(model) : "*";
  await fault(provider, { kind, chunks: PIECES }, async (asked) => {
    const pieces = [];
    const raised = await raises(APIError, async () => {
      for await (const event of await say(model, { messages: user("count to 200"), stream: true })) {
        if (event.type === "content_block_delta") pieces.push(event.delta.text);
        ok(event.type !== "message_stop", "it ended as if all were well");
      }
    });
    ok(typeOf(raised) && raised.error.error.message);
    ok(pieces.join("") && count(200).startsWith(pieces.join("")) && pieces.join("") !== count(200), pieces.join(""));
    same(await asked.count(), 1, "nobody else is asked");
  });
});

await run();
