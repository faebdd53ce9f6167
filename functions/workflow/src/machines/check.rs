//! `POST /v1/workflow-checks`: what is wrong with a definition, with lines, columns and hints.

use crate::Deps;
use http::StatusCode;
use octavo_domain_workflow::definition::{Finding, parse};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The type of a state machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum MachineType {
    /// Up to a year, with a history.
    #[default]
    Standard,
    /// Up to five minutes.
    Express,
}

/// A definition to be checked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckInput {
    /// Amazon States Language, as text: findings have lines and columns in it. At most 1 MiB.
    #[schema(example = "{\"StartAt\": \"Done\", \"States\": {\"Done\": {\"Type\": \"Succeed\"}}}")]
    definition: String,
    /// What kind of machine it is for; `STANDARD` if not said.
    #[serde(default, rename = "type")]
    kind: MachineType,
}

/// What is wrong with a definition.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CheckOutput {
    /// Whether nothing is: it can be created.
    valid: bool,
    /// In the order of the text, at most 100.
    findings: Vec<FindingView>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FindingView {
    /// The place in the definition; `/` is the whole, empty when the text is no JSON.
    #[schema(example = "/States/Order/Next")]
    path: String,
    /// The line in the text, from 1.
    line: usize,
    /// The column in characters, from 1.
    column: usize,
    /// The kind, as `ValidateStateMachineDefinition` names it.
    #[schema(example = "MISSING_TRANSITION_TARGET")]
    code: &'static str,
    /// What is wrong.
    message: String,
    /// What to do about it; empty when the message says it.
    hint: String,
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        let Finding { path, line, column, code, message, hint } = finding;
        Self { path, line, column, code: code.name(), message, hint }
    }
}

/// Checks a definition without making anything of it: everything that is wrong with it, with its place and a hint.
#[utoipa::path(
    post, path = "/v1/workflow-checks", tag = "workflows", operation_id = "workflow_check", request_body = CheckInput,
    responses(
        (status = 200, body = CheckOutput),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(_deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let input: CheckInput = request.json()?;
    let findings = parse(&input.definition, input.kind == MachineType::Express).err().unwrap_or_default();
    let mut findings: Vec<FindingView> = findings.into_iter().map(FindingView::from).collect();
    findings.sort_by_key(|finding| (finding.line, finding.column));
    Ok(Response::json(StatusCode::OK, &CheckOutput { valid: findings.is_empty(), findings }))
}
