//! `GET /v1/ai/providers`, and the tenant's own keys with them.

use super::only_admin;
use crate::{AiFault, Deps};
use chrono::{DateTime, SubsecRound, Utc};
use http::StatusCode;
use octavo_domain_ai::ports::ProviderKey;
use octavo_domain_kernel::FieldFault;
use octavo_wiring_edge::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What provider keys are sealed for.
pub(crate) const PROVIDER_KEY_PURPOSE: &str = "provider-key";
/// Characters of a provider's key.
const KEY_CHARS: std::ops::RangeInclusive<usize> = 8..=512;

/// A provider, and whose key is used with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderView {
    name: String,
    /// Where it processes data, if that is known.
    region: Option<String>,
    /// Whether the platform has a key with it.
    platform_key: bool,
    /// The last four characters of the tenant's own key, if it has one: then that one is used.
    own_key_hint: Option<String>,
    own_key_updated_at: Option<DateTime<Utc>>,
    /// Models that it offers.
    models: Vec<String>,
}

/// The tenant's own key with a provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProviderKey {
    /// 8 to 512 visible characters. Kept encrypted, and never shown again.
    key: String,
}

/// See the providers
#[utoipa::path(
    get, path = "/v1/ai/providers", tag = "ai", operation_id = "ai_providers",
    responses((status = 200, body = Vec<ProviderView>)), security(("token" = []))
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let own = deps.provider_keys.provider_key_list(&principal.tenant).await?;
    let view = |access: &crate::ProviderAccess| {
        let name = access.endpoint.name.clone();
        let key = own.iter().find(|key| key.provider == name);
        let offers = deps.options.catalogue.offers().iter().filter(|offer| offer.provider == name);
        ProviderView {
            region: access.endpoint.region.clone(),
            platform_key: access.key.is_some(),
            own_key_hint: key.map(|key| key.hint.clone()),
            own_key_updated_at: key.map(|key| key.updated_at),
            models: offers.map(|offer| offer.model.clone()).collect(),
            name,
        }
    };
    Ok(Response::json(StatusCode::OK, &deps.options.providers.iter().map(view).collect::<Vec<_>>()))
}

/// Set one's own key with a provider
///
/// It is used instead of the platform's from then on. Kept encrypted.
#[utoipa::path(
    put, path = "/v1/ai/providers/{provider}/key", tag = "ai", operation_id = "ai_provider_key_put",
    params(("provider" = String, Path)), request_body = NewProviderKey,
    responses((status = 204, description = "It is set")), security(("token" = []))
)]
pub(crate) async fn put_key(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let provider = provider(&deps, &request)?;
    let NewProviderKey { key } = request.json()?;
    if !KEY_CHARS.contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let field = FieldFault::new("key", "expected 8 to 512 visible ASCII characters");
        return Err(AiFault::Invalid(vec![field]).into());
    }
    let sealed = ProviderKey {
        provider,
        sealed: deps.sealer.seal(&principal.tenant, PROVIDER_KEY_PURPOSE, key.as_bytes()),
        hint: key[key.len() - 4..].to_owned(),
        updated_at: deps.clock.now().trunc_subsecs(6),
        updated_by: principal.user.clone(),
    };
    deps.provider_keys.provider_key_put(&principal.tenant, &sealed).await?;
    deps.policies.forget(&principal.tenant);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// Remove one's own key with a provider
#[utoipa::path(
    delete, path = "/v1/ai/providers/{provider}/key", tag = "ai", operation_id = "ai_provider_key_delete",
    params(("provider" = String, Path)),
    responses((status = 204, description = "It is gone"), (status = 404, description = "There was none (AI_0014)")),
    security(("token" = []))
)]
pub(crate) async fn delete_key(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let provider = provider(&deps, &request)?;
    if !deps.provider_keys.provider_key_delete(&principal.tenant, &provider).await? {
        return Err(AiFault::NotFound { what: "provider key" }.into());
    }
    deps.policies.forget(&principal.tenant);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

fn provider(deps: &Deps, request: &Request) -> Result<String, Problem> {
    let provider: String = request.param("provider")?;
    if !deps.options.providers.iter().any(|access| access.endpoint.name == provider) {
        return Err(AiFault::NotFound { what: "provider" }.into());
    }
    Ok(provider)
}
