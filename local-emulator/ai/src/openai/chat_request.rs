//! A request to `POST /chat/completions`, checked as OpenAI checks it.

use serde_json::Value;

use super::error::missing_model;
use super::parts;
use super::schema_check::{self as check, empty_array, missing, wrong_type, wrong_value};
use crate::app::{CONTEXT_TOKENS_MAX, Call};
use crate::failure::Failure;
use crate::models::MISSING;
use crate::prompt::{Effort, Format, Message, Part, Prompt, Role};
use crate::provider::Provider;

/// Answers to one request at most.
const CHOICES_MAX: usize = 128;

/// Stop sequences at most.
const STOPS_MAX: usize = 4;

const FIELDS: &[&str] = &[
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Azure's fields beside OpenAI's.
const AZURE_FIELDS: &[&str] = &["data_sources", "user_security_context"];

/// What is asked.
#[derive(Debug)]
pub(super) struct ChatRequest {
    pub(super) prompt: Prompt,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    /// How many answers.
    pub(super) choices: usize,
}

pub(super) fn read(call: &Call<'_>, body: &Value) -> Result<ChatRequest, Failure> {
    let azure = *call.provider == Provider::Azure;
    if azure {
        check::known_fields(body, call.provider, &[FIELDS, AZURE_FIELDS].concat())?;
    } else {
        check::known_fields(body, call.provider, FIELDS)?;
    }
    if call.model.is_empty() {
        return Err(Failure::invalid("you must provide a model parameter"));
    }
    let messages = match &body["messages"] {
        Value::Null => return Err(missing("messages")),
        Value::Array(messages) if messages.is_empty() => return Err(empty_array("messages")),
        Value::Array(messages) => read_messages(messages)?,
        other => return Err(wrong_type("messages", "an array of objects", other)),
    };
    check::decimal(body, "temperature", 0.0, 2.0)?;
    check::decimal(body, "top_p", 0.0, 1.0)?;
    check::decimal(body, "presence_penalty", -2.0, 2.0)?;
    check::decimal(body, "frequency_penalty", -2.0, 2.0)?;
    let max_tokens = check::integer(body, "max_tokens", 1)?;
    let max_completion_tokens = check::integer(body, "max_completion_tokens", 1)?;
    if max_tokens.is_some() && max_completion_tokens.is_some() {
        let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(Failure::invalid(message).param("max_tokens").code("invalid_parameter_combination"));
    }
    let choices = check::integer(body, "n", 1)?.unwrap_or(1);
    if choices > CHOICES_MAX {
        let message = format!(
            "Invalid 'n': integer above maximum value. Expected a value <= {CHOICES_MAX}, but got {choices} instead."
        );
        return Err(Failure::invalid(message).param("n").code("integer_above_max_value"));
    }
    let stream = match &body["stream"] {
        Value::Null => false,
        Value::Bool(stream) => *stream,
        other => return Err(wrong_type("stream", "a boolean", other)),
    };
    if !stream && !body["stream_options"].is_null() {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Failure::invalid(message).param("stream_options"));
    }
    let tools = check::tools(body, |tool| &tool["function"])?;
    if body["tools"].as_array().is_some_and(Vec::is_empty) {
        return Err(empty_array("tools"));
    }
    let tool_choice = check::tool_choice(body, &tools, |choice| &choice["function"]["name"])?;
    let prompt = Prompt {
        tools,
        tool_choice,
        parallel: body["parallel_tool_calls"].as_bool().unwrap_or(true),
        max_tokens: max_completion_tokens.or(max_tokens),
        stop: stops(&body["stop"])?,
        format: format(&body["response_format"], &messages)?,
        effort: effort(&body["reasoning_effort"], "reasoning_effort")?,
        messages,
    };
    if call.model.starts_with(MISSING) {
        return Err(missing_model(call.model));
    }
    fits(&prompt, "messages")?;
    Ok(ChatRequest { prompt, stream, include_usage: body["stream_options"]["include_usage"] == true, choices })
}

/// A prompt that is larger than the model's context is refused.
pub(super) fn fits(prompt: &Prompt, param: &str) -> Result<(), Failure> {
    let tokens = prompt.tokens();
    if tokens <= CONTEXT_TOKENS_MAX {
        return Ok(());
    }
    let message = format!(
        "This model's maximum context length is {CONTEXT_TOKENS_MAX} tokens. However, your messages resulted in {tokens} \
         tokens. Please reduce the length of the messages."
    );
    Err(Failure::invalid(message).param(param).code("context_length_exceeded"))
}

fn read_messages(messages: &[Value]) -> Result<Vec<Message>, Failure> {
    let mut read = Vec::with_capacity(messages.len());
    // Calls that wait for their results, and where they were made.
    let mut open: Vec<(&str, usize)> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let here = format!("messages[{at}]");
        let role = match &message["role"] {
            Value::Null => return Err(missing(&format!("{here}.role"))),
            Value::String(role) => role.as_str(),
            other => return Err(wrong_type(&format!("{here}.role"), "a string", other)),
        };
        if role != "tool" {
            answered(&open)?;
        }
        let mut parts = parts::read(&message["content"], &format!("{here}.content"))?;
        let role = match role {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => {
                for (number, tool_call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
                    let Some(id) = tool_call["id"].as_str() else {
                        return Err(missing(&format!("{here}.tool_calls[{number}].id")));
                    };
                    open.push((id, at));
                    parts.push(Part::Call {
                        name: tool_call["function"]["name"].as_str().unwrap_or_default().to_owned(),
                        arguments: tool_call["function"]["arguments"].as_str().unwrap_or_default().to_owned(),
                    });
                }
                if message["tool_calls"].as_array().is_some_and(Vec::is_empty) {
                    return Err(empty_array(&format!("{here}.tool_calls")));
                }
                Role::Assistant
            }
            "tool" | "function" => {
                if role == "tool" {
                    let Some(id) = message["tool_call_id"].as_str() else {
                        return Err(missing(&format!("{here}.tool_call_id")));
                    };
                    let Some(known) = open.iter().position(|(call, _)| *call == id) else {
                        let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding \
                                       message with 'tool_calls'.";
                        return Err(Failure::invalid(message).param(format!("messages.[{at}].role")));
                    };
                    open.remove(known);
                }
                let text = Message { role: Role::Tool, parts }.joined();
                parts = vec![Part::Output(text)];
                Role::Tool
            }
            other => {
                let supported = ["system", "assistant", "user", "function", "tool", "developer"];
                return Err(wrong_value(&format!("{here}.role"), other, &supported));
            }
        };
        if parts.is_empty() && role != Role::Assistant && message["content"].is_null() {
            return Err(wrong_type(&format!("{here}.content"), "one of a string or array of objects", &Value::Null));
        }
        read.push(Message { role, parts });
    }
    answered(&open)?;
    Ok(merge_results(read))
}

/// Every call must have its result before anybody else speaks.
fn answered(open: &[(&str, usize)]) -> Result<(), Failure> {
    let Some((_, at)) = open.first() else { return Ok(()) };
    let ids: Vec<&str> = open.iter().map(|(id, _)| *id).collect();
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The \
         following tool_call_ids did not have response messages: {}",
        ids.join(", ")
    );
    Err(Failure::invalid(message).param(format!("messages.[{at}].role")))
}

/// The results of parallel calls are told together, though each is a message: the last one keeps them all to answer
/// from. The tokens of each message stay counted.
fn merge_results(mut messages: Vec<Message>) -> Vec<Message> {
    let trailing = messages.iter().rev().take_while(|message| message.role == Role::Tool).count();
    let from = messages.len() - trailing;
    for at in from..messages.len().saturating_sub(1) {
        let moved = std::mem::take(&mut messages[at].parts);
        if let Some(last) = messages.last_mut() {
            let place = last.parts.len() - 1;
            last.parts.splice(place..place, moved);
        }
    }
    messages
}

fn stops(stop: &Value) -> Result<Vec<String>, Failure> {
    let texts = match stop {
        Value::Null => return Ok(Vec::new()),
        Value::String(text) => return Ok(vec![text.clone()]),
        Value::Array(texts) => texts,
        other => return Err(wrong_type("stop", "one of a string or array of strings", other)),
    };
    if texts.len() > STOPS_MAX {
        let message = format!(
            "Invalid 'stop': array too long. Expected an array with maximum length {STOPS_MAX}, but got an array with length {} instead.",
            texts.len()
        );
        return Err(Failure::invalid(message).param("stop").code("array_above_max_length"));
    }
    Ok(texts.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn format(format: &Value, messages: &[Message]) -> Result<Format, Failure> {
    match (format, format["type"].as_str()) {
        (Value::Null, _) | (_, Some("text")) => Ok(Format::Text),
        (_, Some("json_object")) => {
            if messages.iter().any(|message| message.joined().to_lowercase().contains("json")) {
                return Ok(Format::Json);
            }
            let message =
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
            Err(Failure::invalid(message).param("messages"))
        }
        (_, Some("json_schema")) => match (&format["json_schema"]["name"], &format["json_schema"]["schema"]) {
            (Value::Null, _) => Err(missing("response_format.json_schema.name")),
            (_, Value::Null) => Err(missing("response_format.json_schema.schema")),
            (_, schema) => Ok(Format::Schema(schema.clone())),
        },
        (_, Some(other)) => Err(wrong_value("response_format.type", other, &["json_object", "json_schema", "text"])),
        _ => Err(missing("response_format.type")),
    }
}

pub(super) fn effort(effort: &Value, param: &str) -> Result<Effort, Failure> {
    let Some(name) = effort.as_str() else { return Ok(Effort::default()) };
    let supported = ["none", "minimal", "low", "medium", "high", "xhigh"];
    Effort::named(name).filter(|_| supported.contains(&name)).ok_or_else(|| wrong_value(param, name, &supported))
}
