//! From a request to its principal.

use super::authorization::Authorization;
use super::memory::OpenKey;
use super::verify::{check_claims, check_signature};
use crate::Deps;
use crate::protocol::{Fault, Name};
use chrono::{DateTime, TimeDelta, Utc};
use http::header;
use octavo_domain_kernel::{AuthenticateError, PortError, Principal};
use octavo_wiring_edge::Request;
use std::sync::Arc;

/// The purpose that secrets of access keys are sealed with.
pub(crate) const SECRET_PURPOSE: &str = "access-key";
/// The longest id of a key that is looked up, in characters.
const KEY_ID_CHARS_MAX: usize = 128;
/// How exactly it is known when a key was used last.
const USED_EVERY: TimeDelta = TimeDelta::hours(1);

/// Finds out who calls.
///
/// # Errors
///
/// The service's own errors of authentication.
pub(crate) async fn authenticate(deps: &Deps, request: &Request) -> Result<Principal, Fault> {
    let Some(value) = request.headers.get(&header::AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        let text = "Request must be signed with an access key (AWS Signature Version 4), or carry a bearer token";
        return Err(Fault::new(Name::MissingAuthenticationTokenException, text));
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => bearer(deps, token.trim()).await,
        _ => signed(deps, request, value).await,
    }
}

async fn signed(deps: &Deps, request: &Request, value: &str) -> Result<Principal, Fault> {
    let unknown =
        || Fault::new(Name::UnrecognizedClientException, "The security token included in the request is invalid.");
    let now = deps.clock.now();
    let authorization = Authorization::parse(value)?;
    let moment = check_claims(request, &authorization, now)?;
    // Sessions of a token service are not made here.
    if request.headers.contains_key("x-amz-security-token") {
        return Err(unknown());
    }
    let key = key(deps, authorization.key_id, now).await?.ok_or_else(unknown)?;
    check_signature(request, &authorization, moment, &key.secret)?;
    Ok(key.key.principal())
}

async fn key(deps: &Deps, id: &str, now: DateTime<Utc>) -> Result<Option<Arc<OpenKey>>, PortError> {
    let memory = &deps.memory.keys;
    if let Some(known) = memory.get(id) {
        return Ok(Some(known));
    }
    if id.len() > KEY_ID_CHARS_MAX || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let Some(mut key) = deps.access_keys.access_key_find(id).await? else { return Ok(None) };
    let secret = deps.sealer.open(&key.tenant, SECRET_PURPOSE, &key.sealed)?;
    let secret = String::from_utf8(secret.to_vec()).map_err(PortError::corrupt)?;
    if key.used_at.is_none_or(|used| now - used >= USED_EVERY) {
        key.used_at = Some(now);
        // Nobody is refused because this could not be noted.
        if let Err(error) = deps.access_keys.access_key_used(&key.tenant, id, now).await {
            tracing::warn!(%error, key = id, "the use of an access key could not be noted");
        }
    }
    let key = Arc::new(OpenKey { key, secret });
    memory.put(key.clone());
    Ok(Some(key))
}

async fn bearer(deps: &Deps, token: &str) -> Result<Principal, Fault> {
    deps.authenticator.authenticate(token).await.map_err(|error| match error {
        AuthenticateError::Unavailable(source) => source.into(),
        AuthenticateError::Invalid(_) | AuthenticateError::Expired => {
            Fault::new(Name::UnrecognizedClientException, format!("The token is not accepted: {error}"))
        }
    })
}
