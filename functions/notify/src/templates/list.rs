//! Lists templates.

use super::view::TemplateSummary;
use crate::Deps;
use crate::caller::only_admin;
use http::StatusCode;
use octavo_domain_notify::BUILTIN_TEMPLATES;
use octavo_wiring_edge::{Problem, Request, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The platform's templates and the tenant's: at most 500 of these.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NotificationTemplateList)]
pub(crate) struct TemplateList {
    /// By name and language.
    templates: Vec<TemplateSummary>,
}

/// Lists templates
///
/// For administrators.
#[utoipa::path(
    get, path = "/v1/notification-templates", tag = "notifications", operation_id = "notification_template_list",
    responses(
        (status = 200, body = TemplateList),
        (status = 403, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let summary = |name: &str, language: &str| TemplateSummary {
        name: name.to_owned(),
        language: language.to_owned(),
        platform: false,
        revision: 0,
        updated_at: None,
    };
    let mut found: BTreeMap<(String, String), TemplateSummary> = BTreeMap::new();
    for known in BUILTIN_TEMPLATES.iter() {
        let key = (known.name.to_owned(), known.language.to_owned());
        found.insert(key, TemplateSummary { platform: true, ..summary(known.name, known.language) });
    }
    for own in deps.store.templates(&principal.tenant, None).await? {
        let key = (own.name.clone(), own.language.clone());
        let entry = found.entry(key).or_insert_with(|| summary(&own.name, &own.language));
        (entry.revision, entry.updated_at) = (own.revision, Some(own.updated_at));
    }
    Ok(Response::json(StatusCode::OK, &TemplateList { templates: found.into_values().collect() }))
}
