//! `GET /v1/ai/usage`: use and cost, added up.

use super::only_admin;
use crate::{AiFault, Deps};
use chrono::{Datelike, NaiveDate};
use http::StatusCode;
use octavo_domain_ai::Usage;
use octavo_domain_ai::ports::{UsageQuery, UsageRow};
use octavo_domain_kernel::FieldFault;
use octavo_wiring_edge::{Problem, Request, Response};
use rust_decimal::Decimal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// Days in one question.
const DAYS_MAX: i64 = 400;

/// Use and cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageAnswer {
    from: NaiveDate,
    to: NaiveDate,
    /// All rows together.
    total: UsageLine,
    /// A row for each combination of what was asked by.
    rows: Vec<UsageLine>,
    /// The day of the prices in use.
    prices_as_of: NaiveDate,
}

/// Use, added up.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct UsageLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Uuid>,
    calls: u64,
    failed: u64,
    /// Calls that the cache answered.
    cache_hits: u64,
    /// Calls of models without a price: not in `dollars`.
    unpriced: u64,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    reasoning_tokens: u64,
    /// US dollars, exact.
    #[schema(value_type = String)]
    dollars: Decimal,
    /// US dollars that the cache saved.
    #[schema(value_type = String)]
    saved_dollars: Decimal,
    /// Tokens that the cache saved.
    saved_tokens: u64,
}

impl From<UsageRow> for UsageLine {
    fn from(row: UsageRow) -> Self {
        let Usage { input, cached, output, reasoning, .. } = row.usage;
        Self {
            day: row.day,
            provider: row.provider,
            model: row.model,
            feature: row.feature.map(String::from),
            user: row.user.map(String::from),
            key: row.key,
            calls: row.calls,
            failed: row.failed,
            cache_hits: row.cache_hits,
            unpriced: row.unpriced,
            input_tokens: input,
            cached_tokens: cached,
            output_tokens: output,
            reasoning_tokens: reasoning,
            dollars: row.cost.normalize(),
            saved_dollars: row.saved.normalize(),
            saved_tokens: row.saved_tokens,
        }
    }
}

impl UsageLine {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.cache_hits += other.cache_hits;
        self.unpriced += other.unpriced;
        self.input_tokens += other.input_tokens;
        self.cached_tokens += other.cached_tokens;
        self.output_tokens += other.output_tokens;
        self.reasoning_tokens += other.reasoning_tokens;
        self.dollars += other.dollars;
        self.saved_dollars += other.saved_dollars;
        self.saved_tokens += other.saved_tokens;
    }
}

/// See use and cost
///
/// By day, model, feature, user or API key; for administrators. Days are those of UTC.
#[utoipa::path(
    get, path = "/v1/ai/usage", tag = "ai", operation_id = "ai_usage",
    params(
        ("from" = Option<NaiveDate>, Query, description = "The first day; the first of this month if not given"),
        ("to" = Option<NaiveDate>, Query, description = "The last day; today if not given"),
        ("by" = Option<String>, Query, description = "day, model, feature, user, key; several separated by commas"),
    ),
    responses((status = 200, body = UsageAnswer)), security(("token" = []))
)]
pub(crate) async fn read(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    request.query.only(&["from", "to", "by"])?;
    let today = deps.clock.now().date_naive();
    let to: NaiveDate = request.query.parsed("to")?.unwrap_or(today);
    let from: NaiveDate = request.query.parsed("from")?.unwrap_or_else(|| to.with_day(1).unwrap_or(to));
    let wrong =
        |field: &str, message: String| AiFault::Invalid(vec![FieldFault::new(format!("query:{field}"), message)]);
    if from > to || (to - from).num_days() > DAYS_MAX {
        return Err(wrong("from", format!("expected a day before `to`, at most {DAYS_MAX} days")).into());
    }
    let mut query =
        UsageQuery { from, to, by_day: false, by_model: false, by_feature: false, by_user: false, by_key: false };
    for by in request.query.one("by")?.unwrap_or_default().split(',').map(str::trim).filter(|by| !by.is_empty()) {
        match by {
            "day" => query.by_day = true,
            "model" => query.by_model = true,
            "feature" => query.by_feature = true,
            "user" => query.by_user = true,
            "key" => query.by_key = true,
            _ => return Err(wrong("by", "expected day, model, feature, user or key".to_owned()).into()),
        }
    }
    let rows = deps.ledger.usage(&principal.tenant, &query).await?;
    let rows: Vec<UsageLine> = rows.into_iter().map(UsageLine::from).collect();
    let mut total = UsageLine::default();
    rows.iter().for_each(|row| total.add(row));
    let prices_as_of = deps.options.catalogue.as_of();
    Ok(Response::json(StatusCode::OK, &UsageAnswer { from, to, total, rows, prices_as_of }))
}
