//! `Idempotency-Key`: the same request sent again gets the same answer and makes nothing again. Kept beside the other
//! features' records, so that one key is one request of the whole platform.

use crate::commit::now;
use crate::{Deps, GenerateFault};
use chrono::{DateTime, Duration, Utc};
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_domain_documents::{IDEMPOTENCY_HOURS, IDEMPOTENCY_KEY_CHARS_MAX, IdempotencyKey, IdempotencyRecord};
use octavo_domain_generate::Remembered;
use octavo_domain_kernel::Principal;
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response};
use serde_json::Value;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request that has a key.
#[derive(Debug, Clone)]
pub(crate) struct Idempotency {
    key: IdempotencyKey,
    request_hash: String,
}

/// The key of the request, if it has one. `meaning` is what it asks for, apart from method and path.
pub(crate) fn read(request: &Request, principal: &Principal, meaning: &[u8]) -> Result<Option<Idempotency>, EdgeFault> {
    let Some(key) = request.header(&KEY)? else { return Ok(None) };
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_CHARS_MAX {
        let message = format!("expected 1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters");
        return Err(EdgeFault::malformed("header:Idempotency-Key", message));
    }
    let mut hasher = blake3::Hasher::new();
    for part in [request.method.as_str().as_bytes(), request.path.as_bytes(), meaning] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let key = IdempotencyKey { user: principal.user.clone(), key: key.to_owned() };
    Ok(Some(Idempotency { key, request_hash: hasher.finalize().to_hex().to_string() }))
}

impl Idempotency {
    /// What is kept with the generation.
    pub(crate) fn remembered(&self, answer: Value, at: DateTime<Utc>) -> Remembered {
        Remembered {
            key: self.key.key.clone(),
            request_hash: self.request_hash.clone(),
            status: StatusCode::ACCEPTED.as_u16(),
            answer,
            expires_at: at + Duration::hours(IDEMPOTENCY_HOURS),
        }
    }
}

/// The answer that was given to the same request before, if it was.
pub(crate) async fn replay(
    deps: &Deps,
    principal: &Principal,
    idempotency: Option<&Idempotency>,
) -> Result<Option<Response>, Problem> {
    let Some(idempotency) = idempotency else { return Ok(None) };
    let found = deps.documents.idempotency_get(&principal.tenant, &idempotency.key, now(deps)).await?;
    match found {
        None => Ok(None),
        Some(record) if record.request_hash != idempotency.request_hash => {
            Err(GenerateFault::IdempotencyKeyReused.into())
        }
        Some(record) => Ok(Some(answer(&record))),
    }
}

fn answer(record: &IdempotencyRecord) -> Response {
    let status = StatusCode::from_u16(record.status).unwrap_or(StatusCode::ACCEPTED);
    let response = Response::json(status, &record.answer).with(REPLAYED, HeaderValue::from_static("true"));
    match record.answer.get("id").and_then(Value::as_str) {
        Some(id) => response.with_text(header::LOCATION, &format!("/v1/generations/{id}")),
        None => response,
    }
}
