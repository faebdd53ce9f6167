//! What answers cost can be foreseen.

use local_emulator_ai::{count_call, count_chat, count_tokens, count_tool, image_tokens};
use serde_json::{Value, json};

use crate::ask::Asker;

const CHAT: &str = "/openai/v1/chat/completions";
const MESSAGES: &str = "/anthropic/v1/messages";

#[tokio::test]
async fn a_plain_chat_costs_its_texts_and_the_overhead() {
    let asker = Asker::start().await;
    let input = count_chat(&["Be brief.", "count to 20"]);
    let output = count_tokens("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
    let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "count to 20"}]);
    let (_, answer) = asker.json(CHAT, &json!({"model": "m", "messages": messages})).await;
    let usage = &answer["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(input), &json!(output)));
    assert_eq!(usage["total_tokens"], json!(input + output));
    let body = json!({"model": "m", "max_tokens": 99, "system": "Be brief.", "messages": [{"role": "user", "content": "count to 20"}]});
    let (_, answer) = asker.json(MESSAGES, &body).await;
    let usage = &answer["usage"];
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(input), &json!(output)));
    let body = json!({"model": "m", "system": "Be brief.", "messages": [{"role": "user", "content": "count to 20"}]});
    let (_, counted) = asker.json("/anthropic/v1/messages/count_tokens", &body).await;
    assert_eq!(counted, json!({"input_tokens": input}));
    let body = json!({"model": "m", "instructions": "Be brief.", "input": "count to 20"});
    let (_, answer) = asker.json("/openai/v1/responses", &body).await;
    assert_eq!(answer["usage"]["input_tokens"], json!(input));
}

#[tokio::test]
async fn tools_calls_and_images_have_their_price() {
    let asker = Asker::start().await;
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tool =
        json!({"type": "function", "function": {"name": "weather", "description": "Weather", "parameters": schema}});
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "The weather in Oslo"}], "tools": [tool]});
    let (_, answer) = asker.json(CHAT, &body).await;
    let input = count_chat(&["The weather in Oslo"]) + count_tool("weather", "Weather", &schema);
    assert_eq!(answer["usage"]["prompt_tokens"], json!(input));
    assert_eq!(answer["usage"]["completion_tokens"], json!(count_call("weather", r#"{"city":"Oslo"}"#)));
    assert_eq!(image_tokens(4, 4), 1);
    assert_eq!(image_tokens(1_000, 750), 1_000);
}

#[tokio::test]
async fn reasoning_is_part_of_the_output() {
    let asker = Asker::start().await;
    let messages = json!([{"role": "user", "content": "echo: hello"}]);
    let (_, answer) = asker.json(CHAT, &json!({"model": "m", "messages": messages, "reasoning_effort": "high"})).await;
    let reasoning = answer["usage"]["completion_tokens_details"]["reasoning_tokens"].as_u64().unwrap();
    assert!(reasoning > 10);
    assert_eq!(answer["usage"]["completion_tokens"], json!(reasoning + 1));
    let body = json!({"model": "m", "messages": messages, "reasoning_effort": "high", "max_completion_tokens": 5});
    let (_, answer) = asker.json(CHAT, &body).await;
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["usage"]["completion_tokens"], 5);
}

#[tokio::test]
async fn a_prefix_seen_before_is_cached_inclusively_and_exclusively() {
    let asker = Asker::start().await;
    let long = format!("echo: {}", "word ".repeat(1_500));
    let messages = json!([{"role": "user", "content": long}]);
    let body = json!({"model": "m", "messages": messages});
    let first = asker.json(CHAT, &body).await.1["usage"].clone();
    let second = asker.json(CHAT, &body).await.1["usage"].clone();
    assert_eq!(first["prompt_tokens"], second["prompt_tokens"]);
    let cached = |usage: &Value| usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap();
    assert_eq!((cached(&first), cached(&second)), (0, 1_408));

    let content = json!([{"type": "text", "text": long, "cache_control": {"type": "ephemeral"}}]);
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}]});
    let first = asker.json(MESSAGES, &body).await.1["usage"].clone();
    let second = asker.json(MESSAGES, &body).await.1["usage"].clone();
    let parts = |usage: &Value| {
        let part = |name: &str| usage[name].as_u64().unwrap();
        (part("input_tokens"), part("cache_creation_input_tokens"), part("cache_read_input_tokens"))
    };
    let total = count_chat(&[&long]) as u64;
    assert_eq!(parts(&first), (total - 1_408, 1_408, 0));
    assert_eq!(parts(&second), (total - 1_408, 0, 1_408));
}

#[tokio::test]
async fn embeddings_are_near_for_similar_texts_and_the_same_in_base64() {
    let asker = Asker::start().await;
    let embed = |extra: Value| {
        let mut body = json!({"model": "text-embedding-3-large", "input": "thirty days"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let path = "/openai/v1/embeddings";
    let (_, float) = asker.json(path, &embed(json!({}))).await;
    let (_, base64) = asker.json(path, &embed(json!({"encoding_format": "base64"}))).await;
    let float: Vec<f32> = serde_json::from_value(float["data"][0]["embedding"].clone()).unwrap();
    assert_eq!(float.len(), 3_072);
    use base64::Engine as _;
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(base64["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let decoded: Vec<f32> = bytes.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
    assert_eq!(float, decoded);
    assert_eq!(
        base64["usage"],
        json!({"prompt_tokens": count_tokens("thirty days"), "total_tokens": count_tokens("thirty days")})
    );
    // The same text as tokens of o200k_base: " days" and "thirty" as the SDKs of some frameworks send them.
    let (status, _) = asker.json(path, &embed(json!({"input": [[1, 2], [3]]}))).await;
    assert_eq!(status, 200);
}
