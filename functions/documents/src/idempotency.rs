//! `Idempotency-Key`: the same request sent again gets the same answer and does nothing again.
//!
//! The key is committed in the transaction of the change that it names. Of two such requests at the same time one is
//! made; the other finds the key taken and gives the first one's answer, so nobody has to wait and ask again.

use crate::{Deps, DocumentsFault};
use chrono::{DateTime, Duration, Utc};
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_domain_documents::{IDEMPOTENCY_HOURS, IDEMPOTENCY_KEY_CHARS_MAX, IdempotencyKey, IdempotencyRecord};
use octavo_domain_kernel::Principal;
use octavo_wiring_edge::{EdgeFault, EntityTag, Problem, Request, Response};
use serde_json::Value;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request that has a key.
#[derive(Debug, Clone)]
pub(crate) struct Idempotency {
    key: IdempotencyKey,
    request_hash: String,
}

/// The key of the request, if it has one. `meaning` is what the request asks for, apart from method and path: not its
/// bytes, since a client that sends a file again may draw another multipart boundary.
pub(crate) fn read(request: &Request, principal: &Principal, meaning: &[u8]) -> Result<Option<Idempotency>, EdgeFault> {
    let Some(key) = request.header(&KEY)? else { return Ok(None) };
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_CHARS_MAX {
        return Err(EdgeFault::malformed(
            "header:Idempotency-Key",
            format!("expected 1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters"),
        ));
    }
    let mut hasher = blake3::Hasher::new();
    for part in [request.method.as_str().as_bytes(), request.path.as_bytes(), meaning] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let key = IdempotencyKey { user: principal.user.clone(), key: key.to_owned() };
    Ok(Some(Idempotency { key, request_hash: hasher.finalize().to_hex().to_string() }))
}

impl Idempotency {
    /// What is kept with the change.
    pub(crate) fn record(
        &self,
        status: StatusCode,
        answer: Value,
        revision: i64,
        now: DateTime<Utc>,
    ) -> IdempotencyRecord {
        IdempotencyRecord {
            key: self.key.clone(),
            request_hash: self.request_hash.clone(),
            status: status.as_u16(),
            answer,
            revision,
            expires_at: now + Duration::hours(IDEMPOTENCY_HOURS),
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
    let found = deps.store.idempotency_get(&principal.tenant, &idempotency.key, crate::change::now(deps)).await?;
    match found {
        None => Ok(None),
        Some(record) if record.request_hash != idempotency.request_hash => {
            Err(DocumentsFault::IdempotencyKeyReused.into())
        }
        Some(record) => Ok(Some(answer(&record))),
    }
}

fn answer(record: &IdempotencyRecord) -> Response {
    let status = StatusCode::from_u16(record.status).unwrap_or(StatusCode::OK);
    let response = Response::json(status, &record.answer)
        .with(header::ETAG, EntityTag(record.revision).header())
        .with(REPLAYED, HeaderValue::from_static("true"));
    match record.answer.get("id").and_then(Value::as_str) {
        Some(id) if status == StatusCode::CREATED => {
            response.with_text(header::LOCATION, &format!("/v1/documents/{id}"))
        }
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorise::tests::principal;
    use http::Method;

    fn request(key: &str) -> Request {
        let mut request = Request::default();
        (request.method, request.path) = (Method::POST, "/v1/documents".to_owned());
        request.headers.insert(KEY, HeaderValue::from_str(key).unwrap());
        request
    }

    #[test]
    fn the_hash_is_of_what_is_asked_for() {
        let ada = principal("ada", &[]);
        let hash = |request: &Request, meaning: &[u8]| read(request, &ada, meaning).unwrap().unwrap().request_hash;
        assert_eq!(hash(&request("a"), b"x"), hash(&request("b"), b"x"));
        assert_ne!(hash(&request("a"), b"x"), hash(&request("a"), b"y"));
        let mut elsewhere = request("a");
        elsewhere.path = "/v1/documents/1".to_owned();
        assert_ne!(hash(&request("a"), b"x"), hash(&elsewhere, b"x"));
    }

    #[test]
    fn a_key_has_a_length() {
        let ada = principal("ada", &[]);
        assert!(read(&Request::default(), &ada, b"").unwrap().is_none());
        assert!(read(&request(""), &ada, b"").is_err());
        assert!(read(&request(&"k".repeat(255)), &ada, b"").unwrap().is_some());
        assert!(read(&request(&"k".repeat(256)), &ada, b"").is_err());
    }
}
