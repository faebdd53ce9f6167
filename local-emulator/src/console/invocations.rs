//! The last invocations: `GET /_octavo/invocations`, and one of them whole.

use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, State};
use local_emulator_lambda::Record;
use serde_json::{Value, json};
use std::sync::Arc;

const SHOWN: usize = 50;

pub(super) async fn list(State(parts): State<Arc<Parts>>) -> Json<Value> {
    let items: Vec<Value> = parts.lambda.records().iter().take(SHOWN).map(|record| summary(record)).collect();
    Json(json!({ "items": items }))
}

pub(super) async fn show(State(parts): State<Arc<Parts>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let record = parts.lambda.records().into_iter().find(|record| record.request_id == id);
    let record = record.ok_or_else(|| Problem::not_found("invocation among the last ones"))?;
    let mut whole = summary(&record);
    if let Some(members) = whole.as_object_mut() {
        members.insert("event".to_owned(), json!(redacted(&record.event)));
        members.insert("response".to_owned(), json!(String::from_utf8_lossy(&record.response)));
        members.insert("log".to_owned(), json!(record.log.join("\n")));
        members.insert("trace_id".to_owned(), json!(record.trace_id));
    }
    Ok(Json(whole))
}

fn summary(record: &Record) -> Value {
    let status =
        serde_json::from_slice::<Value>(&record.response).ok().and_then(|response| response["statusCode"].as_u64());
    let result = match (record.failed, status) {
        (true, _) => "failed".to_owned(),
        (false, Some(status)) => status.to_string(),
        (false, None) => "ok".to_owned(),
    };
    json!({
        "request_id": record.request_id,
        "at": record.at,
        "function": record.function,
        "what": record.what,
        "result": result,
        "failed": record.failed || status.is_some_and(|status| status >= 500),
        "duration_ms": record.duration_ms,
        "cold": record.cold,
    })
}

/// The event without its token: whoever looks over somebody's shoulder must not get one.
fn redacted(event: &[u8]) -> String {
    match serde_json::from_slice::<Value>(event) {
        Ok(mut event) => {
            if let Some(authorization) = event.pointer_mut("/headers/authorization") {
                *authorization = json!("(redacted)");
            }
            event.to_string()
        }
        Err(_) => "(too large to show)".to_owned(),
    }
}
