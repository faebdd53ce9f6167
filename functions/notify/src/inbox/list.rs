//! Lists somebody's inbox.

use crate::Deps;
use crate::page::limit;
use http::StatusCode;
use octavo_domain_notify::{InboxPosition, Notification};
use octavo_wiring_edge::{Problem, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use std::sync::Arc;

/// A page of an inbox.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct InboxList {
    /// Newest first.
    notifications: Vec<Notification>,
    /// How many are unread, of all that are not archived.
    unread: u32,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists your own inbox
///
/// At most 1,000 notifications are kept.
#[utoipa::path(
    get, path = "/v1/inbox", tag = "notifications", operation_id = "inbox_list",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
        ("archived" = Option<bool>, Query, description = "true: also those that were put away"),
    ),
    responses((status = 200, body = InboxList))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    request.query.only(&["limit", "cursor", "archived"])?;
    let limit = u16::try_from(limit(&request.query)?).unwrap_or(u16::MAX);
    let archived = request.query.parsed::<bool>("archived")?.unwrap_or(false);
    let before: Option<InboxPosition> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let page = deps.inbox.inbox_list(&principal.tenant, &principal.user, before, archived, limit).await?;
    let last = page.notifications.last().filter(|_| page.more);
    let next_cursor = last.map(|last| encode_cursor(&InboxPosition { id: last.id }));
    let list = InboxList { notifications: page.notifications, unread: page.unread, next_cursor };
    Ok(Response::json(StatusCode::OK, &list))
}
