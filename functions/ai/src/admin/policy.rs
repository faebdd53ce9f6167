//! `GET` and `PUT /v1/ai/policy`.

use super::only_admin;
use crate::{AiFault, Deps};
use chrono::{DateTime, SubsecRound, Utc};
use http::{StatusCode, header};
use octavo_domain_ai::limits::Policy;
use octavo_domain_ai::ports::StoredPolicy;
use octavo_domain_kernel::PortErrorKind;
use octavo_wiring_edge::{EntityTag, Problem, Request, Response, if_match};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The tenant's policy, and when it was changed last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyView {
    /// Counts the changes; 0 for what nobody has changed.
    revision: i64,
    policy: Policy,
    updated_at: Option<DateTime<Utc>>,
    updated_by: Option<String>,
}

fn answer(stored: StoredPolicy) -> Response {
    let tag = EntityTag(stored.revision).header();
    let view = PolicyView {
        revision: stored.revision,
        policy: stored.policy,
        updated_at: stored.updated_at,
        updated_by: stored.updated_by.map(String::from),
    };
    Response::json(StatusCode::OK, &view).with(header::ETAG, tag)
}

async fn current(deps: &Deps, request: &Request) -> Result<StoredPolicy, Problem> {
    let stored = deps.policy_store.policy_get(&request.principal()?.tenant).await?;
    let default = || StoredPolicy { revision: 0, policy: Policy::default(), updated_at: None, updated_by: None };
    Ok(stored.unwrap_or_else(default))
}

/// Read the policy
///
/// Rates, budgets, allowed models and providers, cache, safety.
#[utoipa::path(
    get, path = "/v1/ai/policy", tag = "ai", operation_id = "ai_policy_read",
    responses((status = 200, body = PolicyView, headers(("ETag" = String)))), security(("token" = []))
)]
pub(crate) async fn read(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    only_admin(request.principal()?)?;
    Ok(answer(current(&deps, &request).await?))
}

/// Change the policy
///
/// As a whole, on the revision that was read (`If-Match`). Takes effect everywhere within 5 seconds.
#[utoipa::path(
    put, path = "/v1/ai/policy", tag = "ai", operation_id = "ai_policy_write", request_body = Policy,
    params(("If-Match" = String, Header, description = "The revision that was read: \"r0\" for the first change")),
    responses(
        (status = 200, body = PolicyView, headers(("ETag" = String))),
        (status = 412, description = "It was changed in between (AI_0015)"),
        (status = 428, description = "If-Match is missing (AI_0016)"),
    ),
    security(("token" = []))
)]
pub(crate) async fn write(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let policy: Policy = request.json()?;
    policy.validate(&deps.options.catalogue).map_err(AiFault::Invalid)?;
    let Some(EntityTag(expected)) = if_match(&request)? else { return Err(AiFault::PolicyUnconditional.into()) };
    let stored = StoredPolicy {
        revision: expected + 1,
        policy,
        updated_at: Some(deps.clock.now().trunc_subsecs(6)),
        updated_by: Some(principal.user.clone()),
    };
    match deps.policy_store.policy_put(&principal.tenant, &stored, expected).await {
        Ok(()) => {
            deps.policies.forget(&principal.tenant);
            Ok(answer(stored))
        }
        Err(error) if error.kind == PortErrorKind::Conflict => {
            let current = current(&deps, &request).await?.revision;
            Err(AiFault::PolicyStale { current }.into())
        }
        Err(error) => Err(error.into()),
    }
}
