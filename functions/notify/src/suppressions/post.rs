//! Suppresses an address.

use super::view::SuppressionView;
use crate::caller::only_admin;
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::{Address, Channel, Suppression};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::sync::Arc;

const ADDRESS_CHARS_MAX: usize = 320;
const DETAIL_CHARS_MAX: usize = 1_000;

/// An address that is not to be told anything.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressionInput {
    /// By which channel.
    channel: Channel,
    /// Where: as messages have it.
    #[schema(max_length = 320, example = "gone@acme.example")]
    address: String,
    /// Only of this category.
    category: Option<String>,
    /// Why, for whoever reads the list: at most 1,000 characters.
    #[schema(max_length = 1000)]
    detail: Option<String>,
}

/// Suppresses an address
///
/// For administrators. One that is there stays as it is.
#[utoipa::path(
    post, path = "/v1/notification-suppressions", tag = "notifications", operation_id = "notification_suppression_add",
    request_body = SuppressionInput,
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 201, body = SuppressionView),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let SuppressionInput { channel, address, category, detail } = request.json()?;
    let address = Address::new(channel, address.trim());
    let text = |text: &str, max: usize| (1..=max).contains(&text.chars().count()) && !text.contains('\0');
    let wrong =
        |field: &str, message: &str| NotifyFault::Invalid { field: field.to_owned(), message: message.to_owned() };
    if !text(&address.0, ADDRESS_CHARS_MAX) {
        return Err(wrong("address", "expected 1 to 320 characters").into());
    }
    if category.as_ref().is_some_and(|category| !text(category, 64)) {
        return Err(wrong("category", "expected 1 to 64 characters").into());
    }
    if detail.as_ref().is_some_and(|detail| !text(detail, DETAIL_CHARS_MAX)) {
        return Err(wrong("detail", "expected 1 to 1,000 characters").into());
    }
    let suppression = Suppression { channel, address, category, why: "manual".to_owned(), detail, at: now(&deps) };
    deps.store.suppression_put(&principal.tenant, &suppression).await?;
    Ok(Response::json(StatusCode::CREATED, &SuppressionView::of(suppression)))
}
