//! Bodies that several operations take.

use crate::Deps;
use crate::caller::Caller;
use crate::rules::{Done, id, perform};
use crate::view::ApprovalView;
use http::{HeaderName, StatusCode};
use octavo_domain_approvals::{Action, Via};
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of an `Idempotency-Key`.
const KEY_CHARS_MAX: usize = 255;

/// Which seat.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeatInput {
    /// Which seat; if none is said, the first that you may take, or all that you have claimed.
    #[schema(example = 0)]
    pub(crate) seat: Option<u32>,
}

/// The body as JSON; all of its members left out where there is none.
pub(crate) fn optional<T: DeserializeOwned + Default>(request: &Request) -> Result<T, EdgeFault> {
    if request.body.is_empty() { Ok(T::default()) } else { request.json() }
}

/// The request's own name, if it has one.
pub(crate) fn key(request: &Request) -> Result<Option<String>, EdgeFault> {
    let Some(key) = request.header(&KEY)? else { return Ok(None) };
    if key.is_empty() || key.len() > KEY_CHARS_MAX {
        let message = format!("expected 1 to {KEY_CHARS_MAX} characters");
        return Err(EdgeFault::malformed("header:Idempotency-Key", message));
    }
    Ok(Some(key.to_owned()))
}

/// Does it to the approval that the path names, and shows that as it is then.
pub(crate) async fn act(deps: &Deps, request: &Request, action: &Action) -> Result<Response, Problem> {
    let caller = Caller::of(deps, request, Via::Api).await?;
    let Done { approval, .. } = perform(deps, &caller, id(request)?, action).await?;
    Ok(Response::json(StatusCode::OK, &ApprovalView::of(deps, &caller, &approval).await?))
}
