//! `messages` of a request into the turns of a [`Prompt`].

use super::data_url;
use super::fields::{At, Faults, Fields};
use super::request::Native;
use crate::{Message, Part, Prompt, Role};
use serde_json::Value;

/// What a turn of a role may hold beside text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    TextOnly,
    Media,
    Refusals,
}

/// Reads `messages` into `prompt`. System and developer turns are put together in front, wherever they stood: no other
/// form lets them stand between turns. Results of one round of calls become one turn, as Anthropic wants them.
pub(super) fn decode(body: &Fields<'_, '_>, prompt: &mut Prompt, native: &mut Native, faults: &mut Faults) {
    let list = body.list("messages", faults);
    if list.is_none_or(<[Value]>::is_empty) && body.get("messages").is_none_or(Value::is_array) {
        body.fault("messages", "required: at least one message", faults);
    }
    let at = body.at.name("messages");
    for (index, message) in list.unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        if let Some(fields) = Fields::of(message, &at, faults) {
            turn(&fields, prompt, native, faults);
        }
    }
}

fn turn(fields: &Fields<'_, '_>, prompt: &mut Prompt, native: &mut Native, faults: &mut Faults) {
    let role = match fields.required_text("role", faults) {
        "system" | "developer" => {
            prompt.system.append(&mut content(fields, Holds::TextOnly, native, faults));
            return;
        }
        "user" => (Role::User, content(fields, Holds::Media, native, faults)),
        "assistant" => (Role::Assistant, assistant(fields, native, faults)),
        "tool" => {
            let call_id = fields.required_text("tool_call_id", faults).to_owned();
            let result =
                Part::ToolResult { call_id, content: content(fields, Holds::Media, native, faults), is_error: false };
            push_result(&mut prompt.messages, result);
            return;
        }
        "function" => {
            native.add("function_call");
            let call_id = fields.required_text("name", faults).to_owned();
            let content = match fields.get("content") {
                Some(_) => content(fields, Holds::TextOnly, native, faults),
                None => Vec::new(),
            };
            push_result(&mut prompt.messages, Part::ToolResult { call_id, content, is_error: false });
            return;
        }
        "" => return,
        _ => {
            fields.fault("role", "expected system, developer, user, assistant, tool or function", faults);
            return;
        }
    };
    prompt.messages.push(Message { role: role.0, content: role.1 });
}

/// Adds a result to the turn of results that goes before it, if one does.
pub(in crate::wire) fn push_result(messages: &mut Vec<Message>, result: Part) {
    let is_result = |part: &Part| matches!(part, Part::ToolResult { .. });
    match messages.last_mut() {
        Some(Message { role: Role::User, content }) if !content.is_empty() && content.iter().all(is_result) => {
            content.push(result);
        }
        _ => messages.push(Message { role: Role::User, content: vec![result] }),
    }
}

fn assistant(fields: &Fields<'_, '_>, native: &mut Native, faults: &mut Faults) -> Vec<Part> {
    let mut parts = match fields.get("content") {
        Some(_) => content(fields, Holds::Refusals, native, faults),
        None => Vec::new(),
    };
    // Many clients send an empty text beside calls; Anthropic refuses empty texts.
    parts.retain(|part| !matches!(part, Part::Text { text, .. } if text.is_empty()));
    if let Some(text) = fields.text("refusal", faults) {
        parts.push(Part::Refusal { text: text.to_owned() });
    }
    if fields.get("audio").is_some() {
        native.add("audio");
    }
    let at = fields.at.name("tool_calls");
    for (index, call) in fields.list("tool_calls", faults).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        if let Some(call) = Fields::of(call, &at, faults) {
            parts.extend(tool_call(&call, native, faults));
        }
    }
    if let Some(call) = fields.object("function_call", faults) {
        native.add("function_call");
        let at = fields.at.name("function_call");
        let call = Fields::new(call, &at);
        let name = call.required_text("name", faults).to_owned();
        let arguments = call.required_text("arguments", faults).to_owned();
        parts.push(Part::ToolCall { id: name.clone(), name, arguments });
    }
    let says_something = ["content", "refusal", "audio", "tool_calls", "function_call"];
    if says_something.iter().all(|name| fields.get(name).is_none()) {
        fields.fault("content", "required where there are no tool_calls", faults);
    }
    parts
}

fn tool_call(call: &Fields<'_, '_>, native: &mut Native, faults: &mut Faults) -> Option<Part> {
    let id = call.required_text("id", faults).to_owned();
    match call.text("type", faults) {
        None | Some("function") => {}
        Some("custom") => {
            native.add("tools.custom");
            return None;
        }
        Some(_) => {
            call.fault("type", "expected function or custom", faults);
            return None;
        }
    }
    let Some(function) = call.object("function", faults) else {
        if call.get("function").is_none() {
            call.fault("function", "required: the called function", faults);
        }
        return None;
    };
    let at = call.at.name("function");
    let function = Fields::new(function, &at);
    let name = function.required_text("name", faults).to_owned();
    Some(Part::ToolCall { id, name, arguments: function.required_text("arguments", faults).to_owned() })
}

fn content(fields: &Fields<'_, '_>, holds: Holds, native: &mut Native, faults: &mut Faults) -> Vec<Part> {
    match fields.get("content") {
        Some(Value::String(text)) => vec![Part::text(text)],
        Some(Value::Array(list)) if !list.is_empty() => {
            let at = fields.at.name("content");
            let mut parts = Vec::with_capacity(list.len());
            for (index, item) in list.iter().enumerate() {
                let at = at.index(index);
                if let Some(item) = Fields::of(item, &at, faults) {
                    parts.extend(part(&item, holds, native, faults));
                }
            }
            parts
        }
        _ => {
            fields.fault("content", "required: a string, or a list of at least one part", faults);
            Vec::new()
        }
    }
}

fn part(item: &Fields<'_, '_>, holds: Holds, native: &mut Native, faults: &mut Faults) -> Option<Part> {
    match (item.required_text("type", faults), holds) {
        ("text", _) => Some(Part::text(item.required_text("text", faults))),
        ("image_url", Holds::Media) => {
            let at = item.at.name("image_url");
            let image = Fields::of(item.get("image_url").unwrap_or(&Value::Null), &at, faults)?;
            let url = image.required_text("url", faults);
            let detail = image.text("detail", faults);
            if image.get("url").is_none_or(|url| !url.is_string()) {
                return None;
            }
            read_or_fault(data_url::image(url, detail).map(Part::Image), &at.name("url"), faults)
        }
        ("file", Holds::Media) => {
            let at = item.at.name("file");
            let file = Fields::of(item.get("file").unwrap_or(&Value::Null), &at, faults)?;
            if file.get("file_id").is_some() {
                native.add("file_id");
                return None;
            }
            let data = file.required_text("file_data", faults);
            let name = file.text("filename", faults);
            if file.get("file_data").is_none_or(|data| !data.is_string()) {
                return None;
            }
            read_or_fault(data_url::file(data, name).map(Part::File), &at.name("file_data"), faults)
        }
        ("input_audio", Holds::Media) => {
            native.add("input_audio");
            None
        }
        ("refusal", Holds::Refusals) => Some(Part::Refusal { text: item.required_text("refusal", faults).to_owned() }),
        ("", _) => None,
        (_, holds) => {
            item.fault("type", format!("expected {}", holds.as_str()), faults);
            None
        }
    }
}

fn read_or_fault(read: Result<Part, String>, at: &At<'_>, faults: &mut Faults) -> Option<Part> {
    read.map_err(|message| faults.add(at, message)).ok()
}

impl Holds {
    fn as_str(self) -> &'static str {
        match self {
            Self::TextOnly => "text",
            Self::Media => "text, image_url, input_audio or file",
            Self::Refusals => "text or refusal",
        }
    }
}
