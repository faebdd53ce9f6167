//! Requests in, whole answers out.

use super::{Echo, decode_request, encode_answer};
use crate::wire::{AnswerContext, Decoded};
use crate::{Answer, Effort, Finish, Message, Part, Reasoning, ResponseFormat, Role, ToolChoice, Usage};
use serde_json::{Value, json};

fn decode(body: &Value) -> Result<Decoded, Vec<String>> {
    decode_request(body.as_object().unwrap())
        .map_err(|faults| faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect())
}

fn context(show_reasoning: bool) -> AnswerContext {
    AnswerContext {
        id: "resp_0199".to_owned(),
        model: "claude-sonnet-5-5".to_owned(),
        created: 1_790_000_000,
        stream_usage: false,
        show_reasoning,
    }
}

fn echo(body: &Value) -> Echo {
    Echo::new(body.as_object().unwrap())
}

#[test]
fn a_text_is_a_request() {
    let decoded = decode(&json!({"model": "fast", "input": "Hi", "instructions": "Be brief.", "max_output_tokens": 50,
        "stream": true, "store": true, "include": ["reasoning.encrypted_content"], "temperature": 0.2, "user": "u"}));
    let Decoded { model, prompt, native_only } = decoded.unwrap();
    assert_eq!((model.as_str(), native_only.len()), ("fast", 0));
    assert_eq!(prompt.system, [Part::text("Be brief.")]);
    assert_eq!(prompt.messages, [Message { role: Role::User, content: vec![Part::text("Hi")] }]);
    assert_eq!((prompt.max_tokens, prompt.temperature, prompt.stream), (Some(50), Some(0.2), true));
    assert_eq!(prompt.end_user.as_deref(), Some("u"));
}

#[test]
fn items_become_turns() {
    let call = |id: &str| json!({"type": "function_call", "id": "fc_1", "call_id": id, "name": "f", "arguments": "{}", "status": "completed"});
    let decoded = decode(&json!({
        "model": "m",
        "input": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": null},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "Let me see.", "annotations": []}]},
            call("a"), call("b"),
            {"type": "function_call_output", "call_id": "a", "output": "1"},
            {"type": "function_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "2"}]}],
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": true}],
        "tool_choice": {"type": "function", "name": "f"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}},
        "reasoning": {"effort": "high", "summary": "auto"}
    }));
    let prompt = decoded.unwrap().prompt;
    assert_eq!(prompt.tool_choice, Some(ToolChoice::Named("f".to_owned())));
    assert!(matches!(&prompt.format, ResponseFormat::JsonSchema { name, strict: Some(true), .. } if name == "n"));
    let reasoning = Reasoning { effort: Some(Effort::High), budget_tokens: None, visible: true };
    assert_eq!(prompt.reasoning, Some(reasoning));
    assert_eq!(prompt.tools[0].strict, Some(true));
    insta::assert_debug_snapshot!((prompt.system, prompt.messages));
}

#[test]
fn what_is_wrong_or_cannot_be_done_here_is_named() {
    let faults = decode(&json!({
        "input": [
            {"type": "item_reference", "id": "msg_1"}, {"type": "web_search_call", "id": "ws_1"}, {"role": "robot"},
            {"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}, {"type": "input_audio"}]},
            {"role": "user", "content": [{"type": "input_image", "image_url": ""}, {"type": "input_file"}]},
            {"type": "function_call_output", "call_id": "a"}],
        "previous_response_id": "resp_1", "conversation": "conv_1", "prompt": {"id": "p"}, "background": true,
        "tools": [{"type": "web_search"}], "tool_choice": {"type": "file_search"}, "truncation": "auto",
        "text": {"format": {"type": "grammar"}}
    }));
    insta::assert_snapshot!(faults.unwrap_err().join("\n"));
    assert_eq!(decode(&json!({"model": "m", "input": []})).unwrap_err().len(), 1);
}

fn answer() -> Answer {
    Answer {
        id: "msg_1".to_owned(),
        content: vec![
            Part::Reasoning { text: "Two cities.".to_owned(), signature: Some("s".to_owned()) },
            Part::RedactedReasoning { data: "r".to_owned() },
            Part::text("Looking "),
            Part::text("it up."),
            Part::ToolCall { id: "toolu_1".to_owned(), name: "f".to_owned(), arguments: "{}".to_owned() },
        ],
        finish: Some(Finish::ToolCalls),
        usage: Some(Usage { input: 20, cached: 8, cache_write: 2, output: 9, reasoning: 3 }),
        ..Answer::default()
    }
}

#[test]
fn an_answer_is_sent_in_this_form() {
    let body = json!({"model": "m", "input": "long", "instructions": "Be brief.", "tools": [{"type": "function", "name": "f"}],
        "tool_choice": "required", "metadata": {"a": "b"}, "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}});
    insta::assert_json_snapshot!(encode_answer(&answer(), &context(true), &echo(&body)));
}

/// What was answered and is sent back as input is what the model said, with its signed and its sealed thoughts, also
/// where they were not shown.
#[test]
fn an_answer_sent_back_is_the_models_turn() {
    for show_reasoning in [true, false] {
        let sent = encode_answer(&answer(), &context(show_reasoning), &echo(&json!({})));
        let input = sent["output"].clone();
        let prompt = decode(&json!({"model": "m", "input": input})).unwrap().prompt;
        assert_eq!(prompt.messages, [Message { role: Role::Assistant, content: answer().content }]);
        let shown = sent["output"][0]["summary"].as_array().map_or(0, Vec::len);
        assert_eq!(shown, usize::from(show_reasoning));
    }
}

#[test]
fn an_answer_that_is_cut_off_says_why() {
    let ends = |finish, content| {
        let answer = Answer { finish: Some(finish), content, ..Answer::default() };
        let sent = encode_answer(&answer, &context(false), &echo(&json!({})));
        let item = sent["output"][0]["status"].clone();
        (sent["status"].clone(), sent["incomplete_details"]["reason"].clone(), item)
    };
    let text = || vec![Part::text("a")];
    let incomplete = || Value::from("incomplete");
    assert_eq!(ends(Finish::Length, text()), (incomplete(), "max_output_tokens".into(), incomplete()));
    assert_eq!(ends(Finish::ContentFilter, text()), (incomplete(), "content_filter".into(), incomplete()));
    let refused = vec![Part::Refusal { text: "No.".to_owned() }];
    assert_eq!(ends(Finish::Refusal, refused), ("completed".into(), Value::Null, "completed".into()));
}
