//! `GET /v1/ai/breakers`, and a person's orders to them: cooldowns can be seen, extended and ended.

use super::{is_admin, only_operator};
use crate::{AiFault, Deps};
use http::StatusCode;
use octavo_domain_ai::models::TargetId;
use octavo_domain_ai::ports::BreakerView;
use octavo_domain_kernel::FieldFault;
use octavo_wiring_edge::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// Longest time that a breaker can be held open: a day.
const HOLD_SECONDS_MAX: u64 = 86_400;

/// A target's breaker.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakerAnswer {
    provider: String,
    model: String,
    /// `closed`, `open` or `half_open`.
    phase: &'static str,
    /// Milliseconds that it stays open.
    open_for_ms: Option<u64>,
    /// Mean time to the first token, in milliseconds.
    latency_ms: Option<u64>,
    calls: u32,
    failures: u32,
    slow: u32,
    last_failure: Option<String>,
}

impl From<BreakerView> for BreakerAnswer {
    fn from(view: BreakerView) -> Self {
        let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            provider: view.target.provider,
            model: view.target.model,
            phase: view.phase.as_str(),
            open_for_ms: view.open_for.map(milliseconds),
            latency_ms: view.latency.map(milliseconds),
            calls: view.calls,
            failures: view.failures,
            slow: view.slow,
            last_failure: view.last_failure,
        }
    }
}

/// How long a breaker is to stay open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hold {
    /// 1 to 86,400.
    seconds: u64,
}

/// See the providers' breakers
///
/// Each configured provider's models, whether they are let through and why not. For administrators and operators.
#[utoipa::path(
    get, path = "/v1/ai/breakers", tag = "ai", operation_id = "ai_breakers",
    responses((status = 200, body = Vec<BreakerAnswer>)), security(("token" = []))
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    if !is_admin(principal) {
        only_operator(principal)?;
    }
    let settings = deps.policies.of(&principal.tenant).await?;
    let mut targets = Vec::new();
    for access in &deps.options.providers {
        let name = &access.endpoint.name;
        let own = settings.keys.contains_key(name);
        if access.key.is_none() && !own {
            continue;
        }
        let tenant = own.then(|| principal.tenant.clone());
        let offers = deps.options.catalogue.offers().iter().filter(|offer| offer.provider == *name);
        targets.extend(offers.map(|offer| TargetId {
            provider: name.clone(),
            model: offer.model.clone(),
            tenant: tenant.clone(),
        }));
    }
    let views = deps.breakers.view(&targets).await?;
    Ok(Response::json(StatusCode::OK, &views.into_iter().map(BreakerAnswer::from).collect::<Vec<_>>()))
}

/// Hold a breaker open
///
/// For operators: it concerns all tenants.
#[utoipa::path(
    post, path = "/v1/ai/breakers/{provider}/{model}/hold", tag = "ai", operation_id = "ai_breaker_hold",
    params(("provider" = String, Path), ("model" = String, Path)), request_body = Hold,
    responses(
        (status = 204, description = "It is open"),
        (status = 404, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "No such model"),
    ),
    security(("token" = []))
)]
pub(crate) async fn hold(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    only_operator(request.principal()?)?;
    let Hold { seconds } = request.json()?;
    if !(1..=HOLD_SECONDS_MAX).contains(&seconds) {
        let field = FieldFault::new("seconds", format!("expected 1 to {HOLD_SECONDS_MAX}"));
        return Err(AiFault::Invalid(vec![field]).into());
    }
    let target = target(&deps, &request)?;
    deps.breakers.hold_open(&target, Duration::from_secs(seconds)).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

/// Close a breaker
///
/// For operators. What it has counted is forgotten.
#[utoipa::path(
    post, path = "/v1/ai/breakers/{provider}/{model}/reset", tag = "ai", operation_id = "ai_breaker_reset",
    params(("provider" = String, Path), ("model" = String, Path)),
    responses(
        (status = 204, description = "It is closed"),
        (status = 404, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "No such model"),
    ),
    security(("token" = []))
)]
pub(crate) async fn reset(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    only_operator(request.principal()?)?;
    let target = target(&deps, &request)?;
    deps.breakers.reset(&target).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

fn target(deps: &Deps, request: &Request) -> Result<TargetId, Problem> {
    let (provider, model): (String, String) = (request.param("provider")?, request.param("model")?);
    let known = deps.options.providers.iter().any(|access| access.endpoint.name == provider)
        && deps.options.catalogue.offers_of(&model).any(|offer| offer.provider == provider);
    if !known {
        return Err(AiFault::NotFound { what: "breaker" }.into());
    }
    Ok(TargetId { provider, model, tenant: None })
}
