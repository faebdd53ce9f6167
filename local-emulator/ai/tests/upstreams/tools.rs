//! Tools, images, JSON and sources, through each wire format.

use serde_json::{Value, json};

use crate::ask::Asker;

/// Four by four pixels, as far as the header says.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGP8z4AATAxEcQAz0QEHOoQ+uAAAAABJRU5ErkJggg==";

const CHAT: &str = "/openai/v1/chat/completions";
const MESSAGES: &str = "/anthropic/v1/messages";

async fn chat(body: Value) -> Value {
    let mut body = body;
    body["model"] = "gpt-4o".into();
    let (status, answer) = Asker::start().await.json(CHAT, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer["choices"][0]["message"].clone()
}

async fn messages(body: Value) -> Value {
    let mut body = body;
    body["model"] = "claude-haiku-5-5".into();
    body["max_tokens"] = 500.into();
    let (status, answer) = Asker::start().await.json(MESSAGES, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer["content"].clone()
}

#[tokio::test]
async fn results_of_parallel_calls_are_told_together() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let answer = chat(json!({"messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": null, "tool_calls": [call("a"), call("b")]},
        {"role": "tool", "tool_call_id": "b", "content": "two"}, {"role": "tool", "tool_call_id": "a", "content": "one"}
    ]}))
    .await;
    assert_eq!(answer["content"], "The tools answered: two; one");
    let answer = messages(json!({"messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "19"}]}]}
    ]}))
    .await;
    assert_eq!(answer[0]["text"], "The tool answered: 19");
}

#[tokio::test]
async fn a_named_tool_is_called_whatever_is_asked() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}});
    let answer = chat(json!({
        "messages": [{"role": "user", "content": "hello"}], "tools": [tool("one"), tool("two")],
        "tool_choice": {"type": "function", "function": {"name": "two"}}
    }))
    .await;
    assert_eq!(answer["tool_calls"][0]["function"], json!({"name": "two", "arguments": "{}"}));
    assert_eq!(answer["content"], Value::Null);
    let tool = json!({"name": "one", "input_schema": {"type": "object"}});
    let answer = messages(json!({
        "messages": [{"role": "user", "content": "hello"}], "tools": [tool], "tool_choice": {"type": "any"}
    }))
    .await;
    assert_eq!(answer[0]["input"], json!({}));
}

#[tokio::test]
async fn images_are_measured() {
    let url = format!("data:image/png;base64,{PNG}");
    let answer = chat(json!({"messages": [{"role": "user", "content": [
        {"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    ]}]}))
    .await;
    assert_eq!(answer["content"], "The image is 4 by 4 pixels. The image is at https://example.com/cat.png.");
    let answer = messages(json!({"messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    ]}]}))
    .await;
    assert_eq!(answer[0]["text"], "The image is 4 by 4 pixels.");
}

#[tokio::test]
async fn json_satisfies_its_schema() {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["title", "count", "mood", "sections"],
        "properties": {
            "title": {"type": "string"}, "count": {"type": "integer"}, "mood": {"enum": ["calm", "angry"]},
            "sections": {"type": "array", "minItems": 2, "items": {"type": "object", "required": ["heading"],
                "properties": {"heading": {"type": "string"}}}}
        }
    });
    let question = "Write an angry outline of 7 sections about tea. [1] Tea is a drink. Tea is hot.";
    let check = |text: &Value| {
        let filled: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
        assert_eq!((&filled["count"], &filled["mood"]), (&json!(7), &json!("angry")), "{filled}");
        assert_eq!(filled["sections"].as_array().unwrap().len(), 7);
        assert!(filled["title"].is_string() && filled["sections"][6]["heading"].is_string());
    };
    let format = json!({"type": "json_schema", "json_schema": {"name": "outline", "schema": schema}});
    check(
        &chat(json!({"messages": [{"role": "user", "content": question}], "response_format": format})).await["content"],
    );
    let format = json!({"format": {"type": "json_schema", "schema": schema}});
    check(
        &messages(json!({"messages": [{"role": "user", "content": question}], "output_config": format})).await[0]["text"],
    );
    let asker = Asker::start().await;
    let text = json!({"format": {"type": "json_schema", "name": "outline", "schema": schema}});
    let (_, answer) = asker.json("/openai/v1/responses", &json!({"model": "m", "input": question, "text": text})).await;
    check(&answer["output"][0]["content"][0]["text"]);
}

#[tokio::test]
async fn sentences_keep_their_sources() {
    let system = "Answer only from the sources and cite them.\n<documents><document index=\"3\"><document_content>The refund \
                  period is 30 days.</document_content></document><document index=\"4\">Cats sleep.</document></documents>";
    let body = json!({"system": system, "messages": [{"role": "user", "content": "How long is the refund period?"}]});
    let answer = messages(body).await;
    let text = answer[0]["text"].as_str().unwrap();
    assert!(text.contains("The refund period is 30 days. [3]"), "{text}");
    assert!(!text.contains("cite them"), "{text}");
}
