//! `input` of a request into the turns of a [`Prompt`].

use super::request::named;
use super::thought;
use crate::wire::chat::{Faults, Fields, push_result, read_file, read_image};
use crate::{Message, Part, Prompt, Role};
use serde_json::Value;

/// Reads `input`: a text, or items. What the model said in several items (a thought, a text, calls) is one turn, as the
/// other forms have it.
pub(super) fn decode(body: &Fields<'_, '_>, prompt: &mut Prompt, faults: &mut Faults) {
    let at = body.at.name("input");
    match body.get("input") {
        Some(Value::String(text)) => {
            prompt.messages.push(Message { role: Role::User, content: vec![Part::text(text)] });
        }
        Some(Value::Array(list)) if !list.is_empty() => {
            for (index, item) in list.iter().enumerate() {
                let at = at.index(index);
                if let Some(item) = Fields::of(item, &at, faults) {
                    read_item(&item, prompt, faults);
                }
            }
        }
        _ => faults.add(&at, "required: a string, or a list of at least one item"),
    }
}

fn read_item(item: &Fields<'_, '_>, prompt: &mut Prompt, faults: &mut Faults) {
    let kind = match item.get("type") {
        // A message may be written without its type.
        None if item.get("role").is_some() => "message",
        _ => item.required_text("type", faults),
    };
    match kind {
        "message" => message(item, prompt, faults),
        "function_call" => {
            let id = item.required_text("call_id", faults).to_owned();
            let name = item.required_text("name", faults).to_owned();
            let arguments = item.required_text("arguments", faults).to_owned();
            assistant(&mut prompt.messages, [Part::ToolCall { id, name, arguments }]);
        }
        "function_call_output" => {
            let call_id = item.required_text("call_id", faults).to_owned();
            let content = parts(item, "output", true, faults);
            push_result(&mut prompt.messages, Part::ToolResult { call_id, content, is_error: false });
        }
        "reasoning" => assistant(&mut prompt.messages, reasoning(item, faults)),
        "item_reference" => {
            item.fault("type", "no answers are kept here: send the item itself", faults);
        }
        "" => {}
        kind => {
            let message =
                format!("expected message, function_call, function_call_output or reasoning, not {}", named(kind));
            item.fault("type", message, faults);
        }
    }
}

/// Adds to the model's turn, if it is the last one.
fn assistant(messages: &mut Vec<Message>, parts: impl IntoIterator<Item = Part>) {
    let mut parts = parts.into_iter().peekable();
    match messages.last_mut() {
        Some(Message { role: Role::Assistant, content }) => content.extend(parts),
        _ if parts.peek().is_none() => {}
        _ => messages.push(Message { role: Role::Assistant, content: parts.collect() }),
    }
}

fn message(item: &Fields<'_, '_>, prompt: &mut Prompt, faults: &mut Faults) {
    match item.required_text("role", faults) {
        "system" | "developer" => prompt.system.append(&mut parts(item, "content", false, faults)),
        "user" => {
            let content = parts(item, "content", true, faults);
            prompt.messages.push(Message { role: Role::User, content });
        }
        "assistant" => {
            let said = parts(item, "content", false, faults);
            let is_empty = |part: &Part| matches!(part, Part::Text { text, .. } if text.is_empty());
            assistant(&mut prompt.messages, said.into_iter().filter(|part| !is_empty(part)));
        }
        "" => {}
        _ => item.fault("role", "expected system, developer, user or assistant", faults),
    }
}

/// Ours as it was; of a foreign one the summary, which no provider takes for a thought of its own.
fn reasoning(item: &Fields<'_, '_>, faults: &mut Faults) -> Option<Part> {
    if let Some(part) = item.text("encrypted_content", faults).and_then(thought::unpack) {
        return Some(part);
    }
    let texts = item.list("summary", faults).unwrap_or_default().iter();
    let texts = texts.filter_map(|summary| summary.get("text")?.as_str()).collect::<Vec<_>>();
    let text = texts.join("\n\n");
    (!text.is_empty()).then_some(Part::Reasoning { text, signature: None })
}

fn parts(item: &Fields<'_, '_>, name: &str, media: bool, faults: &mut Faults) -> Vec<Part> {
    match item.get(name) {
        Some(Value::String(text)) => vec![Part::text(text)],
        Some(Value::Array(list)) => {
            let at = item.at.name(name);
            let mut parts = Vec::with_capacity(list.len());
            for (index, value) in list.iter().enumerate() {
                let at = at.index(index);
                if let Some(fields) = Fields::of(value, &at, faults) {
                    parts.extend(part(&fields, media, faults));
                }
            }
            parts
        }
        _ => {
            item.fault(name, "required: a string, or a list of parts", faults);
            Vec::new()
        }
    }
}

fn part(fields: &Fields<'_, '_>, media: bool, faults: &mut Faults) -> Option<Part> {
    match fields.required_text("type", faults) {
        "input_text" | "output_text" | "text" => Some(Part::text(fields.required_text("text", faults))),
        "refusal" if !media => Some(Part::Refusal { text: fields.required_text("refusal", faults).to_owned() }),
        "input_image" if media => {
            let url = kept_here(fields, "image_url", faults)?;
            let image = read_image(url, fields.text("detail", faults));
            image.map_err(|message| fields.fault("image_url", message, faults)).map(Part::Image).ok()
        }
        "input_file" if media => {
            let data = kept_here(fields, "file_data", faults)?;
            let file = read_file(data, fields.text("filename", faults));
            file.map_err(|message| fields.fault("file_data", message, faults)).map(Part::File).ok()
        }
        "" => None,
        _ => {
            let expected = if media { "input_text, input_image or input_file" } else { "a text or a refusal" };
            fields.fault("type", format!("expected {expected}"), faults);
            None
        }
    }
}

/// The member `name`: pictures and files are sent, never named.
fn kept_here<'v>(fields: &Fields<'v, '_>, name: &str, faults: &mut Faults) -> Option<&'v str> {
    for elsewhere in ["file_id", "file_url"] {
        if fields.get(elsewhere).is_some() {
            fields.fault(elsewhere, format!("no files are kept or fetched here: send {name}"), faults);
            return None;
        }
    }
    if fields.get(name).is_none() {
        fields.fault(name, "required: a string", faults);
    }
    fields.text(name, faults)
}
