//! Shares a document with users and groups.

use crate::change::{self, Change};
use crate::{Deps, DocumentsFault, authorise};
use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use octavo_domain_documents::{Access, Document, Grant, Role, check_grants};
use octavo_domain_kernel::{Principal, Reader};
use octavo_wiring_edge::{EdgeFault, EntityTag, Problem, ProblemDocument, Request, Response, if_match};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// With whom a document is shared.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Shares {
    /// Who owns it, and can do everything.
    #[schema(example = "ada")]
    owner: String,
    /// Everybody else, sorted.
    shares: Vec<ShareView>,
}

/// One with whom a document is shared.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ShareView {
    /// `user:ID` or `group:ID`.
    #[schema(example = "group:legal")]
    reader: String,
    /// As what.
    role: Role,
    /// Who shared it.
    #[schema(example = "ada")]
    granted_by: String,
    /// When.
    granted_at: DateTime<Utc>,
}

/// As what a document is shared.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleInput {
    /// `viewer` or `editor`.
    role: Role,
}

/// Lists with whom a document is shared, for its owner and editors.
#[utoipa::path(
    get, path = "/v1/documents/{id}/shares", tag = "sharing", operation_id = "document_shares",
    params(("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081")),
    responses(
        (status = 200, body = Shares, headers(("ETag" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Shared with you to be read only"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
    )
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let document = authorise::living(&deps, request.principal()?, request.param("id")?, Access::Editor).await?;
    Ok(answer(&document))
}

/// Shares a document with a user or a group, or changes as what. Only its owner can.
#[utoipa::path(
    put, path = "/v1/documents/{id}/shares/{reader}", tag = "sharing", operation_id = "document_share",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("reader" = String, Path, description = "user:ID or group:ID", example = "group:legal"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the revision that is changed", example = "\"r1\""),
    ),
    request_body = RoleInput,
    responses(
        (status = 200, body = Shares, headers(("ETag" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not yours"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "At another revision: current_revision, current_etag"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "The owner, or too many shares"),
    )
)]
pub(crate) async fn grant(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let RoleInput { role } = request.json()?;
    let document = apply(&deps, &request, Some(role)).await?;
    Ok(answer(&document))
}

/// Ends the sharing with a user or a group. Only the owner can.
///
/// Search hides the document from them at once. Ending what is not shared changes nothing and is no error.
#[utoipa::path(
    delete, path = "/v1/documents/{id}/shares/{reader}", tag = "sharing", operation_id = "document_unshare",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("reader" = String, Path, description = "user:ID or group:ID", example = "group:legal"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the revision that is changed", example = "\"r1\""),
    ),
    responses(
        (status = 204, description = "It is not shared with them"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not yours"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "At another revision: current_revision, current_etag"),
    )
)]
pub(crate) async fn revoke(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let document = apply(&deps, &request, None).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT).with(header::ETAG, EntityTag(document.revision).header()))
}

async fn apply(deps: &Deps, request: &Request, role: Option<Role>) -> Result<Document, Problem> {
    let principal = request.principal()?;
    let demanded = if_match(request)?;
    let (id, reader) = (request.param("id")?, request.param::<Reader>("reader")?);
    for attempt in 1.. {
        let before = authorise::living(deps, principal, id, Access::Owner).await?;
        change::check_revision(&before, demanded)?;
        let grants = decided(&before, principal, &reader, role, change::now(deps))?;
        if grants == before.grants {
            return Ok(before);
        }
        let after = Document { grants, ..change::next(&before, principal, change::now(deps)) };
        let change = Change { before: Some(before), after: after.clone(), version: None, idempotency: None };
        match change::make(deps, Some(request), change).await {
            Ok(()) => return Ok(after),
            Err(error) => {
                if let Some(problem) = change::refused(error, demanded, attempt) {
                    return Err(problem);
                }
            }
        }
    }
    Err(DocumentsFault::Contended.into())
}

/// The grants with `reader` as `role`, or without them. Unchanged if they say so already, date included.
fn decided(
    document: &Document,
    principal: &Principal,
    reader: &Reader,
    role: Option<Role>,
    now: DateTime<Utc>,
) -> Result<Vec<Grant>, EdgeFault> {
    let mut grants = document.grants.clone();
    if grants.iter().any(|grant| grant.reader == *reader && Some(grant.role) == role) {
        return Ok(grants);
    }
    grants.retain(|grant| grant.reader != *reader);
    grants.extend(role.map(|role| Grant {
        reader: reader.clone(),
        role,
        granted_by: principal.user.clone(),
        granted_at: now,
    }));
    Ok(check_grants("path:reader", &document.owner, grants)?)
}

fn answer(document: &Document) -> Response {
    let view = |grant: &Grant| ShareView {
        reader: grant.reader.to_string(),
        role: grant.role,
        granted_by: grant.granted_by.to_string(),
        granted_at: grant.granted_at,
    };
    let shares = Shares { owner: document.owner.to_string(), shares: document.grants.iter().map(view).collect() };
    Response::json(StatusCode::OK, &shares).with(header::ETAG, EntityTag(document.revision).header())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorise::tests::{document, principal};

    fn readers(reader: &str, role: Option<Role>) -> Result<Vec<String>, EdgeFault> {
        let now = DateTime::from_timestamp(100, 0).unwrap();
        let grants = decided(&document(), &principal("ada", &[]), &reader.parse().unwrap(), role, now)?;
        Ok(grants
            .iter()
            .map(|grant| format!("{}={:?}@{}", grant.reader, grant.role, grant.granted_at.timestamp()))
            .collect())
    }

    #[test]
    fn one_grant_a_reader_in_order() {
        let (bob, legal) = ("user:bob=Editor@0".to_owned(), "group:legal=Viewer@0".to_owned());
        let cyd = "user:cyd=Viewer@100".to_owned();
        assert_eq!(readers("user:cyd", Some(Role::Viewer)).unwrap(), [bob.clone(), cyd, legal.clone()]);
        let viewer = "user:bob=Viewer@100".to_owned();
        assert_eq!(readers("user:bob", Some(Role::Viewer)).unwrap(), [viewer, legal.clone()]);
        assert_eq!(readers("user:bob", Some(Role::Editor)).unwrap(), [bob, legal.clone()]);
        assert_eq!(readers("user:bob", None).unwrap(), [legal]);
        assert_eq!(readers("user:nobody", None).unwrap().len(), 2);
        assert!(readers("user:ada", Some(Role::Viewer)).is_err());
    }
}
