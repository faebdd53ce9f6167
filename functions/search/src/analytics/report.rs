//! Shows what the tenant's people look for.

use crate::caller::only_admin;
use crate::{Deps, SearchFault};
use chrono::NaiveDate;
use http::{HeaderValue, StatusCode, header};
use octavo_domain_kernel::FieldFault;
use octavo_domain_search::{AnalyticsDay, AnalyticsFound, AnalyticsRange, TextFigures, TookClass, Totals, check_range};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// What the tenant's people looked for. Nobody is named in it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AnalyticsView {
    /// The first day, UTC.
    from: NaiveDate,
    /// The last day, UTC.
    to: NaiveDate,
    /// All together.
    totals: Totals,
    /// How long the searches took.
    latency: Vec<TookClass>,
    /// Searches whose text was not kept, since there were more than 1,000 different ones on their day.
    other: u64,
    /// Every day on which something was searched, the oldest first.
    days: Vec<AnalyticsDay>,
    /// What was looked for most: at most 50.
    top: Vec<TextFigures>,
    /// What was looked for and not found, by how often it was not: at most 50.
    without_results: Vec<TextFigures>,
}

impl AnalyticsView {
    fn of(range: AnalyticsRange, found: AnalyticsFound) -> Self {
        Self {
            from: range.from,
            to: range.to,
            totals: found.totals,
            latency: TookClass::all(found.took),
            other: found.other,
            days: found.days,
            top: found.top,
            without_results: found.missing,
        }
    }
}

/// Show what is looked for
///
/// For administrators: what is looked for most, what is not found, how often hits are opened and at which place, by day. Counts
/// are a few seconds late, and kept for 90 days.
#[utoipa::path(
    get, path = "/v1/search/analytics", tag = "search", operation_id = "search_analytics",
    params(
        ("from" = Option<String>, Query, format = Date, description = "The first day, UTC; 29 days before `to` if not given"),
        ("to" = Option<String>, Query, format = Date, description = "The last day, UTC; today if not given")
    ),
    responses(
        (status = 200, body = AnalyticsView),
        (status = 400, description = "A parameter cannot be read",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Only administrators may (SEARCH_0011)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "More than 90 days, or none (SEARCH_0001)",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    request.query.only(&["from", "to"])?;
    let range = check_range(request.query.parsed("from")?, request.query.parsed("to")?, deps.clock.now());
    let named = |fault: FieldFault| FieldFault::new(format!("query:{}", fault.field), fault.message);
    let range = range.map_err(|fault| SearchFault::Invalid(vec![named(fault)]))?;
    let found = deps.desk.analytics.analytics(&principal.tenant, range).await?;
    let response = Response::json(StatusCode::OK, &AnalyticsView::of(range, found));
    Ok(response.with(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")))
}
