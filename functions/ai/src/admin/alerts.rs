//! `GET /v1/ai/alerts`.

use super::only_admin;
use crate::Deps;
use chrono::{DateTime, Utc};
use http::StatusCode;
use octavo_domain_ai::ports::BudgetAlert;
use octavo_wiring_edge::{Problem, Request, Response};
use rust_decimal::Decimal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// The newest alerts that are shown.
const ALERTS_SHOWN: usize = 100;

/// A budget reached a share of its sum.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertView {
    id: Uuid,
    at: DateTime<Utc>,
    /// `day:2026-11-26`, `month:2026-11:user:ada`.
    budget: String,
    /// The share that was reached.
    percent: u8,
    tokens: u64,
    tokens_max: Option<u64>,
    /// US dollars.
    #[schema(value_type = String)]
    dollars: Decimal,
    #[schema(value_type = Option<String>)]
    dollars_max: Option<Decimal>,
}

impl From<BudgetAlert> for AlertView {
    fn from(alert: BudgetAlert) -> Self {
        Self {
            id: alert.id,
            at: alert.at,
            budget: alert.budget,
            percent: alert.percent,
            tokens: alert.tokens,
            tokens_max: alert.tokens_max,
            dollars: dollars(alert.nanodollars),
            dollars_max: alert.nanodollars_max.map(dollars),
        }
    }
}

/// US dollars of thousand-millionths.
pub(super) fn dollars(nanodollars: u64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(nanodollars), 9).normalize()
}

/// See the alerts of budgets
///
/// The newest 100. Each budget raises each of its levels once a period.
#[utoipa::path(
    get, path = "/v1/ai/alerts", tag = "ai", operation_id = "ai_alerts",
    responses((status = 200, body = Vec<AlertView>)), security(("token" = []))
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let alerts = deps.alerts.alert_list(&principal.tenant, ALERTS_SHOWN).await?;
    Ok(Response::json(StatusCode::OK, &alerts.into_iter().map(AlertView::from).collect::<Vec<_>>()))
}
