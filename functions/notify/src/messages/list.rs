//! Lists messages.

use super::view::MessageView;
use crate::Deps;
use crate::caller::only_admin;
use crate::page::{cut, limit, named};
use http::StatusCode;
use octavo_domain_notify::{Channel, MessageQuery, MessageStatus};
use octavo_wiring_edge::{EdgeFault, Problem, Query, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use std::sync::Arc;

const PARAMETERS: [&str; 7] = ["event", "user", "channel", "status", "category", "limit", "cursor"];

/// A page of messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MessagePage {
    /// Newest first.
    messages: Vec<MessageView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists messages, newest first
///
/// For administrators: `status=failed` are the dead letters, `status=unknown` those of which nobody knows whether they arrived.
#[utoipa::path(
    get, path = "/v1/notification-messages", tag = "notifications", operation_id = "notification_message_list",
    params(
        ("event" = Option<String>, Query, description = "Only of this event"),
        ("user" = Option<String>, Query, description = "Only to this user", example = "ada"),
        ("channel" = Option<Channel>, Query, description = "Only by this channel"),
        ("status" = Option<Vec<MessageStatus>>, Query, description = "Only in this state; may stand several times: in one of them"),
        ("category" = Option<String>, Query, description = "Only of this category"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before; all other parameters as there"),
    ),
    responses(
        (status = 200, body = MessagePage),
        (status = 403, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let (query, limit) = read(&request.query)?;
    let found = deps.store.message_list(&principal.tenant, &query).await?;
    let (found, more) = cut(found, limit);
    let next_cursor = found.last().filter(|_| more).map(|last| encode_cursor(&last.id));
    let messages = found.into_iter().map(MessageView::of).collect();
    Ok(Response::json(StatusCode::OK, &MessagePage { messages, next_cursor }))
}

fn read(parameters: &Query) -> Result<(MessageQuery, u32), EdgeFault> {
    parameters.only(&PARAMETERS)?;
    let limit = limit(parameters)?;
    let statuses = parameters.all("status").map(|text| named::<MessageStatus>("query:status", text));
    let query = MessageQuery {
        event: parameters.parsed("event")?,
        user: parameters.parsed("user")?,
        channel: parameters.one("channel")?.map(|text| named::<Channel>("query:channel", text)).transpose()?,
        statuses: statuses.collect::<Result<_, _>>()?,
        category: parameters.one("category")?.map(str::to_owned),
        after: parameters.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?,
        // One more than is shown tells whether there are more.
        limit: limit + 1,
    };
    Ok((query, limit))
}
