//! Sets what is known of a person.

use super::view::{PersonInput, PersonView, whom};
use crate::caller::is_admin;
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::{Address, Channel, Person};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Sets what is known of a person
///
/// Everybody sets their own name, language and zone. Mail address, telephone number and groups are for administrators: by them
/// somebody could have what is meant for others sent to themselves. What is left out is taken away, but the groups; who is no
/// administrator may leave address and number out, and they stay.
#[utoipa::path(
    put, path = "/v1/people/{user}", tag = "notifications", operation_id = "person_put",
    params(("user" = String, Path, description = "The user, or `me`", example = "me")),
    request_body = PersonInput,
    responses(
        (status = 200, body = PersonView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Only an administrator may change that"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let user = whom(&request)?;
    let principal = request.principal()?;
    let input: PersonInput = request.json()?;
    let present = deps.people.person_get(&principal.tenant, &user).await?;
    let (email, phone, groups) = match &present {
        Some(person) => (person.email.clone(), person.phone.clone(), person.groups.clone()),
        None => Default::default(),
    };
    let mut person = Person {
        user,
        name: input.name,
        email: input.email.map(|email| Address::new(Channel::Email, &email).0),
        phone: input.phone,
        language: input.language,
        zone: input.zone,
        groups: input.groups.unwrap_or_else(|| groups.clone()),
        updated_at: now(&deps),
    };
    if !is_admin(principal) {
        person.email = person.email.or_else(|| email.clone());
        person.phone = person.phone.or_else(|| phone.clone());
        if (&person.email, &person.phone, &person.groups) != (&email, &phone, &groups) {
            return Err(NotifyFault::RoleMissing { role: "admin" }.into());
        }
    }
    person.check().map_err(NotifyFault::from)?;
    deps.people.person_put(&principal.tenant, &person).await?;
    Ok(Response::json(StatusCode::OK, &PersonView::of(person)))
}
