//! Sets what a tenant says instead.

use super::view::{TemplateView, named, own};
use crate::caller::only_admin;
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::{StatusCode, header};
use octavo_domain_notify::StoredTemplate;
use octavo_wiring_edge::{EntityTag, Problem, ProblemDocument, Request, Response, if_match};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Templates of a tenant.
const TEMPLATES_MAX: usize = 500;

/// What a tenant says instead.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateInput {
    /// By part: `subject`, `text`, `html` (MJML), `sms`, `title`, `body`, `slack`, `summary`. What is left out is said as the
    /// platform says it. At most 128 KiB in all.
    #[schema(value_type = Object, example = json!({"subject": "{{ title }} waits for you"}))]
    parts: Map<String, Value>,
}

/// Sets what the tenant says instead of the platform
///
/// For administrators. `If-Match` names the entity tag of what was read, `"r0"` where the tenant said nothing before.
#[utoipa::path(
    put, path = "/v1/notification-templates/{name}/{language}", tag = "notifications",
    operation_id = "notification_template_put",
    params(
        ("name" = String, Path, description = "Which", example = "approval.requested"),
        ("language" = String, Path, description = "In which language, BCP 47", example = "en"),
        ("If-Match" = String, Header, description = "The entity tag of what was read", example = "\"r0\""),
    ),
    request_body = TemplateInput,
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = TemplateView, headers(("ETag" = String))),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json", description = "It was changed meanwhile"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "It cannot be used: which part, and where in it"),
        (status = 428, body = ProblemDocument, content_type = "application/problem+json", description = "If-Match is needed"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let tenant = &principal.tenant;
    let (name, language) = named(&request)?;
    let EntityTag(seen) = if_match(&request)?.ok_or(NotifyFault::RevisionNeeded)?;
    let TemplateInput { parts } = request.json()?;
    let revision = u32::try_from(seen).ok().and_then(|seen| seen.checked_add(1)).unwrap_or(u32::MAX);
    let template =
        StoredTemplate { name, language, parts, revision, updated_at: now(&deps), updated_by: principal.user.clone() };
    template.check().map_err(NotifyFault::Template)?;
    if revision == 1 && deps.store.templates(tenant, None).await?.len() >= TEMPLATES_MAX {
        return Err(NotifyFault::TooMany { limit: TEMPLATES_MAX }.into());
    }
    if !deps.store.template_put(tenant, &template).await? {
        let present = own(&deps, tenant, &template.name, &template.language).await?;
        return Err(NotifyFault::Changed { current: present.map_or(0, |present| present.revision) }.into());
    }
    let (name, language) = (template.name.clone(), template.language.clone());
    let view = TemplateView::of(&name, &language, Some(template)).ok_or(NotifyFault::NotFound { what: "template" })?;
    let tag = EntityTag(i64::from(view.revision())).header();
    Ok(Response::json(StatusCode::OK, &view).with(header::ETAG, tag))
}
