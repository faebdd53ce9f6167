//! Each answer and each stream, to the letter.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ask::{Asker, whole};

const CHAT: &str = "/openai/v1/chat/completions";
const MESSAGES: &str = "/anthropic/v1/messages";
const RESPONSES: &str = "/openai/v1/responses";
const DEPLOYMENT: &str = "/azure/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";

async fn answer(path: &str, body: Value) -> String {
    let asker = Asker::start().await;
    whole(asker.post(path, &body).send().await.unwrap()).await
}

fn weather(parameters: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    match parameters {
        "chat" => json!([{"type": "function", "function": {
            "name": "get_weather", "description": "Weather of a city", "parameters": schema}}]),
        "responses" => {
            json!([{"type": "function", "name": "get_weather", "description": "Weather of a city", "parameters": schema}])
        }
        _ => json!([{"name": "get_weather", "description": "Weather of a city", "input_schema": schema}]),
    }
}

#[tokio::test]
async fn openai_chat() {
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "echo: Hello there."}]});
    assert_snapshot!(answer(CHAT, body).await);
}

#[tokio::test]
async fn openai_chat_stream() {
    let body = json!({"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "count to 2"}]});
    assert_snapshot!(answer(CHAT, body).await);
}

#[tokio::test]
async fn openai_chat_stream_with_usage() {
    let body = json!({
        "model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true}, "max_completion_tokens": 2,
        "messages": [{"role": "user", "content": "count to 9"}]
    });
    assert_snapshot!(answer(CHAT, body).await);
}

#[tokio::test]
async fn openai_chat_tools() {
    let question = json!([{"role": "user", "content": "How is the weather in Paris and Rome?"}]);
    let body = json!({"model": "gpt-4o", "messages": question, "tools": weather("chat")});
    assert_snapshot!("openai_chat_tools", answer(CHAT, body.clone()).await);
    let mut body = body;
    body["stream"] = true.into();
    assert_snapshot!("openai_chat_tools_stream", answer(CHAT, body).await);
}

#[tokio::test]
async fn openai_responses() {
    let body =
        json!({"model": "gpt-4o", "instructions": "Be brief.", "input": "echo: Hello", "reasoning": {"effort": "low"}});
    assert_snapshot!("openai_responses", answer(RESPONSES, body.clone()).await);
    let mut body = body;
    body["stream"] = true.into();
    assert_snapshot!("openai_responses_stream", answer(RESPONSES, body).await);
}

#[tokio::test]
async fn openai_responses_tools_stream() {
    let body =
        json!({"model": "gpt-4o", "input": "The weather in Oslo?", "tools": weather("responses"), "stream": true});
    assert_snapshot!(answer(RESPONSES, body).await);
}

#[tokio::test]
async fn openai_responses_incomplete_stream() {
    let body = json!({"model": "gpt-4o", "input": "repeat 100 words", "max_output_tokens": 16, "stream": true});
    let text = answer(RESPONSES, body).await;
    let last = text.trim_end().rsplit("data: ").next().unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["status"], "incomplete");
    assert_eq!(last["response"]["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(last["response"]["usage"]["output_tokens"], 16);
}

#[tokio::test]
async fn openai_embeddings_and_models() {
    let body = json!({"model": "text-embedding-3-small", "input": ["cats", "dogs and cats"], "dimensions": 4});
    assert_snapshot!("openai_embeddings", answer("/openai/v1/embeddings", body).await);
    let asker = Asker::start().await;
    let models =
        asker.client.get(format!("{}/models", asker.server.openai_url())).bearer_auth("key").send().await.unwrap();
    assert_snapshot!("openai_models", whole(models).await);
}

#[tokio::test]
async fn anthropic_messages() {
    let body = json!({
        "model": "claude-haiku-5-5", "max_tokens": 100, "system": "Be brief.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "echo: Hello there."}]}]
    });
    assert_snapshot!("anthropic_messages", answer(MESSAGES, body.clone()).await);
    let mut body = body;
    body["stream"] = true.into();
    assert_snapshot!("anthropic_messages_stream", answer(MESSAGES, body).await);
}

#[tokio::test]
async fn anthropic_thinking_and_stop_sequence() {
    let body = json!({
        "model": "claude-opus-5-5", "max_tokens": 2_000, "thinking": {"type": "enabled", "budget_tokens": 1_024},
        "output_config": {"effort": "low"}, "stop_sequences": [" 3"], "messages": [{"role": "user", "content": "count to 5"}]
    });
    assert_snapshot!("anthropic_thinking", answer(MESSAGES, body.clone()).await);
    let mut body = body;
    body["stream"] = true.into();
    assert_snapshot!("anthropic_thinking_stream", answer(MESSAGES, body).await);
}

#[tokio::test]
async fn anthropic_tools() {
    let question = json!([{"role": "user", "content": "How is the weather in Paris and Rome?"}]);
    let body =
        json!({"model": "claude-haiku-5-5", "max_tokens": 100, "messages": question, "tools": weather("anthropic")});
    assert_snapshot!("anthropic_tools", answer(MESSAGES, body.clone()).await);
    let mut body = body;
    body["stream"] = true.into();
    assert_snapshot!("anthropic_tools_stream", answer(MESSAGES, body).await);
}

#[tokio::test]
async fn anthropic_models() {
    let asker = Asker::start().await;
    let request =
        asker.client.get(format!("{}/v1/models?limit=2&after_id=claude-opus-5-5", asker.server.anthropic_url()));
    let models = request.bearer_auth("key").header("anthropic-version", "2026-10-21").send().await.unwrap();
    assert_snapshot!(whole(models).await);
}

#[tokio::test]
async fn azure_chat() {
    let body = json!({"messages": [{"role": "user", "content": "echo: Hello"}]});
    assert_snapshot!("azure_chat", answer(DEPLOYMENT, body.clone()).await);
    let mut body = body;
    body["stream"] = true.into();
    assert_snapshot!("azure_chat_stream", answer(DEPLOYMENT, body).await);
}

#[tokio::test]
async fn azure_without_a_deployment_names_its_model() {
    let asker = Asker::start().await;
    let body = json!({"model": "gpt-4.1", "messages": [{"role": "user", "content": "echo: Hello"}]});
    let (status, answer) = asker.json("/azure/openai/v1/chat/completions", &body).await;
    assert_eq!((status, &answer["model"]), (200, &json!("gpt-4.1")));
    assert!(answer["prompt_filter_results"].is_array());
}

#[tokio::test]
async fn several_choices_are_streamed_side_by_side() {
    let asker = Asker::start().await;
    let body = json!({"model": "m", "n": 2, "stream": true, "messages": [{"role": "user", "content": "echo: hi"}]});
    let text = asker.text(CHAT, &body).await;
    let indices: Vec<i64> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter_map(|chunk| chunk["choices"][0]["index"].as_i64())
        .collect();
    assert_eq!(indices, [0, 1, 0, 1, 0, 1]);
}
