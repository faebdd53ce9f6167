//! `GET /models` and `GET /models/{id}`.

use hyper::header::HeaderMap;
use serde_json::{Value, json};

use super::{access, headers};
use crate::app::Call;
use crate::failure::Failure;
use crate::models::{ANTHROPIC_MODELS, MISSING};
use crate::provider::Operation;
use crate::reply::{Reply, Usage};

/// Models of a page, if the request does not say how many.
const LIMIT: usize = 20;

pub(crate) fn models(
    call: &Call<'_>,
    request_headers: &HeaderMap,
    operation: &Operation,
    query: Option<&str>,
) -> Result<Reply, Failure> {
    access::version(request_headers)?;
    let headers = headers::of(call, Usage::default(), false);
    if let Operation::Model(name) = operation {
        if name.starts_with(MISSING) {
            return Err(Failure::new(404, format!("model: {name}")));
        }
        return Ok(Reply::json(200, headers, &model(name)));
    }
    let value = |name: &str| {
        query
            .unwrap_or_default()
            .split('&')
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    };
    let limit = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(LIMIT);
    let after =
        value("after_id").and_then(|id| ANTHROPIC_MODELS.iter().position(|name| *name == id)).map_or(0, |at| at + 1);
    let rest = &ANTHROPIC_MODELS[after..];
    let page = &rest[..limit.min(rest.len())];
    let data: Vec<Value> = page.iter().map(|name| model(name)).collect();
    let body = json!({
        "data": data, "has_more": page.len() < rest.len(), "first_id": page.first(), "last_id": page.last()
    });
    Ok(Reply::json(200, headers, &body))
}

fn model(name: &str) -> Value {
    let words: Vec<&str> = name.split('-').collect();
    let (digits, names): (Vec<&str>, Vec<&str>) =
        words.iter().partition(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let names: Vec<String> = names
        .iter()
        .map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect())
        .collect();
    let display = format!("{} {}", names.join(" "), digits.join("."));
    json!({"type": "model", "id": name, "display_name": display.trim(), "created_at": "2026-01-01T00:00:00Z"})
}
