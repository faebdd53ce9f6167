//! The answer of `POST /responses` as a stream: typed events, numbered from 0.

use bytes::Bytes;
use serde_json::{Value, json};

use super::responses::{begun, call_item, finished, message_item, reasoning_item, status, text_part};
use crate::answer::{Answer, Content, Finish, ToolCall};
use crate::app::Call;
use crate::prompt::Prompt;
use crate::reply::{Events, Usage};
use crate::tokens;

pub(super) fn events(call: &Call<'_>, body: &Value, prompt: &Prompt, answer: &Answer, usage: Usage) -> Vec<Bytes> {
    let mut numbered = Numbered::default();
    let start = begun(call, body, prompt);
    numbered.event("response.created", json!({"response": start}));
    numbered.event("response.in_progress", json!({"response": start}));
    let mut index = 0;
    if !answer.reasoning.is_empty() {
        let item = reasoning_item(call);
        numbered.event("response.output_item.added", json!({"output_index": index, "item": item}));
        numbered.event("response.output_item.done", json!({"output_index": index, "item": item}));
        index += 1;
    }
    match &answer.content {
        Content::Text(text) if text.is_empty() => {}
        Content::Text(text) => text_events(&mut numbered, call, answer, index, text),
        Content::Calls(calls) => {
            for (number, tool) in calls.iter().enumerate() {
                call_events(&mut numbered, call, index + number, number, tool);
            }
        }
    }
    let last = if answer.finish == Finish::Length { "response.incomplete" } else { "response.completed" };
    numbered.event(last, json!({"response": finished(call, body, prompt, answer, usage)}));
    numbered.events.finish()
}

fn text_events(numbered: &mut Numbered, call: &Call<'_>, answer: &Answer, index: usize, text: &str) {
    let item = message_item(call, index, "in_progress", &[]);
    let id = item["id"].clone();
    numbered.event("response.output_item.added", json!({"output_index": index, "item": item}));
    let part = |text: &str| json!({"item_id": id, "output_index": index, "content_index": 0, "part": text_part(text)});
    numbered.event("response.content_part.added", part(""));
    for piece in tokens::pieces(text) {
        let delta = json!({"item_id": id, "output_index": index, "content_index": 0, "delta": piece, "logprobs": []});
        numbered.event("response.output_text.delta", delta);
    }
    let done = json!({"item_id": id, "output_index": index, "content_index": 0, "text": text, "logprobs": []});
    numbered.event("response.output_text.done", done);
    numbered.event("response.content_part.done", part(text));
    let item = message_item(call, index, status(answer), &[text_part(text)]);
    numbered.event("response.output_item.done", json!({"output_index": index, "item": item}));
}

fn call_events(numbered: &mut Numbered, call: &Call<'_>, index: usize, number: usize, tool: &ToolCall) {
    let item = call_item(call, index, number, tool, "in_progress", "");
    let id = item["id"].clone();
    numbered.event("response.output_item.added", json!({"output_index": index, "item": item}));
    for piece in tokens::pieces(&tool.arguments) {
        let delta = json!({"item_id": id, "output_index": index, "delta": piece});
        numbered.event("response.function_call_arguments.delta", delta);
    }
    let done = json!({"item_id": id, "output_index": index, "name": tool.name, "arguments": tool.arguments});
    numbered.event("response.function_call_arguments.done", done);
    let item = call_item(call, index, number, tool, "completed", &tool.arguments);
    numbered.event("response.output_item.done", json!({"output_index": index, "item": item}));
}

#[derive(Default)]
struct Numbered {
    events: Events,
    next: usize,
}

impl Numbered {
    /// The fields, after the event's type and number.
    fn event(&mut self, kind: &str, fields: Value) {
        let mut event = json!({"type": kind, "sequence_number": self.next});
        if let (Some(event), Value::Object(fields)) = (event.as_object_mut(), fields) {
            event.extend(fields);
        }
        self.events.named(kind, &event);
        self.next += 1;
    }
}
