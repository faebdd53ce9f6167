//! Has somebody told something.

use super::accept;
use super::input::EventInput;
use super::view::Accepted;
use crate::Deps;
use crate::caller::only_sender;
use crate::page::now;
use http::{HeaderName, StatusCode, header};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Has somebody told something
///
/// For the roles `admin` and `notifications`. The answer comes at once; `GET` at its Location shows what became of it. With a
/// key the request can be sent again and tells once.
#[utoipa::path(
    post, path = "/v1/notifications", tag = "notifications", operation_id = "notification_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "The event's key, where the body names none")),
    request_body = EventInput,
    responses(
        (status = 202, body = Accepted, headers(("Location" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Another role is needed"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable, or the key is another event's"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_sender(principal)?;
    let input: EventInput = request.json()?;
    let key = request.header(&KEY)?.map(str::to_owned);
    let event = input.event(deps.ids.next(), key, now(&deps));
    let id = accept(&deps, &principal.tenant, &event).await?;
    let location = format!("/v1/notifications/{id}");
    Ok(Response::json(StatusCode::ACCEPTED, &Accepted { id }).with_text(header::LOCATION, &location))
}
