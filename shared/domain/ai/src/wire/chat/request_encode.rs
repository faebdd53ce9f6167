//! A [`Prompt`] of a caller of another form into a request to a provider that speaks Chat Completions.

use crate::{Effort, File, Image, Message, Part, Prompt, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
use serde_json::{Map, Value, json};

/// A budget of at most so many tokens is a low effort.
const LOW_EFFORT_TOKENS_MAX: u64 = 4_096;

/// A budget of at most so many tokens is a medium effort; one above it a high one.
const MEDIUM_EFFORT_TOKENS_MAX: u64 = 16_384;

/// The body of `POST chat/completions` for `model`, the name that the provider has for it.
///
/// Without `sampling`, `temperature` and `top_p` are left out: the model does not take them. What the form cannot say is
/// left out too: thoughts of earlier turns, cache marks, `top_k`, that a tool's result is an error. Pictures and files in
/// a tool's result follow in a user message, because a tool message holds text only. A streamed answer is always asked to
/// end with its usage.
pub fn encode_request(prompt: &Prompt, model: &str, sampling: bool) -> Map<String, Value> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    set("model", model.into());
    set("messages", messages(prompt));
    if !prompt.tools.is_empty() {
        set("tools", prompt.tools.iter().map(tool).collect());
        if let Some(choice) = &prompt.tool_choice {
            set("tool_choice", tool_choice(choice));
        }
        if let Some(parallel) = prompt.parallel_tool_calls {
            set("parallel_tool_calls", parallel.into());
        }
    }
    if let Some(most) = prompt.max_tokens {
        set("max_completion_tokens", most.into());
    }
    if sampling {
        for (name, value) in [("temperature", prompt.temperature), ("top_p", prompt.top_p)] {
            if let Some(value) = value {
                set(name, value.into());
            }
        }
    }
    if !prompt.stop.is_empty() {
        set("stop", prompt.stop.iter().map(String::as_str).collect());
    }
    if let Some(seed) = prompt.seed {
        set("seed", seed.into());
    }
    if let Some(format) = response_format(&prompt.format) {
        set("response_format", format);
    }
    if let Some(effort) = prompt.reasoning.and_then(reasoning_effort) {
        set("reasoning_effort", effort.into());
    }
    if let Some(user) = &prompt.end_user {
        set("user", user.as_str().into());
    }
    if prompt.stream {
        set("stream", true.into());
        set("stream_options", json!({"include_usage": true}));
    }
    body
}

fn reasoning_effort(reasoning: Reasoning) -> Option<&'static str> {
    let effort = match (reasoning.effort, reasoning.budget_tokens) {
        (Some(effort), _) => effort,
        (None, None) => return None,
        (None, Some(0)) => Effort::None,
        (None, Some(tokens)) if tokens <= LOW_EFFORT_TOKENS_MAX => Effort::Low,
        (None, Some(tokens)) if tokens <= MEDIUM_EFFORT_TOKENS_MAX => Effort::Medium,
        (None, Some(_)) => Effort::High,
    };
    Some(effort_name(effort))
}

/// An effort as OpenAI names it.
fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Maximal => "xhigh",
    }
}

fn tool(tool: &Tool) -> Value {
    let mut function = Map::new();
    function.insert("name".to_owned(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        function.insert("description".to_owned(), description.as_str().into());
    }
    function.insert("parameters".to_owned(), tool.parameters.clone());
    if let Some(strict) = tool.strict {
        function.insert("strict".to_owned(), strict.into());
    }
    json!({"type": "function", "function": function})
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    }
}

fn response_format(format: &ResponseFormat) -> Option<Value> {
    match format {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(json!({"type": "json_object"})),
        ResponseFormat::JsonSchema { name, schema, strict } => {
            let mut json_schema = json!({"name": name, "schema": schema});
            if let (Some(strict), Some(members)) = (strict, json_schema.as_object_mut()) {
                members.insert("strict".to_owned(), (*strict).into());
            }
            Some(json!({"type": "json_schema", "json_schema": json_schema}))
        }
    }
}

fn messages(prompt: &Prompt) -> Value {
    let mut messages = Vec::with_capacity(prompt.messages.len() + 1);
    if !prompt.system.is_empty() {
        messages.push(json!({"role": "system", "content": content(prompt.system.iter())}));
    }
    for message in &prompt.messages {
        match message.role {
            Role::User => user(message, &mut messages),
            Role::Assistant => messages.extend(assistant(message)),
        }
    }
    messages.into()
}

/// Results first, as messages of their own: they must follow the calls at once.
fn user(message: &Message, messages: &mut Vec<Value>) {
    let mut others = Vec::new();
    for part in &message.content {
        if let Part::ToolResult { call_id, content: result, is_error } = part {
            let (texts, media): (Vec<_>, Vec<_>) = result.iter().partition(|part| matches!(part, Part::Text { .. }));
            let mut text = content(texts.into_iter());
            if text.as_str() == Some("") && (*is_error || !media.is_empty()) {
                text = if *is_error { "The call failed." } else { "The result follows." }.into();
            }
            messages.push(json!({"role": "tool", "tool_call_id": call_id, "content": text}));
            others.extend(media);
        } else {
            others.push(part);
        }
    }
    if !others.is_empty() {
        messages.push(json!({"role": "user", "content": content(others.into_iter())}));
    }
}

/// None where nothing is left that the form can say.
fn assistant(message: &Message) -> Option<Value> {
    let mut texts = Vec::new();
    let mut refusal = None::<String>;
    let mut calls = Vec::new();
    for part in &message.content {
        match part {
            Part::Text { .. } => texts.push(part),
            Part::Refusal { text } => refusal.get_or_insert_default().push_str(text),
            Part::ToolCall { id, name, arguments } => {
                let function = json!({"name": name, "arguments": arguments});
                calls.push(json!({"id": id, "type": "function", "function": function}));
            }
            // Thoughts are no part of what this form sends back; the others are never the model's.
            Part::Reasoning { .. } | Part::RedactedReasoning { .. } => {}
            Part::Image(_) | Part::File(_) | Part::ToolResult { .. } => {}
        }
    }
    if texts.is_empty() && refusal.is_none() && calls.is_empty() {
        return None;
    }
    let mut turn = Map::new();
    turn.insert("role".to_owned(), "assistant".into());
    turn.insert("content".to_owned(), if texts.is_empty() { Value::Null } else { content(texts.into_iter()) });
    if let Some(refusal) = refusal {
        turn.insert("refusal".to_owned(), refusal.into());
    }
    if !calls.is_empty() {
        turn.insert("tool_calls".to_owned(), calls.into());
    }
    Some(turn.into())
}

/// One text is a string: every provider takes that, and not every one takes lists.
fn content<'a>(mut parts: impl ExactSizeIterator<Item = &'a Part>) -> Value {
    if parts.len() == 0 {
        return "".into();
    }
    if parts.len() == 1 {
        let part = parts.next();
        return match part {
            Some(Part::Text { text, .. }) => text.as_str().into(),
            _ => part.and_then(content_part).into_iter().collect(),
        };
    }
    parts.filter_map(content_part).collect()
}

fn content_part(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text, .. } => Some(json!({"type": "text", "text": text})),
        Part::Image(image) => {
            let (url, detail) = match image {
                Image::Url { url, detail } => (url.clone(), detail),
                Image::Data { media_type, base64, detail } => (data_url(media_type, base64), detail),
            };
            let mut image = json!({"url": url});
            if let (Some(detail), Some(members)) = (detail, image.as_object_mut()) {
                members.insert("detail".to_owned(), detail.as_str().into());
            }
            Some(json!({"type": "image_url", "image_url": image}))
        }
        Part::File(File { name, media_type, base64 }) => {
            let unnamed = if media_type == "application/pdf" { "file.pdf" } else { "file" };
            let file = json!({
                "filename": name.as_deref().unwrap_or(unnamed),
                "file_data": data_url(media_type, base64),
            });
            Some(json!({"type": "file", "file": file}))
        }
        Part::ToolCall { .. } | Part::ToolResult { .. } => None,
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } | Part::Refusal { .. } => None,
    }
}

fn data_url(media_type: &str, base64: &str) -> String {
    ["data:", media_type, ";base64,", base64].concat()
}
