//! Checks that several requests share, in OpenAI's words.

use serde_json::Value;

use crate::failure::Failure;
use crate::prompt::{Tool, ToolChoice};
use crate::provider::Provider;

/// Refuses fields that the API does not have. Compatible providers have fields of their own: there all are taken.
pub(super) fn known_fields(body: &Value, provider: &Provider, known: &[&str]) -> Result<(), Failure> {
    if matches!(provider, Provider::Compatible(_)) {
        return Ok(());
    }
    let unknown = body.as_object().into_iter().flat_map(|body| body.keys()).find(|key| !known.contains(&key.as_str()));
    unknown.map_or(Ok(()), |key| {
        Err(Failure::invalid(format!("Unknown parameter: '{key}'.")).param(key).code("unknown_parameter"))
    })
}

pub(super) fn missing(param: &str) -> Failure {
    Failure::invalid(format!("Missing required parameter: '{param}'.")).param(param).code("missing_required_parameter")
}

pub(super) fn wrong_type(param: &str, expected: &str, got: &Value) -> Failure {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Failure::invalid(format!("Invalid type for '{param}': expected {expected}, but got {got} instead."))
        .param(param)
        .code("invalid_type")
}

pub(super) fn wrong_value(param: &str, value: &str, supported: &[&str]) -> Failure {
    let mut list: Vec<String> = supported.iter().map(|value| format!("'{value}'")).collect();
    if let Some(last) = list.last_mut().filter(|_| supported.len() > 1) {
        *last = format!("and {last}");
    }
    let list = list.join(", ");
    Failure::invalid(format!("Invalid value: '{value}'. Supported values are: {list}."))
        .param(param)
        .code("invalid_value")
}

pub(super) fn empty_array(param: &str) -> Failure {
    let message = format!(
        "Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    );
    Failure::invalid(message).param(param).code("empty_array")
}

/// A whole number of at least `least`, if the field is there and not null.
pub(super) fn integer(body: &Value, param: &str, least: i64) -> Result<Option<usize>, Failure> {
    let value = &body[param];
    if value.is_null() {
        return Ok(None);
    }
    let Some(number) = value.as_i64() else { return Err(wrong_type(param, "an integer", value)) };
    if number < least {
        let message = format!(
            "Invalid '{param}': integer below minimum value. Expected a value >= {least}, but got {number} instead."
        );
        return Err(Failure::invalid(message).param(param).code("integer_below_min_value"));
    }
    Ok(usize::try_from(number).ok())
}

/// Checks that a number is within its range, if the field is there and not null.
pub(super) fn decimal(body: &Value, param: &str, least: f64, most: f64) -> Result<(), Failure> {
    let value = &body[param];
    if value.is_null() {
        return Ok(());
    }
    let Some(number) = value.as_f64() else { return Err(wrong_type(param, "a decimal", value)) };
    let (direction, sign, bound, code) = if number < least {
        ("below minimum", ">=", least, "decimal_below_min_value")
    } else if number > most {
        ("above maximum", "<=", most, "decimal_above_max_value")
    } else {
        return Ok(());
    };
    let message = format!(
        "Invalid '{param}': decimal {direction} value. Expected a value {sign} {bound}, but got {value} instead."
    );
    Err(Failure::invalid(message).param(param).code(code))
}

/// The functions among the tools; `inner` gives the object that names the function.
pub(super) fn tools<'a>(body: &'a Value, inner: impl Fn(&'a Value) -> &'a Value) -> Result<Vec<Tool>, Failure> {
    let tools = match &body["tools"] {
        Value::Null => return Ok(Vec::new()),
        Value::Array(tools) => tools,
        other => return Err(wrong_type("tools", "an array of objects", other)),
    };
    let mut found = Vec::with_capacity(tools.len());
    for (at, tool) in tools.iter().enumerate() {
        if tool["type"] != "function" {
            // Tools that the provider runs itself, such as web search, are never called here.
            match tool["type"].as_str() {
                Some(_) => continue,
                None => return Err(missing(&format!("tools[{at}].type"))),
            }
        }
        let function = inner(tool);
        let Some(name) = function["name"].as_str().filter(|name| !name.is_empty()) else {
            return Err(missing(&format!(
                "tools[{at}].{}",
                if std::ptr::eq(function, tool) { "name" } else { "function.name" }
            )));
        };
        found.push(Tool {
            name: name.to_owned(),
            description: function["description"].as_str().unwrap_or_default().to_owned(),
            schema: function["parameters"].clone(),
        });
    }
    Ok(found)
}

/// `tool_choice` as text or as an object that names a function.
pub(super) fn tool_choice<'a>(
    body: &'a Value,
    tools: &[Tool],
    name: impl Fn(&'a Value) -> &'a Value,
) -> Result<ToolChoice, Failure> {
    let choice = &body["tool_choice"];
    if choice.is_null() {
        return Ok(ToolChoice::Auto);
    }
    if body["tools"].as_array().is_none_or(Vec::is_empty) {
        let message = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
        return Err(Failure::invalid(message).param("tool_choice"));
    }
    match choice {
        Value::String(text) => match text.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::Never),
            "required" => Ok(ToolChoice::Required),
            other => Err(wrong_value("tool_choice", other, &["none", "auto", "required"])),
        },
        Value::Object(object) if object.get("type").is_some_and(|kind| kind == "allowed_tools") => {
            let mode = choice["mode"].as_str().or(choice["allowed_tools"]["mode"].as_str());
            Ok(if mode == Some("required") { ToolChoice::Required } else { ToolChoice::Auto })
        }
        Value::Object(_) => {
            let named = name(choice).as_str().unwrap_or_default();
            if tools.iter().any(|tool| tool.name == named) {
                return Ok(ToolChoice::Named(named.to_owned()));
            }
            Err(Failure::invalid(format!("Tool choice '{named}' not found in 'tools' parameter.")).param("tool_choice"))
        }
        other => Err(wrong_type("tool_choice", "one of an object or string", other)),
    }
}
