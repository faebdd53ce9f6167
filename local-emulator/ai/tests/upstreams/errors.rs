//! Refusals, each in its provider's own shape.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ask::{Asker, whole};

const CHAT: &str = "/openai/v1/chat/completions";
const MESSAGES: &str = "/anthropic/v1/messages";
const DEPLOYMENT: &str = "/azure/openai/deployments/d/chat/completions?api-version=2024-10-21";

fn user(text: &str) -> Value {
    json!([{"role": "user", "content": text}])
}

#[tokio::test]
async fn shapes() {
    let asker = Asker::start().await;
    let no_model = asker.post(CHAT, &json!({"model": "no-such-model", "messages": user("x")}));
    assert_snapshot!("openai_model_not_found", whole(no_model.send().await.unwrap()).await);
    let no_limit = asker.post(MESSAGES, &json!({"model": "m", "messages": user("x")}));
    assert_snapshot!("anthropic_max_tokens_missing", whole(no_limit.send().await.unwrap()).await);
    let request = asker.client.post(format!("{}{DEPLOYMENT}", asker.server.url())).header("api-key", "bad-key");
    assert_snapshot!("azure_bad_key", whole(request.json(&json!({"messages": user("x")})).send().await.unwrap()).await);
}

#[tokio::test]
async fn openai_refuses_as_the_real_one() {
    let asker = Asker::start().await;
    let tool = json!([{"type": "function", "function": {"name": "f", "parameters": {}}}]);
    let cases = [
        (json!({"model": "m"}), 400, "missing_required_parameter", "messages"),
        (json!({"model": "m", "messages": []}), 400, "empty_array", "messages"),
        (json!({"model": "m", "messages": "x"}), 400, "invalid_type", "messages"),
        (
            json!({"model": "m", "messages": [{"role": "owner", "content": "x"}]}),
            400,
            "invalid_value",
            "messages[0].role",
        ),
        (json!({"model": "m", "messages": user("x"), "tenant": 1}), 400, "unknown_parameter", "tenant"),
        (json!({"model": "m", "messages": user("x"), "max_tokens": 0}), 400, "integer_below_min_value", "max_tokens"),
        (
            json!({"model": "m", "messages": user("x"), "temperature": 2.5}),
            400,
            "decimal_above_max_value",
            "temperature",
        ),
        (
            json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,!"}}]}]}),
            400,
            "invalid_base64_image",
            "messages[0].content[0].image_url",
        ),
    ];
    for (body, status, code, param) in cases {
        let (got, answer) = asker.json(CHAT, &body).await;
        assert_eq!(
            (got, &answer["error"]["code"], &answer["error"]["param"]),
            (status, &json!(code), &json!(param)),
            "{body}"
        );
        assert_eq!(answer["error"]["type"], "invalid_request_error");
    }
    for (body, param) in [
        (json!({"model": "m", "messages": user("x"), "stream_options": {"include_usage": true}}), "stream_options"),
        (json!({"model": "m", "messages": user("x"), "response_format": {"type": "json_object"}}), "messages"),
        (json!({"model": "m", "messages": user("x"), "tool_choice": "auto"}), "tool_choice"),
        (
            json!({"model": "m", "messages": user("x"), "tools": tool, "tool_choice": {"type": "function", "function": {"name": "g"}}}),
            "tool_choice",
        ),
        (
            json!({"model": "m", "messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}),
            "messages.[0].role",
        ),
        (
            json!({"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": "a", "function": {}}]}, {"role": "user", "content": "x"}]}),
            "messages.[0].role",
        ),
    ] {
        let (got, answer) = asker.json(CHAT, &body).await;
        assert_eq!((got, &answer["error"]["param"]), (400, &json!(param)), "{body}: {answer}");
    }
    // A compatible provider has fields of its own.
    let body = json!({"model": "m", "messages": user("echo: x"), "tenant": 1});
    assert_eq!(asker.json("/compatible/groq/v1/chat/completions", &body).await.0, 200);
}

#[tokio::test]
async fn anthropic_refuses_as_the_real_one() {
    let asker = Asker::start().await;
    let base = || json!({"model": "m", "max_tokens": 9, "messages": user("x")});
    let with = |name: &str, value: Value| {
        let mut body = base();
        body[name] = value;
        body
    };
    let tool = json!([{"name": "f", "input_schema": {"type": "object"}}]);
    let mut other_tool = with("tools", tool);
    other_tool["tool_choice"] = json!({"type": "tool", "name": "g"});
    for (body, message) in [
        (with("messages", json!([])), "messages: at least one message is required"),
        (with("max_tokens", json!(0)), "max_tokens: Input should be greater than or equal to 1"),
        (with("tenant", json!(1)), "tenant: Extra inputs are not permitted"),
        (
            with("messages", json!([{"role": "tool", "content": "x"}])),
            "messages.0.role: Input should be 'user' or 'assistant'",
        ),
        (
            with("thinking", json!({"type": "enabled", "budget_tokens": 2_000})),
            "`max_tokens` must be greater than `thinking.budget_tokens`.",
        ),
        (
            with("tool_choice", json!({"type": "any"})),
            "tool_choice: tool_choice may only be specified while providing tools",
        ),
        (other_tool, "Tool 'g' not found in provided tools"),
        (
            with(
                "messages",
                json!([{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "!"}}]}]),
            ),
            "messages.0.content.0.image.source.base64: invalid base64 data",
        ),
    ] {
        let (status, answer) = asker.json(MESSAGES, &body).await;
        assert_eq!((status, &answer["error"]["message"]), (400, &json!(message)), "{body}");
        assert_eq!((&answer["type"], &answer["error"]["type"]), (&json!("error"), &json!("invalid_request_error")));
        assert!(answer["request_id"].as_str().unwrap().starts_with("req_"));
    }
    let (status, answer) = asker.json(MESSAGES, &with("model", json!("no-such-model"))).await;
    assert_eq!(
        (status, &answer["error"]),
        (404, &json!({"type": "not_found_error", "message": "model: no-such-model"}))
    );
}

#[tokio::test]
async fn the_new_anthropic_version_refuses_sampling_and_the_old_takes_it() {
    let asker = Asker::start().await;
    let url = format!("{}/v1/messages", asker.server.anthropic_url());
    let body = json!({"model": "m", "max_tokens": 9, "temperature": 1.0, "messages": user("echo: x")});
    let ask = |version: Option<&str>| {
        let request = asker.client.post(&url).bearer_auth("key").json(&body);
        let request = version.map_or_else(
            || asker.client.post(&url).bearer_auth("key").json(&body),
            |version| request.header("anthropic-version", version),
        );
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(ask(Some("2023-06-01")).await, 200);
    assert_eq!(ask(Some("2026-10-21")).await, 400);
    assert_eq!(ask(Some("2020-01-01")).await, 400);
    assert_eq!(ask(None).await, 400);
}

#[tokio::test]
async fn keys_paths_and_methods() {
    let asker = Asker::start().await;
    let url = asker.server.url();
    let body = json!({"model": "m", "max_tokens": 9, "messages": user("echo: x")});
    let send = |request: reqwest::RequestBuilder| async move {
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, answer) = send(asker.client.post(format!("{url}{CHAT}")).json(&body)).await;
    assert_eq!((status, &answer["error"]["code"]), (401, &Value::Null));
    let (status, answer) = send(asker.client.post(format!("{url}{CHAT}")).bearer_auth("bad").json(&body)).await;
    assert_eq!((status, &answer["error"]["code"]), (401, &json!("invalid_api_key")));
    let request = asker.client.post(format!("{url}{MESSAGES}")).header("x-api-key", "bad").json(&body);
    let (status, answer) = send(request).await;
    assert_eq!((status, &answer["error"]["type"]), (401, &json!("authentication_error")));
    let no_version = format!("{url}/azure/openai/deployments/d/chat/completions");
    let (status, answer) = send(asker.client.post(no_version).header("api-key", "k").json(&body)).await;
    assert_eq!((status, answer), (404, json!({"error": {"code": "404", "message": "Resource not found"}})));
    let no_deployment = format!("{url}/azure/openai/deployments/no-such-one/chat/completions?api-version=2024-10-21");
    let (status, answer) = send(asker.client.post(no_deployment).header("api-key", "k").json(&body)).await;
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("DeploymentNotFound")));
    let (status, answer) =
        send(asker.client.post(format!("{url}/openai/v1/nothing")).bearer_auth("k").json(&body)).await;
    assert_eq!((status, &answer["error"]["message"]), (404, &json!("Invalid URL (POST /v1/nothing)")));
    let (status, answer) = send(asker.client.get(format!("{url}{CHAT}")).bearer_auth("k")).await;
    assert_eq!((status, &answer["error"]["code"]), (405, &json!("method_not_supported")));
    let (status, _) = send(asker.client.post(format!("{url}{CHAT}")).bearer_auth("k").body("{nonsense")).await;
    assert_eq!(status, 400);
}
