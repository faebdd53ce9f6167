//! Where people's text stands in each of the three forms.

use crate::wire::Dialect;
use serde_json::{Map, Value};

/// What stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A text.
    Text,
    /// A text that is JSON: a call's arguments.
    Json,
    /// JSON of which every text is one.
    Tree,
}

/// Nesting of content within content that is followed: a document within a tool's result within a message is the deepest
/// that a form has.
const DEPTH_MAX: u8 = 4;

/// The same walk twice: to change what is there, and to look at it.
macro_rules! walk {
    ($module:ident, $get:ident, $iter:ident, $($mutable:tt)?) => {
        pub(super) mod $module {
            use super::{DEPTH_MAX, Dialect, Map, Place, Value};

            type See<'f, 'v> = &'f mut dyn FnMut(&'v $($mutable)? Value, Place);
            type Object<'v> = &'v $($mutable)? Map<String, Value>;

            /// Shows every place to `see`, in the order in which the form is read.
            pub(in crate::safety) fn body<'v>(dialect: Dialect, body: Object<'v>, see: See<'_, 'v>) {
                for (name, value) in body {
                    match (dialect, name.as_str()) {
                        (Dialect::Chat | Dialect::Messages, "messages") => items(value, see, message),
                        (Dialect::Chat, "prediction") => {
                            if let Value::Object(prediction) = value {
                                field(prediction, "content", see);
                            }
                        }
                        (Dialect::Responses, "input") if value.is_array() => items(value, see, item),
                        // Embeddings: OpenAI's form has a text there, or several.
                        (Dialect::Chat, "input") => content(value, see, DEPTH_MAX),
                        (Dialect::Responses, "input" | "instructions") | (Dialect::Messages, "system") => {
                            content(value, see, DEPTH_MAX);
                        }
                        (Dialect::Responses, "prompt") => {
                            if let Value::Object(prompt) = value
                                && let Some(Value::Object(variables)) = prompt.$get("variables")
                            {
                                for (_, variable) in variables {
                                    content(variable, see, DEPTH_MAX);
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }

            fn items<'v>(value: &'v $($mutable)? Value, see: See<'_, 'v>, each: fn(Object<'v>, See<'_, 'v>)) {
                if let Value::Array(all) = value {
                    for one in all {
                        if let Value::Object(one) = one {
                            each(one, see);
                        }
                    }
                }
            }

            /// A message of Chat Completions or Messages.
            fn message<'v>(message: Object<'v>, see: See<'_, 'v>) {
                for (name, value) in message {
                    match name.as_str() {
                        "content" | "refusal" => content(value, see, DEPTH_MAX),
                        "tool_calls" => items(value, see, call),
                        "function_call" => {
                            if let Value::Object(function) = value {
                                arguments(function, see);
                            }
                        }
                        _ => {}
                    }
                }
            }

            fn call<'v>(call: Object<'v>, see: See<'_, 'v>) {
                for (name, value) in call {
                    match (name.as_str(), value) {
                        ("function", Value::Object(function)) => arguments(function, see),
                        ("custom", Value::Object(custom)) => field(custom, "input", see),
                        _ => {}
                    }
                }
            }

            fn arguments<'v>(function: Object<'v>, see: See<'_, 'v>) {
                if let Some(json) = function.$get("arguments") {
                    see(json, Place::Json);
                }
            }

            fn field<'v>(object: Object<'v>, name: &str, see: See<'_, 'v>) {
                if let Some(value) = object.$get(name) {
                    content(value, see, DEPTH_MAX);
                }
            }

            /// An item of Responses. Reasoning is left out: see [`crate::safety::redact_body`].
            fn item<'v>(item: Object<'v>, see: See<'_, 'v>) {
                match item.get("type").and_then(Value::as_str).unwrap_or("message") {
                    "message" => field(item, "content", see),
                    "function_call" => arguments(item, see),
                    "function_call_output" | "custom_tool_call_output" => field(item, "output", see),
                    "custom_tool_call" => field(item, "input", see),
                    _ => {}
                }
            }

            /// A text, or parts with texts in them.
            fn content<'v>(value: &'v $($mutable)? Value, see: See<'_, 'v>, depth: u8) {
                if value.is_string() {
                    see(value, Place::Text);
                    return;
                }
                match value {
                    Value::Array(parts) if depth > 0 => {
                        for part in parts.$iter() {
                            content(part, see, depth);
                        }
                    }
                    Value::Object(part) if depth > 0 => {
                        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
                        for (name, value) in part {
                            match (kind.as_str(), name.as_str()) {
                                ("text" | "input_text" | "output_text", "text")
                                | ("refusal", "refusal")
                                | ("document", "title" | "context")
                                | ("search_result", "title" | "content")
                                | ("tool_result", "content") => content(value, see, depth - 1),
                                ("tool_use", "input") => see(value, Place::Tree),
                                ("document", "source") => source(value, see, depth - 1),
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }

            /// What a document is made of: text, or content; never Base64 or a URL.
            fn source<'v>(value: &'v $($mutable)? Value, see: See<'_, 'v>, depth: u8) {
                if let Value::Object(source) = value {
                    let name = match source.get("type").and_then(Value::as_str) {
                        Some("text") => "data",
                        Some("content") => "content",
                        _ => return,
                    };
                    if let Some(value) = source.$get(name) {
                        content(value, see, depth);
                    }
                }
            }
        }
    };
}

walk!(look, get, iter,);
walk!(change, get_mut, iter_mut, mut);
