//! Lists the templates.

use crate::Deps;
use http::StatusCode;
use octavo_domain_generate::{Template, templates};
use octavo_wiring_edge::{Problem, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// The templates.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GenerationTemplateList)]
pub(crate) struct TemplateList {
    /// All there are.
    templates: &'static [Template],
}

/// Lists the templates that documents can be made by, with their variables and outlines.
#[utoipa::path(
    get, path = "/v1/generations/templates", tag = "generations", operation_id = "generation_templates",
    responses((status = 200, body = TemplateList))
)]
pub(crate) async fn handle(_: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(&[])?;
    Ok(Response::json(StatusCode::OK, &TemplateList { templates: templates() }))
}
