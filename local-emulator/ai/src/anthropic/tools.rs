//! Tools and which of them must be called.

use serde_json::Value;

use crate::failure::Failure;
use crate::prompt::{Tool, ToolChoice};

pub(super) fn read(body: &Value) -> Result<Vec<Tool>, Failure> {
    let tools = match &body["tools"] {
        Value::Null => return Ok(Vec::new()),
        Value::Array(tools) => tools,
        _ => return Err(Failure::invalid("tools: Input should be a valid list")),
    };
    let mut read: Vec<Tool> = Vec::with_capacity(tools.len());
    for (at, tool) in tools.iter().enumerate() {
        // Tools that the provider runs itself, such as web search, are never called here.
        if tool["type"].as_str().is_some_and(|kind| kind != "custom") {
            continue;
        }
        let Some(name) = tool["name"].as_str().filter(|name| !name.is_empty()) else {
            return Err(Failure::invalid(format!("tools.{at}.custom.name: Field required")));
        };
        if !tool["input_schema"].is_object() {
            return Err(Failure::invalid(format!("tools.{at}.custom.input_schema: Field required")));
        }
        if tool["input_schema"]["type"] != "object" {
            return Err(Failure::invalid(format!("tools.{at}.custom.input_schema.type: Input should be 'object'")));
        }
        if read.iter().any(|known| known.name == name) {
            return Err(Failure::invalid("tools: Tool names must be unique."));
        }
        read.push(Tool {
            name: name.to_owned(),
            description: tool["description"].as_str().unwrap_or_default().to_owned(),
            schema: tool["input_schema"].clone(),
        });
    }
    Ok(read)
}

/// The choice, and whether several calls at once are allowed.
pub(super) fn choice(body: &Value, tools: &[Tool]) -> Result<(ToolChoice, bool), Failure> {
    let choice = &body["tool_choice"];
    if choice.is_null() {
        return Ok((ToolChoice::Auto, true));
    }
    if body["tools"].as_array().is_none_or(Vec::is_empty) {
        return Err(Failure::invalid("tool_choice: tool_choice may only be specified while providing tools"));
    }
    let parallel = choice["disable_parallel_tool_use"] != true;
    let chosen = match choice["type"].as_str() {
        Some("auto") => ToolChoice::Auto,
        Some("any") => ToolChoice::Required,
        Some("none") => ToolChoice::Never,
        Some("tool") => match choice["name"].as_str() {
            None => return Err(Failure::invalid("tool_choice.tool.name: Field required")),
            Some(name) if tools.iter().any(|tool| tool.name == name) => ToolChoice::Named(name.to_owned()),
            Some(name) => return Err(Failure::invalid(format!("Tool '{name}' not found in provided tools"))),
        },
        Some(other) => {
            let message = format!(
                "tool_choice: Input tag '{other}' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'"
            );
            return Err(Failure::invalid(message));
        }
        None => return Err(Failure::invalid("tool_choice.type: Field required")),
    };
    Ok((chosen, parallel))
}
