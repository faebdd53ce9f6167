//! What an answer repeats of its request.

use serde_json::{Map, Value, json};

/// Members of the request that the SDKs' types want to find in the answer, with OpenAI's defaults where the caller said
/// nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    pub(super) members: Map<String, Value>,
}

impl Echo {
    /// Of the caller's body, which [`super::decode_request`] has taken. Copies instructions and tools; not the input.
    pub fn new(body: &Map<String, Value>) -> Self {
        let said = |name: &str| body.get(name).filter(|value| !value.is_null()).cloned();
        let mut members = Map::new();
        let mut set = |name: &str, value: Value| {
            members.insert(name.to_owned(), value);
        };
        for name in ["instructions", "max_output_tokens", "max_tool_calls", "user", "safety_identifier"] {
            set(name, said(name).unwrap_or_default());
        }
        set("prompt_cache_key", said("prompt_cache_key").unwrap_or_default());
        set("background", false.into());
        set("previous_response_id", Value::Null);
        set("store", false.into());
        let defaults = [
            ("metadata", json!({})),
            ("parallel_tool_calls", true.into()),
            ("service_tier", "default".into()),
            ("temperature", 1.0.into()),
            ("top_p", 1.0.into()),
            ("tool_choice", "auto".into()),
            ("tools", json!([])),
            ("top_logprobs", 0.into()),
            ("truncation", "disabled".into()),
        ];
        for (name, default) in defaults {
            set(name, said(name).unwrap_or(default));
        }
        set("reasoning", with_defaults(json!({"effort": null, "summary": null}), said("reasoning")));
        set("text", with_defaults(json!({"format": {"type": "text"}}), said("text")));
        Self { members }
    }
}

fn with_defaults(mut defaults: Value, said: Option<Value>) -> Value {
    if let (Some(defaults), Some(Value::Object(said))) = (defaults.as_object_mut(), said) {
        defaults.extend(said.into_iter().filter(|(_, value)| !value.is_null()));
    }
    defaults
}
