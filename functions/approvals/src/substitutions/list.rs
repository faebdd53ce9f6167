//! Lists substitutions.

use super::view::SubstitutionView;
use crate::caller::ADMIN;
use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_domain_kernel::UserId;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// Substitutions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SubstitutionList {
    /// By their first day; at most 500.
    substitutions: Vec<SubstitutionView>,
}

/// Lists the substitutions that you are part of, as whoever is away or as the substitute. Administrators may ask for somebody
/// else's (`user`) or for all of the tenant (`user=*`).
#[utoipa::path(
    get, path = "/v1/substitutions", tag = "approvals", operation_id = "substitution_list",
    params(("user" = Option<String>, Query, description = "Whose; `*` for everybody's; yours if not given")),
    responses(
        (status = 200, body = SubstitutionList),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Somebody else's"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    request.query.only(&["user"])?;
    let of: Option<UserId> = match request.query.one("user")? {
        None => Some(principal.user.clone()),
        Some("*") => None,
        Some(_) => request.query.parsed("user")?,
    };
    if of.as_ref() != Some(&principal.user) && !principal.has_role(ADMIN) {
        return Err(ApprovalsFault::AdminOnly.into());
    }
    let found = deps.approvals.substitutions(&principal.tenant, of.as_ref()).await?;
    let substitutions = found.iter().map(SubstitutionView::of).collect();
    Ok(Response::json(StatusCode::OK, &SubstitutionList { substitutions }))
}
