//! What the forms share.

use crate::Prompt;
use bytes::Bytes;
use octavo_domain_kernel::FieldFault;
use serde_json::{Map, Value};
use std::time::Duration;

/// A wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI Chat Completions: `POST /v1/chat/completions`.
    Chat,
    /// OpenAI Responses: `POST /v1/responses`.
    Responses,
    /// Anthropic Messages: `POST /v1/messages`.
    Messages,
}

impl Dialect {
    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }
}

/// A caller's request, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The model as it was asked for.
    pub model: String,
    /// What is asked.
    pub prompt: Prompt,
    /// Members that only a provider of the caller's own form can honour, such as `logprobs`, `n` above 1, or a tool that
    /// the provider runs: another form's provider must not be chosen.
    pub native_only: Vec<String>,
}

/// What an encoded answer says beside the answer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerContext {
    /// The id that the caller sees. As the provider gave it where the forms are the same; ours where not.
    pub id: String,
    /// The model that the caller sees: the one that answered.
    pub model: String,
    /// Seconds since 1970.
    pub created: i64,
    /// Whether a streamed Chat answer ends with its usage.
    pub stream_usage: bool,
    /// Whether thoughts are shown where the form can show them.
    pub show_reasoning: bool,
}

/// What is changed in a body that goes to a provider of the caller's own form; everything else goes as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forward {
    /// Members that are set, over what was there.
    pub set: Map<String, Value>,
    /// Members that are left out.
    pub remove: Vec<&'static str>,
}

impl Forward {
    /// The body as bytes, with the changes. Does not copy the members that stay.
    pub fn apply(&self, body: &Map<String, Value>) -> Bytes {
        use serde::Serializer;
        use serde::ser::SerializeMap;
        let mut bytes = Vec::with_capacity(1024);
        let mut serializer = serde_json::Serializer::new(&mut bytes);
        let written = (|| {
            let mut map = serializer.serialize_map(None)?;
            for (name, value) in body {
                if !self.set.contains_key(name) && !self.remove.contains(&name.as_str()) {
                    map.serialize_entry(name, value)?;
                }
            }
            for (name, value) in &self.set {
                map.serialize_entry(name, value)?;
            }
            map.end()
        })();
        // A `Value` written into memory cannot fail: its keys are texts, and a vector takes all.
        debug_assert!(written.is_ok());
        bytes.into()
    }
}

/// A refusal as the caller is to see it, before it is put into the caller's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerFault {
    /// The HTTP status.
    pub status: u16,
    /// Our stable code, `AI_0003`; or the provider's `code` where the refusal is the provider's.
    pub code: String,
    /// OpenAI's `type`; none derives one from the status.
    pub kind: Option<String>,
    /// For people.
    pub message: String,
    /// The field that is wrong.
    pub param: Option<String>,
    /// All that is wrong, where it is several.
    pub fields: Vec<FieldFault>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// Names the request in the platform's logs.
    pub request_id: String,
}

/// One server-sent event as bytes: `event:` only where `name` is not empty.
pub fn sse(name: &str, data: &str) -> Bytes {
    let mut frame = String::with_capacity(name.len() + data.len() + 16);
    if !name.is_empty() {
        frame.push_str("event: ");
        frame.push_str(name);
        frame.push('\n');
    }
    frame.push_str("data: ");
    frame.push_str(data);
    frame.push_str("\n\n");
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_changed_goes_as_it_came() {
        let body = json!({"model": "a", "x": {"unknown": [1, null]}, "stream": true, "max_tokens": 5});
        let forward =
            Forward { set: json!({"model": "b"}).as_object().cloned().unwrap_or_default(), remove: vec!["stream"] };
        let sent = forward.apply(body.as_object().unwrap());
        assert_eq!(&sent[..], br#"{"x":{"unknown":[1,null]},"max_tokens":5,"model":"b"}"#);
    }
}
