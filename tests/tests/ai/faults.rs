//! Of the fifteen faults that other gateways had, those that need the whole system. The others are beside the rules: search
//! for `fault_NN`.

use crate::desk::{
    CHAT, Desk, MESSAGES, RESPONSES, ask, chat, chunks, events, message, pace, status, stream, text, usage, within,
};
use local_emulator_ai::{Fault, FaultKind};
use octavo_tests::{Person, eventually};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// Begins a stream and reads so many bytes of it at least.
async fn begin(person: &Person, path: &str, body: &Value, bytes: usize) -> Response {
    let mut response = person.request(Method::POST, path).json(body).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let mut seen = 0;
    while seen < bytes {
        seen += response.chunk().await.unwrap().expect("there is more").len();
    }
    response
}

/// Fault 1 (a cancelled stream still costs money): it is read on to its usage, and what the provider reports is charged.
#[tokio::test(flavor = "multi_thread")]
async fn fault_01_a_cancelled_stream_is_drained_and_charged_as_the_provider_reports() {
    let desk = Desk::under(json!({ "budgets": [{ "period": "day", "tokens": 1_000_000 }] })).await;
    desk.fails("*", pace(10));
    desk.fails("*", usage(123, 456));
    for (number, (path, body)) in [
        (CHAT, stream("gpt-4.1", "count to 100")),
        (MESSAGES, {
            let mut body = message("gpt-4.1", "count to 101");
            body["stream"] = json!(true);
            body
        }),
        (CHAT, stream("claude-sonnet-5-5", "count to 102")),
        (RESPONSES, json!({ "model": "gpt-4.1", "input": "count to 103", "stream": true })),
    ]
    .iter()
    .enumerate()
    {
        let response = begin(&desk.ada, path, body, 300).await;
        drop(response);
        let call = desk.calls(number + 1).await.remove(0);
        // Lambda tells no function that its client has left (see `functions/ai/tests` for a host that does).
        assert!(["cancelled", "answered"].contains(&call["outcome"].as_str().unwrap()), "{path}: {call}");
        assert_eq!((&call["usage"]["input"], &call["usage"]["output"]), (&json!(123), &json!(456)), "{path}: {call}");
        assert_eq!(call["usage_reported"], true, "{path}");
        assert_ne!(call["cost"], "0", "{path}");
    }
    // Nothing is left open: the counter says what the ledger says.
    let budgets = desk.admin.get("/v1/ai/budgets").await.expect(200).json();
    assert_eq!(budgets[0]["tokens"], 4 * (123 + 456), "{budgets}");
    let left = desk.world.emulator.fakes().requests();
    assert!(left.iter().all(|request| !request.client_left), "the provider was read to its end: {left:#?}");
}

/// Fault 1, where the provider does not come to its end either: what was sent is charged, and the caller's leaving does not
/// keep the call open for ever.
#[tokio::test(flavor = "multi_thread")]
async fn fault_01_a_cancelled_stream_that_never_ends_is_charged_with_what_was_sent() {
    let desk = Desk::start().await;
    desk.fails("*", FaultKind::HangAfter { chunks: 20 });
    let mut body = stream("gpt-4.1", "count to 100");
    body["max_tokens"] = json!(500);
    let request = desk.ada.request(Method::POST, CHAT).header("x-octavo-timeout-ms", "2000").json(&body);
    let mut response = request.send().await.unwrap();
    response.chunk().await.unwrap();
    drop(response);
    let call = desk.call().await;
    assert!(["cancelled", "failed"].contains(&call["outcome"].as_str().unwrap()), "{call}");
    let output = call["usage"]["output"].as_u64().unwrap();
    assert!((5..=40).contains(&output), "about 19 pieces were sent: {call}");
    assert_eq!(call["usage_reported"], false);
}

/// Fault 2 (priced by the placeholder of 1 in `message_start`): the last, cumulative usage counts; and a stream that is cut
/// before it is counted by what came, not by the placeholder.
#[tokio::test(flavor = "multi_thread")]
async fn fault_02_the_recovered_tokens_are_priced_and_not_the_placeholder() {
    let desk = Desk::start().await;
    let mut body = message("claude-sonnet-5-5", "count to 40");
    body["stream"] = json!(true);
    let answer = desk.ada.post(MESSAGES, body.clone()).await.expect(200);
    let told = chunks(&answer.bytes);
    let start = told.iter().find(|event| event["type"] == "message_start").unwrap();
    let delta = told.iter().find(|event| event["type"] == "message_delta").unwrap();
    let (placeholder, reported) = (&start["message"]["usage"]["output_tokens"], &delta["usage"]["output_tokens"]);
    assert!(placeholder.as_u64() < reported.as_u64(), "{placeholder} and {reported}");
    let call = desk.call().await;
    assert_eq!(&call["usage"]["output"], reported);
    // 2 and 10 dollars a million, exactly.
    let (input, output) = (call["usage"]["input"].as_u64().unwrap(), call["usage"]["output"].as_u64().unwrap());
    let nanodollars: u64 = 2_000 * input + 10_000 * output;
    assert_eq!(call["cost"].as_str().unwrap().parse::<f64>().unwrap(), nanodollars as f64 / 1e9, "{call}");

    desk.fails("anthropic", FaultKind::Cut { chunks: 30 });
    body["messages"][0]["content"] = json!("count to 41");
    desk.ada.post(MESSAGES, body).await.expect(200);
    let call = desk.calls(2).await.remove(0);
    assert_eq!(call["outcome"], "failed");
    assert!(call["usage"]["output"].as_u64().unwrap() > 10, "27 pieces were sent: {call}");
}

/// Fault 9 (cached tokens counted twice): they are a part of the input, in either provider's way of saying it.
#[tokio::test(flavor = "multi_thread")]
async fn fault_09_cached_tokens_are_counted_and_priced_once() {
    let desk = Desk::start().await;
    desk.fails("openai", FaultKind::Usage { input: 1_000, output: 100, cached: 600 });
    desk.fails("anthropic", FaultKind::Usage { input: 400, output: 100, cached: 600 });
    ask(&desk.ada, "openai/gpt-4.1", "echo: a").await.expect(200);
    ask(&desk.ada, "claude-sonnet-5-5", "echo: a").await.expect(200);
    let calls = desk.calls(2).await;
    for (model, cost) in [
        // 400 at 2, 600 at 0.5, 100 at 8 dollars a million.
        ("gpt-4.1", "0.0019"),
        // 400 at 2, 600 at 0.1, 100 at 10.
        ("claude-sonnet-5-5", "0.00186"),
    ] {
        let call = calls.iter().find(|call| call["model"] == model).unwrap();
        assert_eq!((&call["usage"]["input"], &call["usage"]["cached"]), (&json!(1_000), &json!(600)), "{call}");
        assert_eq!(call["cost"], cost, "{call}");
    }
    assert_eq!(desk.total().await["input_tokens"], 2_000);
}

/// Fault 10 (HTTP 200, then an error inside the stream, logged as success): the ledger says failed, the breaker counts it,
/// and the caller's SDK gets an event that it raises on, whatever form it speaks and whoever answers.
#[tokio::test(flavor = "multi_thread")]
async fn fault_10_an_error_after_200_is_a_failure_everywhere() {
    let desk = Desk::start().await;
    let mut count = 0;
    for model in ["gpt-4.1", "claude-sonnet-5-5"] {
        let mut anthropic = message(model, "count to 50");
        anthropic["stream"] = json!(true);
        for (path, body) in [
            (CHAT, stream(model, "count to 50")),
            (MESSAGES, anthropic),
            (RESPONSES, json!({ "model": model, "input": "count to 50", "stream": true })),
        ] {
            desk.heal();
            desk.fails("*", FaultKind::ErrorInStream { chunks: 8 });
            let answer = desk.ada.post(path, body).await.expect(200);
            let last: Value = serde_json::from_str(&events(&answer.bytes).pop().unwrap()).unwrap();
            match path {
                CHAT => assert!(last["error"]["message"].is_string(), "{last}"),
                MESSAGES => {
                    assert_eq!(last["type"], "error", "{last}");
                    assert!(String::from_utf8_lossy(&answer.bytes).contains("event: error\n"));
                }
                _ => assert!(["error", "response.failed"].contains(&last["type"].as_str().unwrap()), "{last}"),
            }
            count += 1;
            let call = desk.calls(count).await.remove(0);
            assert_eq!(call["outcome"], "failed", "{path} of {model}: {call}");
            assert!(!call["error"].is_null());
        }
    }
    assert_eq!(desk.total().await["failed"], 6);
    assert_eq!(desk.breaker("openai", "gpt-4.1").await["failures"], 3);
    assert_eq!(desk.breaker("anthropic", "claude-sonnet-5-5").await["failures"], 3);
}

/// Fault 13 (a 400 must not become 502): the provider's refusal of the request reaches the caller with its words, and is
/// nobody else's to answer; its refusal of *our* key is our trouble and never the caller's 401.
#[tokio::test(flavor = "multi_thread")]
async fn fault_13_a_400_stays_a_400_and_a_refused_key_of_ours_is_never_the_callers_401() {
    let desk = Desk::start().await;
    let wrong = json!({ "error": { "message": "Unsupported value: 'seed' must be even.", "type": "invalid_request_error",
        "param": "seed", "code": "unsupported_value" } });
    desk.fault(
        Fault::new(
            "openai",
            FaultKind::Status { status: 400, retry_after_ms: None, retry_after_s: None, body: Some(wrong) },
        )
        .times(2),
    );
    for path in [CHAT, MESSAGES] {
        let body = if path == CHAT { chat("standard", "hi") } else { message("standard", "hi") };
        let answer = desk.ada.post(path, body).await.expect(400);
        let error = answer.json()["error"].clone();
        assert!(error["message"].as_str().unwrap().contains("'seed' must be even"), "{error}");
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(answer.header("x-should-retry"), "false");
        if path == CHAT {
            assert_eq!((&error["param"], &error["code"]), (&json!("seed"), &json!("unsupported_value")));
        }
    }
    assert_eq!(desk.asked_all(), 2, "nobody else is asked");
    assert_eq!(
        desk.breaker("openai", "gpt-6.1-terra").await["failures"],
        0,
        "a wrong request is not the target's fault"
    );

    let account =
        json!({ "error": { "message": "Incorrect API key provided: sk-octavo-platform", "code": "invalid_api_key" } });
    for code in [401, 403] {
        let kind =
            FaultKind::Status { status: code, retry_after_ms: None, retry_after_s: None, body: Some(account.clone()) };
        desk.fault(Fault::new("openai", kind).times(1));
        let answer = ask(&desk.ada, "openai/gpt-4.1", &format!("echo: {code}")).await.expect(503);
        assert!(!answer.json().to_string().contains("sk-octavo"), "our account is not the caller's matter");
        assert_eq!(answer.json()["error"]["code"].as_str().filter(|code| code.contains("api_key")), None);
        // Fault 15: a key that is not accepted opens the breaker at once; a person closes it.
        assert_eq!(desk.breaker("openai", "gpt-4.1").await["phase"], "open");
        desk.admin.post("/v1/ai/breakers/openai/gpt-4.1/reset", json!({})).await.expect(204);
    }
    // With another provider at hand it is invisible.
    desk.fails("openai", status(401));
    let answer = ask(&desk.ada, "standard", "echo: seen to").await.expect(200);
    assert_eq!((text(&answer).as_str(), answer.header("x-octavo-provider")), ("seen to", "azure"));
}

/// Fault 15 (cooldowns that nobody can see, extend or end): operators can.
#[tokio::test(flavor = "multi_thread")]
async fn fault_15_breakers_are_seen_held_and_reset() {
    let desk = Desk::start().await;
    let terra = "/v1/ai/breakers/openai/gpt-6.1-terra";
    assert_eq!(desk.breaker("openai", "gpt-6.1-terra").await["phase"], "closed");
    desk.admin.post(&format!("{terra}/hold"), json!({ "seconds": 600 })).await.expect(204);
    let held = desk.breaker("openai", "gpt-6.1-terra").await;
    assert_eq!(held["phase"], "open");
    assert!((590_000..=600_000).contains(&held["open_for_ms"].as_u64().unwrap()), "{held}");
    let answer = ask(&desk.ada, "standard", "echo: around it").await.expect(200);
    assert_eq!((answer.header("x-octavo-provider"), desk.asked("openai")), ("azure", 0));
    // The last resort: where nobody else can answer, an open breaker is no reason for silence.
    ask(&desk.ada, "openai/gpt-6.1-terra", "echo: only you").await.expect(200);
    assert_eq!(desk.asked("openai"), 1);
    desk.admin.post(&format!("{terra}/reset"), json!({})).await.expect(204);
    let answer = ask(&desk.ada, "standard", "echo: straight").await.expect(200);
    assert_eq!(answer.header("x-octavo-provider"), "openai");

    let operator = desk.world.with_roles("acme", "op", &["operator"]);
    let admin = desk.world.with_roles("acme", "boss", &["admin"]);
    for (person, path, expected) in [
        (&operator, format!("{terra}/hold"), 204),
        (&admin, format!("{terra}/hold"), 403),
        (&desk.ada, format!("{terra}/reset"), 403),
        (&operator, "/v1/ai/breakers/openai/gpt-unknown/hold".to_owned(), 404),
    ] {
        assert_eq!(person.post(&path, json!({ "seconds": 1 })).await.status, expected, "{path}");
    }
    operator.post(&format!("{terra}/hold"), json!({ "seconds": 0 })).await.expect_problem(400, "AI_0001", "seconds");
    assert_eq!(desk.ada.get("/v1/ai/breakers").await.status, 403);
    assert_eq!(admin.get("/v1/ai/breakers").await.status, 200);
    assert_eq!(operator.get("/v1/ai/breakers").await.status, 200);
}

/// Fault 15: a provider that asks to be left alone is, for as long as it asks.
#[tokio::test(flavor = "multi_thread")]
async fn fault_15_a_cooldown_that_a_provider_asks_for_is_kept() {
    let desk = Desk::start().await;
    let kind = FaultKind::Status { status: 429, retry_after_ms: None, retry_after_s: Some(20), body: None };
    desk.fault(Fault::new("openai", kind).times(1));
    for number in 0..5 {
        let answer = ask(&desk.ada, "standard", &format!("echo: {number}")).await.expect(200);
        assert_eq!(answer.header("x-octavo-provider"), "azure");
    }
    assert_eq!(desk.asked("openai"), 1);
    let breaker = desk.breaker("openai", "gpt-6.1-terra").await;
    let left = breaker["open_for_ms"].as_u64().unwrap();
    assert!((10_000..=20_000).contains(&left), "{breaker}");
}

/// A provider that asks for a moment only is asked again, and not before.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_retry_after_is_waited_for() {
    let desk = Desk::start().await;
    let kind = FaultKind::Status { status: 429, retry_after_ms: Some(200), retry_after_s: None, body: None };
    desk.fault(Fault::new("openai", kind).times(1));
    let began = tokio::time::Instant::now();
    let answer = within(Duration::from_secs(30), ask(&desk.ada, "openai/gpt-4.1", "echo: a moment")).await.expect(200);
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!((text(&answer).as_str(), desk.asked("openai")), ("a moment", 2));
    let call = eventually("the ledger has it", || async { desk.calls(1).await.pop() }).await;
    assert_eq!((&call["attempts"], &call["error"]), (&json!(2), &json!("rate_limited")));
}
