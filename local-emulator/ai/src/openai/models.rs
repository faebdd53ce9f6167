//! `GET /models` and `GET /models/{id}`.

use serde_json::{Value, json};

use super::error::missing_model;
use super::headers;
use crate::app::Call;
use crate::failure::Failure;
use crate::models::{MISSING, OPENAI_MODELS};
use crate::provider::Operation;
use crate::reply::{Reply, Usage};

/// When the models are said to have been made: 1 January 2026.
const CREATED: u64 = 1_767_225_600;

pub(crate) fn models(call: &Call<'_>, operation: &Operation) -> Result<Reply, Failure> {
    let headers = headers::of(call, Usage::default(), false);
    match operation {
        Operation::Model(name) if name.starts_with(MISSING) => Err(missing_model(name)),
        Operation::Model(name) => Ok(Reply::json(200, headers, &model(name))),
        _ => {
            let models: Vec<Value> = OPENAI_MODELS.iter().map(|name| model(name)).collect();
            Ok(Reply::json(200, headers, &json!({"object": "list", "data": models})))
        }
    }
}

fn model(name: &str) -> Value {
    json!({"id": name, "object": "model", "created": CREATED, "owned_by": "system"})
}
