//! `POST /embeddings`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::missing_model;
use super::schema_check::{self as check, empty_array, missing, wrong_type, wrong_value};
use super::{headers, vector};
use crate::app::Call;
use crate::failure::Failure;
use crate::models::MISSING;
use crate::provider::Provider;
use crate::reply::{Reply, Usage};
use crate::tokens;

/// Texts of one request at most.
const INPUTS_MAX: usize = 2_048;

/// Tokens of one text at most.
const INPUT_TOKENS_MAX: usize = 8_192;

const DIMENSIONS: usize = 1_536;
const LARGE_DIMENSIONS: usize = 3_072;

pub(crate) fn embeddings(call: &Call<'_>, body: &Value) -> Result<Reply, Failure> {
    check::known_fields(body, call.provider, &["input", "model", "dimensions", "encoding_format", "user"])?;
    if call.model.is_empty() {
        return Err(Failure::invalid("you must provide a model parameter"));
    }
    if call.model.starts_with(MISSING) {
        return Err(missing_model(call.model));
    }
    let most = if call.model.contains("large") { LARGE_DIMENSIONS } else { DIMENSIONS };
    let dimensions = check::integer(body, "dimensions", 1)?.unwrap_or(most);
    if dimensions > most {
        let message = format!("Invalid value for 'dimensions' = {dimensions}. Must be less than or equal to {most}.");
        return Err(Failure::invalid(message).param("dimensions"));
    }
    let base64 = match body["encoding_format"].as_str() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => return Err(wrong_value("encoding_format", other, &["float", "base64"])),
    };
    // Who serves embeddings of their own counts by a vocabulary of their own, which is a small one.
    let count = match call.provider {
        Provider::Compatible(_) => tokens::count_words,
        _ => tokens::count_tokens,
    };
    let inputs = inputs(&body["input"], count)?;
    let mut total = 0;
    let mut data = Vec::with_capacity(inputs.len());
    for (index, (text, count)) in inputs.iter().enumerate() {
        if *count > INPUT_TOKENS_MAX {
            let message = format!(
                "This model's maximum context length is {INPUT_TOKENS_MAX} tokens, however you requested {count} tokens \
                 ({count} in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
            );
            return Err(Failure::invalid(message));
        }
        total += *count as u64;
        let vector = vector::embed(text, dimensions);
        let embedding = if base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            Value::String(STANDARD.encode(bytes))
        } else {
            json!(vector)
        };
        data.push(json!({"object": "embedding", "index": index, "embedding": embedding}));
    }
    let usage = match call.reported {
        Some(reported) => Usage { input: reported.input, ..Usage::default() },
        None => Usage { input: total, ..Usage::default() },
    };
    let body = json!({
        "object": "list", "data": data, "model": call.model,
        "usage": {"prompt_tokens": usage.input, "total_tokens": usage.input}
    });
    Ok(Reply::json(200, headers::of(call, usage, false), &body).with_usage(usage))
}

/// Each text with its tokens: a text, texts, tokens, or lists of tokens.
fn inputs(input: &Value, count: fn(&str) -> usize) -> Result<Vec<(String, usize)>, Failure> {
    let items = match input {
        Value::Null => return Err(missing("input")),
        Value::String(text) => return Ok(vec![text_of(text, "input", count)?]),
        Value::Array(items) if items.is_empty() => return Err(empty_array("input")),
        Value::Array(items) => items,
        other => return Err(wrong_type("input", "one of a string, array of strings, or array of integers", other)),
    };
    if items.len() > INPUTS_MAX && !items[0].is_number() {
        let message = format!(
            "Invalid 'input': array too long. Expected an array with maximum length {INPUTS_MAX}, but got an array with length {} instead.",
            items.len()
        );
        return Err(Failure::invalid(message).param("input").code("array_above_max_length"));
    }
    if items[0].is_number() {
        return Ok(vec![tokens_of(items)?]);
    }
    let one = |(at, item): (usize, &Value)| match item {
        Value::String(text) => text_of(text, &format!("input[{at}]"), count),
        Value::Array(tokens) if !tokens.is_empty() => tokens_of(tokens),
        other => Err(wrong_type(&format!("input[{at}]"), "a string", other)),
    };
    items.iter().enumerate().map(one).collect()
}

fn text_of(text: &str, param: &str, count: fn(&str) -> usize) -> Result<(String, usize), Failure> {
    if text.is_empty() {
        return Err(Failure::invalid(format!("Invalid '{param}': input cannot be an empty string.")).param("input"));
    }
    Ok((text.to_owned(), count(text)))
}

fn tokens_of(items: &[Value]) -> Result<(String, usize), Failure> {
    let read: Option<Vec<u32>> =
        items.iter().map(|token| token.as_u64().and_then(|token| u32::try_from(token).ok())).collect();
    let Some(read) = read else {
        return Err(wrong_type("input", "an array of integers", &Value::String(String::new())));
    };
    Ok((tokens::decode(&read), read.len()))
}
