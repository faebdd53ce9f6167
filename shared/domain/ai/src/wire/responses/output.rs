//! Items of an answer, and the `response` object around them.

use super::thought;
use crate::wire::AnswerContext;
use crate::{Finish, Usage};
use serde_json::{Map, Value, json};

/// An item of `output`, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// Texts and refusals.
    Message(Vec<Content>),
    /// A call of a function.
    Call { call_id: String, name: String, arguments: String },
    /// A thought.
    Reasoning(Thought),
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    pub(super) is_refusal: bool,
    pub(super) text: String,
}

/// A thought.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Thought {
    pub(super) text: String,
    /// Whether the text is shown.
    pub(super) is_shown: bool,
    pub(super) signature: Option<String>,
    pub(super) redacted: Option<String>,
}

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
        }
    }
}

impl Content {
    /// `output_text` or `refusal`.
    pub(super) fn to_json(&self) -> Value {
        if self.is_refusal {
            json!({"type": "refusal", "refusal": self.text})
        } else {
            json!({"type": "output_text", "text": self.text, "annotations": [], "logprobs": []})
        }
    }
}

impl Item {
    /// Its id: of the answer's id and its place in the output.
    pub(super) fn id(&self, answer_id: &str, index: usize) -> String {
        let kind = match self {
            Self::Message(_) => "msg",
            Self::Call { .. } => "fc",
            Self::Reasoning(_) => "rs",
        };
        format!("{kind}_{}_{index}", answer_id.strip_prefix("resp_").unwrap_or(answer_id))
    }

    /// As it stands in `output`.
    pub(super) fn to_json(&self, id: &str, status: Status) -> Value {
        let state = status.as_str();
        match self {
            Self::Message(content) => {
                let content = content.iter().map(Content::to_json).collect::<Vec<_>>();
                json!({"id": id, "type": "message", "status": state, "role": "assistant", "content": content})
            }
            Self::Call { call_id, name, arguments } => json!({"id": id, "type": "function_call", "status": state,
                "call_id": call_id, "name": name, "arguments": arguments}),
            Self::Reasoning(thought) => {
                let is_shown = thought.is_shown && !thought.text.is_empty();
                let summary = is_shown.then(|| summary_text(&thought.text));
                let mut item = json!({"id": id, "type": "reasoning", "summary": Vec::from_iter(summary)});
                let opaque = match (&thought.signature, &thought.redacted) {
                    (Some(signature), _) => Some(thought::pack_signed(&thought.text, signature)),
                    (None, data) => data.as_deref().map(thought::pack_redacted),
                };
                if let (Some(opaque), Some(members)) = (opaque, item.as_object_mut()) {
                    members.insert("encrypted_content".to_owned(), opaque.into());
                }
                item
            }
        }
    }
}

/// A piece of a thought's summary.
pub(super) fn summary_text(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

/// How the whole ended: its status, and why it is incomplete. A model that declined in words has completed.
pub(super) fn ending(finish: Option<Finish>, has_refusal: bool) -> (Status, Option<&'static str>) {
    match finish {
        Some(Finish::Stop | Finish::StopSequence | Finish::ToolCalls) => (Status::Completed, None),
        Some(Finish::Refusal) if has_refusal => (Status::Completed, None),
        Some(Finish::ContentFilter | Finish::Refusal) => (Status::Incomplete, Some("content_filter")),
        Some(Finish::Length | Finish::ContextExceeded | Finish::Pause) | None => {
            (Status::Incomplete, Some("max_output_tokens"))
        }
    }
}

/// The first members of a `response`; the others are the request's, repeated ([`super::Echo`]).
pub(super) fn response(
    context: &AnswerContext,
    status: &str,
    why_incomplete: Option<&str>,
    output: Vec<Value>,
    usage: Option<&Usage>,
) -> Map<String, Value> {
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    set("id", context.id.as_str().into());
    set("object", "response".into());
    set("created_at", context.created.into());
    set("status", status.into());
    set("error", Value::Null);
    set("incomplete_details", why_incomplete.map_or(Value::Null, |reason| json!({"reason": reason})));
    set("model", context.model.as_str().into());
    set("output", output.into());
    set("usage", usage.map_or(Value::Null, usage_json));
    members
}

/// `status` of a whole response.
pub(super) fn status_of_response(status: Status) -> &'static str {
    status.as_str()
}

fn usage_json(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total(),
    })
}
