//! Lists people.

use super::view::PersonView;
use crate::Deps;
use crate::caller::only_admin;
use crate::page::{cut, limit};
use http::StatusCode;
use octavo_domain_kernel::UserId;
use octavo_wiring_edge::{Problem, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use std::sync::Arc;

/// A page of people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PeoplePage {
    /// By user.
    people: Vec<PersonView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Lists the people of the tenant
///
/// For administrators.
#[utoipa::path(
    get, path = "/v1/people", tag = "notifications", operation_id = "people_list",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    ),
    responses(
        (status = 200, body = PeoplePage),
        (status = 403, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    request.query.only(&["limit", "cursor"])?;
    let limit = limit(&request.query)?;
    let after: Option<UserId> =
        request.query.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let found = deps.people.people_list(&principal.tenant, after.as_ref(), limit + 1).await?;
    let (people, more) = cut(found, limit);
    let next_cursor = people.last().filter(|_| more).map(|last| encode_cursor(&last.user));
    let people = people.into_iter().map(PersonView::of).collect();
    Ok(Response::json(StatusCode::OK, &PeoplePage { people, next_cursor }))
}
