//! `GET /v1/ai/budgets`: what the present periods have used.

use super::alerts::dollars;
use super::is_admin;
use crate::Deps;
use http::StatusCode;
use octavo_domain_ai::limits::{Caller, budget_lines};
use octavo_domain_ai::ports::BudgetLine;
use octavo_wiring_edge::{Problem, Request, Response};
use rust_decimal::Decimal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A budget in its present period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetView {
    /// `day:2026-11-26`, `month:2026-11:user:ada`.
    name: String,
    /// Tokens used, those that are held back for calls under way included.
    tokens: u64,
    tokens_max: Option<u64>,
    /// US dollars, likewise.
    #[schema(value_type = String)]
    dollars: Decimal,
    #[schema(value_type = Option<String>)]
    dollars_max: Option<Decimal>,
    /// Seconds until it begins anew.
    ends_in_s: u64,
}

/// See what is left of the budgets
///
/// An administrator sees the tenant's, everybody sees those that count one's own use.
#[utoipa::path(
    get, path = "/v1/ai/budgets", tag = "ai", operation_id = "ai_budgets",
    responses((status = 200, body = Vec<BudgetView>)), security(("token" = []))
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let settings = deps.policies.of(&principal.tenant).await?;
    let caller = Caller { user: &principal.user, key: principal.api_key };
    let mut lines = budget_lines(&settings.policy, &caller, deps.clock.now());
    if !is_admin(principal) {
        lines.retain(|line| line.name.matches(':').count() > 1);
    }
    let names: Vec<String> = lines.iter().map(|line| line.name.clone()).collect();
    let levels = deps.meter.levels(&principal.tenant, &names).await?;
    let views = lines.into_iter().zip(levels).map(|(line, level)| {
        let level = level.unwrap_or_default();
        let BudgetLine { name, tokens_max, nanodollars_max, ends_in, .. } = line;
        BudgetView {
            name,
            tokens: level.tokens,
            tokens_max,
            dollars: dollars(level.nanodollars),
            dollars_max: nanodollars_max.map(dollars),
            ends_in_s: ends_in.as_secs(),
        }
    });
    Ok(Response::json(StatusCode::OK, &views.collect::<Vec<_>>()))
}
