//! Ready-made workflows with approvals.

use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_domain_approvals::templates::{TEMPLATES, Template};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// A template in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApprovalTemplateSummary)]
pub(crate) struct TemplateSummary {
    /// Its name.
    #[schema(example = "single-approval")]
    name: String,
    /// What it is called.
    #[schema(example = "Single approval")]
    title: String,
    /// What it does.
    description: String,
}

/// The templates.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApprovalTemplateList)]
pub(crate) struct TemplateList {
    /// All there are.
    templates: Vec<TemplateSummary>,
}

/// A template.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApprovalTemplateView)]
pub(crate) struct TemplateView {
    #[serde(flatten)]
    summary: TemplateSummary,
    /// A definition in the Amazon States Language, for `CreateStateMachine`.
    #[schema(value_type = Object)]
    definition: Value,
    /// An input that it runs with.
    #[schema(value_type = Object)]
    input_example: Value,
}

/// Lists the workflows that are ready to use.
#[utoipa::path(
    get, path = "/v1/approval-templates", tag = "approvals", operation_id = "approval_template_list",
    responses((status = 200, body = TemplateList))
)]
pub(crate) async fn list(_: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(&[])?;
    let templates = TEMPLATES.iter().map(summary).collect();
    Ok(Response::json(StatusCode::OK, &TemplateList { templates }))
}

/// Shows a workflow that is ready to use.
#[utoipa::path(
    get, path = "/v1/approval-templates/{name}", tag = "approvals", operation_id = "approval_template_read",
    params(("name" = String, Path, description = "The template", example = "single-approval")),
    responses(
        (status = 200, body = TemplateView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None of this name"),
    )
)]
pub(crate) async fn read(_: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let name: String = request.param("name")?;
    let found = TEMPLATES.iter().find(|template| template.name == name).ok_or(ApprovalsFault::NoTemplate)?;
    let json = |text: &str| serde_json::from_str(text).expect("templates are JSON: tested with them");
    let view = TemplateView {
        summary: summary(found),
        definition: json(found.definition),
        input_example: json(found.input_example),
    };
    Ok(Response::json(StatusCode::OK, &view))
}

fn summary(template: &Template) -> TemplateSummary {
    TemplateSummary {
        name: template.name.to_owned(),
        title: template.title.to_owned(),
        description: template.description.to_owned(),
    }
}
