//! A request to `POST /responses`, checked as OpenAI checks it.

use serde_json::Value;

use super::chat_request::{effort, fits};
use super::error::missing_model;
use super::parts;
use super::schema_check::{self as check, missing, wrong_type, wrong_value};
use crate::app::Call;
use crate::failure::Failure;
use crate::models::MISSING;
use crate::prompt::{Format, Message, Part, Prompt, Role};

/// The least that `max_output_tokens` may be.
const OUTPUT_TOKENS_MIN: i64 = 16;

const FIELDS: &[&str] = &[
    "access_programs",
    "background",
    "background_options",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

pub(super) fn read(call: &Call<'_>, body: &Value) -> Result<(Prompt, bool), Failure> {
    check::known_fields(body, call.provider, FIELDS)?;
    if call.model.is_empty() {
        return Err(missing("model"));
    }
    if let Some(id) = body["previous_response_id"].as_str() {
        // Nothing is stored here, as with `store: false`.
        let message = format!("Previous response with id '{id}' not found.");
        return Err(Failure::invalid(message).param("previous_response_id").code("previous_response_not_found"));
    }
    check::decimal(body, "temperature", 0.0, 2.0)?;
    check::decimal(body, "top_p", 0.0, 1.0)?;
    let mut messages = Vec::new();
    if let Some(instructions) = body["instructions"].as_str() {
        messages.push(Message::text(Role::System, instructions));
    }
    match &body["input"] {
        Value::Null => return Err(missing("input")),
        Value::String(text) => messages.push(Message::text(Role::User, text.as_str())),
        Value::Array(items) => read_items(items, &mut messages)?,
        other => return Err(wrong_type("input", "one of a string or array of objects", other)),
    }
    let tools = check::tools(body, |tool| tool)?;
    let tool_choice = check::tool_choice(body, &tools, |choice| &choice["name"])?;
    let prompt = Prompt {
        tools,
        tool_choice,
        parallel: body["parallel_tool_calls"].as_bool().unwrap_or(true),
        max_tokens: check::integer(body, "max_output_tokens", OUTPUT_TOKENS_MIN)?,
        stop: Vec::new(),
        format: format(&body["text"]["format"], &messages)?,
        effort: effort(&body["reasoning"]["effort"], "reasoning.effort")?,
        messages,
    };
    if call.model.starts_with(MISSING) {
        return Err(missing_model(call.model));
    }
    fits(&prompt, "input")?;
    Ok((prompt, body["stream"] == true))
}

fn read_items(items: &[Value], messages: &mut Vec<Message>) -> Result<(), Failure> {
    let mut calls: Vec<&str> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let here = format!("input[{at}]");
        match item["type"].as_str() {
            None | Some("message") => {
                let role = match item["role"].as_str() {
                    Some("system" | "developer") => Role::System,
                    Some("user") => Role::User,
                    Some("assistant") => Role::Assistant,
                    Some(other) => {
                        return Err(wrong_value(
                            &format!("{here}.role"),
                            other,
                            &["assistant", "system", "developer", "user"],
                        ));
                    }
                    None => return Err(missing(&format!("{here}.role"))),
                };
                messages.push(Message { role, parts: parts::read(&item["content"], &format!("{here}.content"))? });
            }
            Some("function_call") => {
                calls.extend(item["call_id"].as_str());
                messages.push(Message {
                    role: Role::Assistant,
                    parts: vec![Part::Call {
                        name: item["name"].as_str().unwrap_or_default().to_owned(),
                        arguments: item["arguments"].as_str().unwrap_or_default().to_owned(),
                    }],
                });
            }
            Some("function_call_output") => {
                let id = item["call_id"].as_str().unwrap_or_default();
                if !calls.contains(&id) {
                    let message = format!("No tool call found for function call output with call_id {id}.");
                    return Err(Failure::invalid(message).param("input"));
                }
                let output = match &item["output"] {
                    Value::String(text) => text.clone(),
                    parts => {
                        Message { role: Role::Tool, parts: parts::read(parts, &format!("{here}.output"))? }.joined()
                    }
                };
                match messages.last_mut() {
                    Some(last) if last.role == Role::Tool => last.parts.push(Part::Output(output)),
                    _ => messages.push(Message { role: Role::Tool, parts: vec![Part::Output(output)] }),
                }
            }
            // Reasoning of earlier turns and what the provider's own tools wrote say nothing here.
            Some("reasoning" | "item_reference" | "web_search_call" | "file_search_call" | "compaction") => {}
            Some(other) => {
                let supported = ["message", "function_call", "function_call_output", "reasoning", "item_reference"];
                return Err(wrong_value(&format!("{here}.type"), other, &supported));
            }
        }
    }
    Ok(())
}

fn format(format: &Value, messages: &[Message]) -> Result<Format, Failure> {
    match (format, format["type"].as_str()) {
        (Value::Null, _) | (_, Some("text")) => Ok(Format::Text),
        (_, Some("json_object")) => {
            if messages.iter().any(|message| message.joined().to_lowercase().contains("json")) {
                return Ok(Format::Json);
            }
            let message = "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
            Err(Failure::invalid(message).param("input"))
        }
        (_, Some("json_schema")) => match (&format["name"], &format["schema"]) {
            (Value::Null, _) => Err(missing("text.format.name")),
            (_, Value::Null) => Err(missing("text.format.schema")),
            (_, schema) => Ok(Format::Schema(schema.clone())),
        },
        (_, Some(other)) => Err(wrong_value("text.format.type", other, &["json_object", "json_schema", "text"])),
        _ => Err(missing("text.format.type")),
    }
}
