//! The turns of a conversation: roles, content, and that every tool use has its result.

use serde_json::Value;

use super::blocks;
use crate::failure::Failure;
use crate::prompt::{Message, Part, Role};

pub(super) fn read(body: &Value) -> Result<Vec<Message>, Failure> {
    let mut messages = Vec::new();
    match &body["system"] {
        Value::Null => {}
        system @ (Value::String(_) | Value::Array(_)) => {
            messages.push(Message { role: Role::System, parts: blocks::read(system, "system")? });
        }
        _ => return Err(Failure::invalid("system: Input should be a valid string")),
    }
    let turns = match &body["messages"] {
        Value::Null => return Err(Failure::invalid("messages: Field required")),
        Value::Array(turns) if turns.is_empty() => {
            return Err(Failure::invalid("messages: at least one message is required"));
        }
        Value::Array(turns) => turns,
        _ => return Err(Failure::invalid("messages: Input should be a valid list")),
    };
    for (at, turn) in turns.iter().enumerate() {
        let role = match turn["role"].as_str() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system") => {
                let message = "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` \
                               parameter, not \"system\" as an input message role.";
                return Err(Failure::invalid(message));
            }
            Some(_) => {
                return Err(Failure::invalid(format!("messages.{at}.role: Input should be 'user' or 'assistant'")));
            }
            None => return Err(Failure::invalid(format!("messages.{at}.role: Field required"))),
        };
        let content = &turn["content"];
        let empty = content.as_str().is_some_and(str::is_empty) || content.as_array().is_some_and(Vec::is_empty);
        if empty && !(role == Role::Assistant && at + 1 == turns.len()) {
            let message = format!(
                "messages.{at}: all messages must have non-empty content except for the optional final assistant message"
            );
            return Err(Failure::invalid(message));
        }
        let parts = blocks::read(content, &format!("messages.{at}.content"))?;
        results_follow(turns, at)?;
        messages.push(Message { role, parts });
    }
    Ok(messages.into_iter().map(as_tool).collect())
}

/// A turn of the user that holds nothing but results speaks for the tools.
fn as_tool(message: Message) -> Message {
    let only_results = !message.parts.is_empty() && message.parts.iter().all(|part| matches!(part, Part::Output(_)));
    if message.role == Role::User && only_results { Message { role: Role::Tool, ..message } } else { message }
}

/// Each `tool_use` has its `tool_result` in the next turn, and each result its use in the turn before.
fn results_follow(turns: &[Value], at: usize) -> Result<(), Failure> {
    let used = ids(turns.get(at), "tool_use", "id");
    let results = ids(turns.get(at + 1), "tool_result", "tool_use_id");
    let open: Vec<&str> = used.iter().copied().filter(|id| !results.contains(id)).collect();
    if !open.is_empty() {
        let message = format!(
            "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` \
             block must have a corresponding `tool_result` block in the next message.",
            open.join(", ")
        );
        return Err(Failure::invalid(message));
    }
    let before = at.checked_sub(1).and_then(|before| turns.get(before));
    let known = ids(before, "tool_use", "id");
    for (number, result) in ids(turns.get(at), "tool_result", "tool_use_id").into_iter().enumerate() {
        if !known.contains(&result) {
            let message = format!(
                "messages.{at}.content.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {result}. Each \
                 `tool_result` block must have a corresponding `tool_use` block in the previous message."
            );
            return Err(Failure::invalid(message));
        }
    }
    Ok(())
}

fn ids<'a>(turn: Option<&'a Value>, kind: &str, field: &str) -> Vec<&'a str> {
    let blocks = turn.and_then(|turn| turn["content"].as_array()).into_iter().flatten();
    blocks.filter(|block| block["type"] == kind).filter_map(|block| block[field].as_str()).collect()
}
