//! Marks notifications.

use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::Mark;
use octavo_wiring_edge::{Problem, Request, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Notifications that are marked at once.
const IDS_MAX: usize = 1_000;

/// What is noted at which notifications.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarksInput {
    /// Which: at most 1,000; all that are not archived, if not given.
    #[schema(max_items = 1000)]
    ids: Option<Vec<Uuid>>,
    /// `seen`, `read`, `unread` or `archived`.
    #[schema(value_type = String, example = "read")]
    mark: Mark,
}

/// How an inbox is then.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MarksAnswer {
    /// How many are unread, of all that are not archived.
    unread: u32,
}

/// Marks notifications of your own inbox
///
/// Others' are passed over. Noting twice keeps the first time.
#[utoipa::path(
    post, path = "/v1/inbox/marks", tag = "notifications", operation_id = "inbox_mark",
    request_body = MarksInput, responses((status = 200, body = MarksAnswer))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let MarksInput { ids, mark } = request.json()?;
    if ids.as_ref().is_some_and(|ids| ids.len() > IDS_MAX) {
        let message = "expected at most 1,000 notifications".to_owned();
        return Err(NotifyFault::Invalid { field: "ids".to_owned(), message }.into());
    }
    let (tenant, user) = (&principal.tenant, &principal.user);
    let unread = deps.inbox.inbox_mark(tenant, user, ids.as_deref(), mark, now(&deps)).await?;
    Ok(Response::json(StatusCode::OK, &MarksAnswer { unread }))
}
