//! `GET /v1/ai/calls`: the ledger, line by line.

use super::is_admin;
use crate::{AiFault, Deps};
use http::StatusCode;
use octavo_domain_ai::Feature;
use octavo_domain_ai::ports::CallQuery;
use octavo_domain_kernel::{FieldFault, UserId};
use octavo_wiring_edge::{Problem, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;

/// A page of the ledger, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallsAnswer {
    /// The calls.
    calls: Vec<Value>,
    /// Gets the next page.
    next_cursor: Option<String>,
}

/// Read the ledger of calls
///
/// Newest first. One's own calls; an administrator sees all of the tenant.
#[utoipa::path(
    get, path = "/v1/ai/calls", tag = "ai", operation_id = "ai_calls",
    params(
        ("user" = Option<String>, Query), ("feature" = Option<String>, Query),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 500), ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = CallsAnswer)), security(("token" = []))
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    request.query.only(&["user", "feature", "limit", "cursor"])?;
    let wrong =
        |field: &str, message: String| AiFault::Invalid(vec![FieldFault::new(format!("query:{field}"), message)]);
    let mut user: Option<UserId> = request.query.parsed("user")?;
    if !is_admin(principal) {
        user = Some(principal.user.clone());
    }
    let feature = request.query.one("feature")?.map(|text| Feature::try_from(text.to_owned())).transpose();
    let limit: usize = request.query.parsed("limit")?.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(wrong("limit", format!("expected 1 to {LIMIT_MAX}")).into());
    }
    let before: Option<Uuid> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let query = CallQuery {
        user,
        feature: feature.map_err(|message| wrong("feature", message))?,
        before,
        limit,
        ..CallQuery::default()
    };
    let page = deps.ledger.call_list(&principal.tenant, &query).await?;
    let next_cursor = page.calls.last().filter(|_| page.more).map(|call| encode_cursor(&call.id));
    let calls = page.calls.iter().map(|call| serde_json::to_value(call).unwrap_or_default()).collect();
    Ok(Response::json(StatusCode::OK, &CallsAnswer { calls, next_cursor }))
}
