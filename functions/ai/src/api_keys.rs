//! API keys: `POST` and `GET /v1/ai/keys`, `DELETE /v1/ai/keys/{id}`; and who acts with one.
//!
//! A key's text is `oct-TENANT.ID.SECRET`. It names its tenant, so that it is looked for there and nowhere else.

use crate::{AiFault, Deps};
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use octavo_domain_ai::ports::{ApiKey, ApiKeyStore};
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, Clock, FieldFault, Ids, PortErrorKind, Principal, TenantId,
};
use octavo_wiring_edge::{Problem, Request, Response};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

/// Begins every key, so that it can be told from a token and found in what should not hold it.
pub(crate) const PREFIX: &str = "oct-";
/// A key is remembered for so long: so long a revoked one may still be accepted.
const REMEMBERED: Duration = Duration::from_secs(10);
/// Keys that are remembered; beyond this all are forgotten.
const REMEMBERED_MAX: usize = 10_000;
const NAME_CHARS_MAX: usize = 100;
/// Days that a key may live.
const DAYS_MAX: u32 = 3_650;

/// What a new key is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What it is for; 1 to 100 characters.
    name: String,
    /// Days that it lives; for ever if not said.
    #[serde(default)]
    expires_in_days: Option<u32>,
    /// Roles that it has, of those of whoever makes it; none if not said.
    #[serde(default)]
    roles: BTreeSet<String>,
}

/// A key as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    id: Uuid,
    name: String,
    /// In whose name it acts.
    user: String,
    /// The last four characters.
    hint: String,
    roles: BTreeSet<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// The key itself: shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl KeyView {
    fn of(key: ApiKey, text: Option<String>) -> Self {
        let ApiKey { id, name, user, hint, roles, created_at, expires_at, revoked_at, .. } = key;
        Self { id, name, user: user.into(), hint, roles, created_at, expires_at, revoked_at, key: text }
    }
}

/// Make an API key
///
/// It acts in the name of whoever makes it, with the same groups and with the roles that are named. The key is shown
/// once.
#[utoipa::path(
    post, path = "/v1/ai/keys", tag = "ai", operation_id = "api_key_create", request_body = NewKey,
    responses((status = 201, body = KeyView)), security(("token" = []))
)]
pub(crate) async fn create(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?.clone();
    let input: NewKey = request.json()?;
    let mut faults = Vec::new();
    let name = input.name.trim().to_owned();
    if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) {
        faults.push(FieldFault::new("name", format!("expected 1 to {NAME_CHARS_MAX} characters")));
    }
    if input.expires_in_days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        faults.push(FieldFault::new("expires_in_days", format!("expected 1 to {DAYS_MAX}")));
    }
    for role in input.roles.difference(&principal.roles) {
        faults.push(FieldFault::new("roles", format!("you do not have the role {role}")));
    }
    if !faults.is_empty() {
        return Err(AiFault::Invalid(faults).into());
    }
    let (id, now, secret) = (deps.ids.next(), deps.clock.now(), secret(&*deps.ids));
    let text = format!("{PREFIX}{}.{}.{secret}", principal.tenant, id.simple());
    let key = ApiKey {
        id,
        tenant: principal.tenant,
        user: principal.user,
        name,
        secret_hash: Sha256::digest(secret.as_bytes()).to_vec(),
        hint: secret[secret.len() - 4..].to_owned(),
        groups: principal.groups.into_iter().map(String::from).collect(),
        roles: input.roles,
        created_at: now,
        expires_at: input.expires_in_days.map(|days| now + TimeDelta::days(i64::from(days))),
        revoked_at: None,
    };
    deps.api_keys.api_key_insert(&key).await.map_err(|error| match error.kind {
        PortErrorKind::Conflict => AiFault::KeysFull,
        _ => error.into(),
    })?;
    Ok(Response::json(StatusCode::CREATED, &KeyView::of(key, Some(text))))
}

/// List API keys
///
/// One's own; an administrator sees all of the tenant.
#[utoipa::path(
    get, path = "/v1/ai/keys", tag = "ai", operation_id = "api_key_list",
    responses((status = 200, body = Vec<KeyView>)), security(("token" = []))
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let all = crate::admin::is_admin(principal);
    let keys = deps.api_keys.api_key_list(&principal.tenant).await?;
    let mine = keys.into_iter().filter(|key| all || key.user == principal.user);
    Ok(Response::json(StatusCode::OK, &mine.map(|key| KeyView::of(key, None)).collect::<Vec<_>>()))
}

/// Revoke an API key
///
/// One's own; an administrator may revoke any of the tenant. Takes effect within 10 seconds.
#[utoipa::path(
    delete, path = "/v1/ai/keys/{id}", tag = "ai", operation_id = "api_key_revoke",
    params(("id" = Uuid, Path, description = "The key's id")),
    responses((status = 204, description = "It is revoked"), (status = 404, description = "There is none (AI_0014)")),
    security(("token" = []))
)]
pub(crate) async fn revoke(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let id: Uuid = request.param("id")?;
    let missing = || AiFault::NotFound { what: "API key" };
    let key = deps.api_keys.api_key_get(&principal.tenant, id).await?.ok_or_else(missing)?;
    if key.user != principal.user && !crate::admin::is_admin(principal) {
        // Whose keys there are is nobody else's business.
        return Err(missing().into());
    }
    deps.api_keys.api_key_revoke(&principal.tenant, id, deps.clock.now()).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// 43 characters that nobody can guess: identifiers carry 74 random bits each, and the hash of four of them 256.
fn secret(ids: &dyn Ids) -> String {
    let mut hasher = blake3::Hasher::new();
    for _ in 0..4 {
        hasher.update(ids.next().as_bytes());
    }
    BASE64_URL_SAFE_NO_PAD.encode(hasher.finalize().as_bytes())
}

/// Accepts API keys, and whatever `tokens` accepts.
pub struct ApiKeys {
    tokens: Arc<dyn Authenticator>,
    store: Arc<dyn ApiKeyStore>,
    clock: Arc<dyn Clock>,
    remembered: Mutex<HashMap<[u8; 32], (ApiKey, Instant)>>,
}

impl ApiKeys {
    /// API keys of `store` beside `tokens`.
    pub fn new(tokens: Arc<dyn Authenticator>, store: Arc<dyn ApiKeyStore>, clock: Arc<dyn Clock>) -> Self {
        Self { tokens, store, clock, remembered: Mutex::default() }
    }

    async fn key(&self, text: &str) -> Result<Option<ApiKey>, AuthenticateError> {
        let name: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let known = self.remembered.lock().get(&name).cloned();
        if let Some((key, until)) = known
            && Instant::now() < until
        {
            return Ok(Some(key));
        }
        let Some((tenant, id, secret)) = parse(text) else { return Ok(None) };
        let found = self.store.api_key_get(&tenant, id).await.map_err(AuthenticateError::Unavailable)?;
        let hash = Sha256::digest(secret.as_bytes());
        let found = found.filter(|key| bool::from(key.secret_hash.as_slice().ct_eq(&hash)));
        if let Some(key) = &found {
            let mut remembered = self.remembered.lock();
            if remembered.len() >= REMEMBERED_MAX {
                remembered.clear();
            }
            remembered.insert(name, (key.clone(), Instant::now() + REMEMBERED));
        }
        Ok(found)
    }
}

fn parse(text: &str) -> Option<(TenantId, Uuid, &str)> {
    let mut parts = text.strip_prefix(PREFIX)?.split('.');
    let (tenant, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
    let complete = parts.next().is_none() && id.len() == 32;
    complete.then_some((tenant.parse().ok()?, Uuid::try_parse(id).ok()?, secret))
}

#[async_trait]
impl Authenticator for ApiKeys {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        if !token.starts_with(PREFIX) {
            return self.tokens.authenticate(token).await;
        }
        let refused = || AuthenticateError::Invalid("it is no API key of this platform, or was revoked".to_owned());
        let key = self.key(token).await?.ok_or_else(refused)?;
        let now = self.clock.now();
        if key.expires_at.is_some_and(|end| end <= now) {
            return Err(AuthenticateError::Expired);
        }
        key.principal(now).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_tenant_and_itself() {
        let id = Uuid::from_u128(7);
        let text = format!("oct-acme-2.{}.s3cret", id.simple());
        let (tenant, found, secret) = parse(&text).unwrap();
        assert_eq!((tenant.as_str(), found, secret), ("acme-2", id, "s3cret"));
        for bad in ["acme.x.y", "oct-acme", "oct-Acme.00000000000000000000000000000007.s", "oct-acme.7.s"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
