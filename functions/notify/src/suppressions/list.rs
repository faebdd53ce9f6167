//! Lists suppressed addresses.

use super::view::SuppressionView;
use crate::Deps;
use crate::caller::only_admin;
use crate::page::{cut, limit};
use chrono::{DateTime, Utc};
use http::StatusCode;
use octavo_wiring_edge::{Problem, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use std::sync::Arc;

/// A page of suppressed addresses.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SuppressionPage {
    /// Newest first.
    suppressions: Vec<SuppressionView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists suppressed addresses
///
/// For administrators. They bounced, complained or unsubscribed, or were put here by hand; nothing is sent to them.
#[utoipa::path(
    get, path = "/v1/notification-suppressions", tag = "notifications", operation_id = "notification_suppression_list",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    ),
    responses(
        (status = 200, body = SuppressionPage),
        (status = 403, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    request.query.only(&["limit", "cursor"])?;
    let limit = limit(&request.query)?;
    let before: Option<DateTime<Utc>> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let found = deps.store.suppression_list(&principal.tenant, before, limit + 1).await?;
    let (found, more) = cut(found, limit);
    let next_cursor = found.last().filter(|_| more).map(|last| encode_cursor(&last.at));
    let suppressions = found.into_iter().map(SuppressionView::of).collect();
    Ok(Response::json(StatusCode::OK, &SuppressionPage { suppressions, next_cursor }))
}
