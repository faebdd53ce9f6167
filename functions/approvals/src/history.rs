//! The record of an approval.

use crate::Deps;
use crate::caller::Caller;
use crate::list::limit;
use crate::rules::{id, seen};
use chrono::{DateTime, Utc};
use http::StatusCode;
use octavo_domain_approvals::{Event, Via};
use octavo_domain_kernel::UserId;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Something that was recorded.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct HistoryEntry {
    /// From 1 on, without gaps.
    #[schema(example = 4)]
    number: u32,
    /// When.
    at: DateTime<Utc>,
    /// Who; null where time or the workflow did it.
    #[schema(value_type = Option<String>, example = "ada")]
    actor: Option<UserId>,
    /// For whom.
    #[schema(value_type = Option<String>)]
    on_behalf_of: Option<UserId>,
    /// By what.
    via: Via,
    /// From which address: shown to administrators, and to whoever did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// By which program: shown to administrators, and to whoever did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// What: `requested`, `stage_opened`, `stage_skipped`, `stage_approved`, `claimed`, `released`, `delegated`, `decided`,
    /// `reminded`, `escalated`, `deadline_passed`, `commented`, `ended`.
    #[schema(example = "decided")]
    kind: String,
    /// The members that a kind has: `seat`, `verdict`, `comment`, `answers`, `document_version`, `to`, `stage`, `name`,
    /// `text`, `attachments`, `outcome`.
    #[serde(flatten)]
    #[schema(ignore)]
    more: Map<String, Value>,
}

/// A page of the record.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HistoryPage {
    /// Oldest first.
    events: Vec<HistoryEntry>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

impl HistoryEntry {
    /// As the caller sees it.
    pub(crate) fn of(event: &Event, caller: &Caller) -> Self {
        let mut more = match serde_json::to_value(&event.kind) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let kind = match more.remove("kind") {
            Some(Value::String(kind)) => kind,
            _ => String::new(),
        };
        let shown = caller.admin || event.actor.as_ref() == Some(&caller.user);
        Self {
            number: event.number,
            at: event.at,
            actor: event.actor.clone(),
            on_behalf_of: event.on_behalf_of.clone(),
            via: event.place.via,
            address: event.place.address.clone().filter(|_| shown),
            user_agent: event.place.user_agent.clone().filter(|_| shown),
            kind,
            more,
        }
    }
}

/// Lists what happened to an approval: who, when, on whose behalf, from where. Nothing of it is ever changed or deleted.
#[utoipa::path(
    get, path = "/v1/approvals/{id}/history", tag = "approvals", operation_id = "approval_history",
    params(
        ("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "1 to 200; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    ),
    responses(
        (status = 200, body = HistoryPage),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may see"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(&["limit", "cursor"])?;
    let limit = limit(&request.query)?;
    let after: Option<u32> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let caller = Caller::of(&deps, &request, Via::Api).await?;
    let approval = seen(&deps, &caller, id(&request)?).await?;
    // One more than is shown tells whether there are more.
    let tenant = &caller.tenant;
    let found = deps.approvals.approval_events(tenant, approval.id, after.unwrap_or(0), limit + 1).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX).min(found.len());
    let events: Vec<HistoryEntry> =
        found[..shown].iter().map(|found| HistoryEntry::of(&found.event, &caller)).collect();
    let next_cursor = events.last().filter(|_| found.len() > shown).map(|last| encode_cursor(&last.number));
    Ok(Response::json(StatusCode::OK, &HistoryPage { events, next_cursor }))
}
