//! A request to `POST /messages`, checked as Anthropic checks it.

use hyper::header::HeaderMap;
use serde_json::Value;

use super::access::{self, Version};
use super::{tools, turns};
use crate::app::{CONTEXT_TOKENS_MAX, Call};
use crate::failure::Failure;
use crate::models::MISSING;
use crate::prompt::{Effort, Format, Prompt};

/// The least that `thinking.budget_tokens` may be.
const THINKING_TOKENS_MIN: u64 = 1_024;

const SAMPLING: &[&str] = &["temperature", "top_p", "top_k"];

const FIELDS: &[&str] = &[
    "max_tokens",
    "messages",
    "model",
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "mcp_servers",
    "metadata",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
    "workspace_id",
];

/// Effort of reasoning that names none.
const EFFORT: Effort = Effort(2);

/// What is asked.
#[derive(Debug)]
pub(super) struct MessagesRequest {
    pub(super) prompt: Prompt,
    pub(super) stream: bool,
    /// Whether any part is marked by `cache_control`.
    pub(super) marks_cache: bool,
}

/// Reads a request for an answer.
pub(super) fn read(call: &Call<'_>, headers: &HeaderMap, body: &Value) -> Result<MessagesRequest, Failure> {
    let version = access::version(headers)?;
    let mut prompt = prompt(call, body)?;
    if version == Version::October2026
        && let Some(name) = SAMPLING.iter().find(|name| body.get(**name).is_some())
    {
        return Err(Failure::invalid(format!(
            "{name}: sampling parameters are not supported in API version 2026-10-21"
        )));
    }
    let max_tokens = match &body["max_tokens"] {
        Value::Null => return Err(Failure::invalid("max_tokens: Field required")),
        value => match value.as_i64() {
            None => return Err(Failure::invalid("max_tokens: Input should be a valid integer")),
            Some(..1) => return Err(Failure::invalid("max_tokens: Input should be greater than or equal to 1")),
            Some(number) => number.unsigned_abs(),
        },
    };
    in_unit_range(body, "temperature")?;
    in_unit_range(body, "top_p")?;
    prompt.max_tokens = usize::try_from(max_tokens).ok();
    prompt.effort = effort(body, max_tokens)?;
    prompt.stop = stops(&body["stop_sequences"])?;
    let stream = match &body["stream"] {
        Value::Null => false,
        Value::Bool(stream) => *stream,
        _ => return Err(Failure::invalid("stream: Input should be a valid boolean")),
    };
    missing_model(call)?;
    let tokens = prompt.tokens();
    if tokens > CONTEXT_TOKENS_MAX {
        return Err(Failure::invalid(format!("prompt is too long: {tokens} tokens > {CONTEXT_TOKENS_MAX} maximum")));
    }
    Ok(MessagesRequest { prompt, stream, marks_cache: marks_cache(body) })
}

/// Reads a request to count its tokens.
pub(super) fn read_to_count(call: &Call<'_>, headers: &HeaderMap, body: &Value) -> Result<Prompt, Failure> {
    access::version(headers)?;
    let prompt = prompt(call, body)?;
    missing_model(call)?;
    Ok(prompt)
}

/// What both have.
fn prompt(call: &Call<'_>, body: &Value) -> Result<Prompt, Failure> {
    let unknown = body.as_object().into_iter().flat_map(|body| body.keys()).find(|key| !FIELDS.contains(&key.as_str()));
    if let Some(key) = unknown {
        return Err(Failure::invalid(format!("{key}: Extra inputs are not permitted")));
    }
    if call.model.is_empty() {
        return Err(Failure::invalid("model: Field required"));
    }
    let messages = turns::read(body)?;
    let tools = tools::read(body)?;
    let (tool_choice, parallel) = tools::choice(body, &tools)?;
    let format = match (body["output_config"]["format"]["type"].as_str(), &body["output_config"]["format"]["schema"]) {
        (None, _) => Format::Text,
        (Some("json_schema"), schema @ Value::Object(_)) => Format::Schema(schema.clone()),
        (Some("json_schema"), _) => return Err(Failure::invalid("output_config.format.schema: Field required")),
        (Some(_), _) => return Err(Failure::invalid("output_config.format.type: Input should be 'json_schema'")),
    };
    Ok(Prompt { messages, tools, tool_choice, parallel, format, ..Prompt::default() })
}

fn missing_model(call: &Call<'_>) -> Result<(), Failure> {
    if call.model.starts_with(MISSING) {
        return Err(Failure::new(404, format!("model: {}", call.model)));
    }
    Ok(())
}

fn in_unit_range(body: &Value, name: &str) -> Result<(), Failure> {
    match &body[name] {
        Value::Null => Ok(()),
        value => match value.as_f64() {
            Some(0.0..=1.0) => Ok(()),
            Some(_) => Err(Failure::invalid(format!("{name}: range: 0..1"))),
            None => Err(Failure::invalid(format!("{name}: Input should be a valid number"))),
        },
    }
}

fn effort(body: &Value, max_tokens: u64) -> Result<Effort, Failure> {
    let thinking = &body["thinking"];
    let asked = &body["output_config"]["effort"];
    let named = match asked {
        Value::Null => EFFORT,
        _ => asked.as_str().and_then(Effort::named).ok_or_else(|| {
            Failure::invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
        })?,
    };
    match thinking["type"].as_str() {
        None if thinking.is_null() => Ok(Effort::default()),
        Some("disabled" | "between_tools") => Ok(Effort::default()),
        Some("adaptive") => Ok(named),
        Some("enabled") => match thinking["budget_tokens"].as_u64() {
            None => Err(Failure::invalid("thinking.enabled.budget_tokens: Field required")),
            Some(budget) if budget < THINKING_TOKENS_MIN => {
                Err(Failure::invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"))
            }
            Some(budget) if budget >= max_tokens => {
                Err(Failure::invalid("`max_tokens` must be greater than `thinking.budget_tokens`."))
            }
            Some(_) => Ok(named),
        },
        _ => Err(Failure::invalid(
            "thinking: Input tag found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'",
        )),
    }
}

fn stops(stops: &Value) -> Result<Vec<String>, Failure> {
    match stops {
        Value::Null => Ok(Vec::new()),
        Value::Array(texts) => {
            let texts: Vec<String> = texts.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            if texts.iter().any(|text| text.trim().is_empty()) {
                return Err(Failure::invalid("stop_sequences: each stop sequence must contain non-whitespace"));
            }
            Ok(texts)
        }
        _ => Err(Failure::invalid("stop_sequences: Input should be a valid list")),
    }
}

fn marks_cache(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            object.get("cache_control").is_some_and(|mark| !mark.is_null()) || object.values().any(marks_cache)
        }
        Value::Array(items) => items.iter().any(marks_cache),
        _ => false,
    }
}
