//! Which model and provider answer.

use crate::desk::{CHAT, Desk, MESSAGES, ask, chat, message, stream, usage};
use local_emulator::Options;
use octavo_tests::Answer;
use serde_json::{Value, json};

/// Who answered: `provider/model`.
fn by(answer: &Answer) -> String {
    format!("{}/{}", answer.header("x-octavo-provider"), answer.header("x-octavo-model"))
}

/// A refusal's code and the field that it is about.
#[track_caller]
fn refused(answer: Answer, status: u16, code: &str, param: &str) -> String {
    let answer = answer.expect(status);
    let error = answer.json()["error"].clone();
    assert_eq!((error["code"].as_str(), error["param"].as_str()), (Some(code), Some(param)), "{error}");
    assert_eq!(answer.header("x-should-retry"), "false");
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_a_tier_a_family_exact_at_a_provider_or_an_alias_of_the_policy() {
    let aliases = json!({ "house-model": "azure/gpt-4.1", "gpt-4o": "fast" });
    let desk = Desk::under(json!({ "aliases": aliases, "routing": { "latency_weight": 0.0 } })).await;
    for (asked, expected) in [
        // Of a tier the cheapest that can do it: 1 and 5 dollars a million against 2 and 10.
        ("standard", "openai/gpt-6.1-terra"),
        ("octavo/standard", "openai/gpt-6.1-terra"),
        ("auto", "openai/gpt-6.1-terra"),
        ("best", "openai/gpt-6.1-sol"),
        ("claude-sonnet", "anthropic/claude-sonnet-5-5"),
        ("gpt-4.1", "openai/gpt-4.1"),
        ("gpt-4.1-2025-04-14", "openai/gpt-4.1"),
        ("azure/gpt-4.1", "azure/gpt-4.1"),
        ("anthropic/best", "anthropic/claude-opus-5-5"),
        ("local/local-small", "local/local-small"),
        ("house-model", "azure/gpt-4.1"),
        ("gpt-4o", "openai/gpt-6-luna"),
    ] {
        let answer = ask(&desk.ada, asked, "echo: hello").await.expect(200);
        // Two fast models cost the same: chance decides.
        if expected == "openai/gpt-6-luna" {
            assert!(["openai/gpt-6-luna", "anthropic/claude-haiku-5-5"].contains(&by(&answer).as_str()), "{asked}");
        } else {
            assert_eq!(by(&answer), expected, "{asked}");
        }
        assert_eq!(answer.json()["choices"][0]["message"]["content"], "hello", "{asked}");
    }
    let calls = desk.calls(12).await;
    assert!(calls.iter().any(|call| call["asked_model"] == "house-model" && call["model"] == "gpt-4.1"));
    // A dated name is a choice of the caller's: it reaches the provider.
    let dated = |request: &local_emulator_ai::RequestRecord| request.model.as_deref() == Some("gpt-4.1-2025-04-14");
    assert!(desk.world.emulator.fakes().requests().iter().any(dated));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_rises_with_the_request_and_never_falls() {
    let desk = Desk::under(json!({ "routing": { "latency_weight": 0.0 } })).await;
    let asked = async |body: Value| by(&desk.ada.post(CHAT, body).await.expect(200));
    let fast = asked(chat("fast", "echo: short")).await;
    assert!(["openai/gpt-6-luna", "anthropic/claude-haiku-5-5"].contains(&fast.as_str()), "{fast}");
    let mut thinking = chat("fast", "echo: think");
    thinking["reasoning_effort"] = json!("high");
    assert_eq!(asked(thinking.clone()).await, "openai/gpt-6.1-terra", "asked-for reasoning is two points");
    let tool = json!({ "type": "function", "function": { "name": "look", "parameters": { "type": "object", "properties": {} } } });
    thinking["tools"] = json!([tool]);
    thinking["messages"][0]["content"] = json!([
        { "type": "text", "text": "think" },
        { "type": "image_url", "image_url": { "url": "https://example.com/a.png" } },
    ]);
    assert_eq!(asked(thinking).await, "openai/gpt-6.1-sol", "with a function and a picture it is four");
    assert_eq!(asked(chat("best", "echo: short too")).await, "openai/gpt-6.1-sol");

    desk.sets(json!({ "routing": { "raise_tier": false, "latency_weight": 0.0 } })).await;
    let mut thinking = chat("fast", "echo: think again");
    thinking["reasoning_effort"] = json!("high");
    let stays = asked(thinking).await;
    assert!(["openai/gpt-6-luna", "anthropic/claude-haiku-5-5"].contains(&stays.as_str()), "{stays}");
}

#[tokio::test(flavor = "multi_thread")]
async fn allow_lists_of_models_providers_and_regions_refuse_and_steer() {
    let regions = |name: &str, region: &str| (format!("OCTAVO_AI_{name}_REGION"), region.to_owned());
    let variables = vec![regions("ANTHROPIC", "eu"), regions("OPENAI", "us")];
    let desk = Desk::with(Options { variables, ..Options::default() }).await;
    desk.sets(json!({ "models": ["standard", "claude"] })).await;
    let message = refused(ask(&desk.ada, "gpt-4.1", "hi").await, 403, "AI_0003", "model");
    assert!(message.contains("`models` of the policy"), "{message}");
    ask(&desk.ada, "standard", "echo: a").await.expect(200);
    ask(&desk.ada, "claude-opus-5-5", "echo: a").await.expect(200);
    let listed = desk.ada.get("/v1/models").await.expect(200).json();
    let listed: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert!(listed.contains(&"claude-opus-5-5") && listed.contains(&"standard"), "{listed:?}");
    assert!(!listed.contains(&"gpt-4.1"), "what is not allowed is not listed: {listed:?}");

    desk.sets(json!({ "providers": ["azure"] })).await;
    assert_eq!(by(&ask(&desk.ada, "standard", "echo: b").await.expect(200)), "azure/gpt-6.1-terra");
    let message = refused(ask(&desk.ada, "claude-opus-5-5", "hi").await, 403, "AI_0003", "model");
    assert!(message.contains("`providers` of the policy"), "{message}");

    // Azure says nothing of where it is, so that it may be anywhere: it is left out.
    desk.sets(json!({ "regions": ["eu"] })).await;
    assert_eq!(by(&ask(&desk.ada, "standard", "echo: c").await.expect(200)), "anthropic/claude-sonnet-5-5");
    let message = refused(ask(&desk.ada, "gpt-4.1", "hi").await, 403, "AI_0003", "model");
    assert!(message.contains("`regions` of the policy"), "{message}");
    let before = desk.asked_all();
    refused(ask(&desk.ada, "gpt-6.1-terra", "hi").await, 403, "AI_0003", "model");
    assert_eq!(desk.asked_all(), before, "nothing left");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_cannot_do_is_refused_with_its_name() {
    let blind = json!({ "models": [{
        "name": "local-blind", "kind": "chat", "families": ["local"], "capabilities": { "sampling": true },
        "context_tokens": 2_000, "output_tokens_max": 1_000, "price": { "input": "0", "output": "0" }, "providers": ["local"]
    }] });
    let variables = vec![("OCTAVO_AI_CATALOGUE".to_owned(), blind.to_string())];
    let desk = Desk::with(Options { variables, ..Options::default() }).await;
    let mut picture = chat("local-blind", "");
    picture["messages"][0]["content"] = json!([
        { "type": "text", "text": "What is this?" },
        { "type": "image_url", "image_url": { "url": "https://example.com/a.png" } },
    ]);
    let message = refused(desk.ada.post(CHAT, picture).await, 400, "AI_0004", "model");
    assert!(message.contains("images"), "{message}");
    let long = "A sentence of seven words in it. ".repeat(700);
    let message = refused(ask(&desk.ada, "local-blind", &long).await, 400, "context_length_exceeded", "messages");
    assert!(message.contains("2000"), "{message}");
    refused(ask(&desk.ada, "text-embedding-3-small", "hi").await, 400, "AI_0004", "model");
    assert_eq!(desk.asked_all(), 0, "nothing left");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_only_one_form_knows_are_refused_by_name_where_only_the_other_is_allowed() {
    let desk = Desk::under(json!({ "providers": ["anthropic"] })).await;
    let mut body = chat("claude-sonnet-5-5", "echo: hi");
    body["logit_bias"] = json!({ "50256": -100 });
    let message = refused(desk.ada.post(CHAT, body.clone()).await, 400, "AI_0001", "logit_bias");
    assert!(message.contains("logit_bias"), "{message}");
    desk.ada.post(CHAT, chat("claude-sonnet-5-5", "echo: hi")).await.expect(200);

    desk.sets(json!({ "providers": ["openai"] })).await;
    body["model"] = json!("gpt-4.1");
    desk.ada.post(CHAT, body).await.expect(200);
    assert!(desk.last_request().body.unwrap()["logit_bias"].is_object(), "its own form gets it as it was");
    let mut other = message_with_container();
    let answer = desk.ada.post(MESSAGES, other.clone()).await.expect(400).json();
    assert_eq!(answer["type"], "error", "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("container"), "{answer}");
    other["model"] = json!("claude-haiku-4-5");
    desk.sets(json!({})).await;
    desk.ada.post(MESSAGES, other).await.expect(200);
}

fn message_with_container() -> Value {
    let mut body = message("gpt-4.1", "echo: hi");
    body["container"] = json!("container_1");
    body
}

/// Fault 8 of the research page (an unknown model at 0 $ voids every budget): a name is known exactly or not at all, and
/// what has no price is refused where money is counted, and marked where it is let through.
#[tokio::test(flavor = "multi_thread")]
async fn fault_08_an_unknown_model_is_refused_and_an_unpriced_one_under_a_budget_of_money() {
    let unpriced = json!({ "models": [{
        "name": "mystery", "kind": "chat", "families": [], "capabilities": {},
        "context_tokens": 100_000, "output_tokens_max": 1_000, "providers": ["openai"]
    }] });
    let variables = vec![("OCTAVO_AI_CATALOGUE".to_owned(), unpriced.to_string())];
    let desk = Desk::with(Options { variables, ..Options::default() }).await;
    for unknown in ["gpt-4.1-preview", "claude-sonnet-5-5-20261001", "GPT-4.1", "gpt-4.1 "] {
        let message = refused(ask(&desk.ada, unknown, "hi").await, 404, "model_not_found", "model");
        assert!(unknown == "GPT-4.1" || message.contains("is it "), "{message}");
    }
    assert_eq!(desk.asked_all(), 0, "nothing left");
    // Without a budget of money nothing is voided.
    ask(&desk.ada, "mystery", "echo: a").await.expect(200);
    desk.sets(json!({ "budgets": [{ "period": "day", "tokens": 1_000_000 }] })).await;
    ask(&desk.ada, "mystery", "echo: b").await.expect(200);
    desk.sets(json!({ "budgets": [{ "period": "day", "dollars": "5" }] })).await;
    let asked = desk.asked_all();
    refused(ask(&desk.ada, "mystery", "echo: c").await, 403, "AI_0006", "model");
    assert_eq!(desk.asked_all(), asked, "nothing left");
    desk.sets(json!({ "budgets": [{ "period": "day", "dollars": "5" }], "allow_unpriced": true })).await;
    desk.fails("openai", usage(1_000_000, 10));
    ask(&desk.ada, "mystery", "echo: d").await.expect(200);

    let calls = desk.calls(3).await;
    assert!(calls.iter().all(|call| call["cost"].is_null()), "no price is no price, and not 0: {calls:#?}");
    let total = desk.total().await;
    assert_eq!((&total["unpriced"], &total["dollars"], &total["calls"]), (&json!(3), &json!("0"), &json!(3)));
    // A stream is marked like a whole answer.
    desk.ada.post(CHAT, stream("mystery", "echo: e")).await.expect(200);
    assert!(desk.calls(4).await[0]["cost"].is_null());
    assert_eq!(desk.total().await["unpriced"], 4);
}
