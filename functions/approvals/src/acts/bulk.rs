//! Decides many at once.

use super::input::key;
use crate::Deps;
use crate::caller::Caller;
use crate::rules::perform;
use futures::stream::{self, StreamExt};
use http::StatusCode;
use octavo_domain_approvals::{Action, ApprovalId, Outcome, Verdict, Via};
use octavo_wiring_edge::{Body, EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Decisions of one request.
const DECISIONS_MAX: usize = 100;
/// How many are decided at a time: a process has few connections.
const AT_A_TIME: usize = 4;

/// Many decisions.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionsInput {
    /// 1 to 100.
    #[schema(min_items = 1, max_items = 100)]
    decisions: Vec<OneInput>,
}

/// One of them: an approval, and what `POST /v1/approvals/{id}/decision` takes.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneInput {
    /// Of which approval.
    approval: ApprovalId,
    /// Which seat; the first that you may decide, if none is said.
    seat: Option<u32>,
    /// `approve`, `reject` or `request_changes`.
    verdict: Verdict,
    /// Why: at most 4,000 characters; needed to reject and to request changes.
    #[schema(max_length = 4000)]
    comment: Option<String>,
    /// The approval's form, filled in.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
    /// The version of the document that you looked at.
    document_version: Option<u32>,
}

/// What became of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DecisionsView {
    /// In the order of the request.
    results: Vec<ResultView>,
}

/// What became of one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ResultView {
    /// Of which approval.
    approval: ApprovalId,
    /// As `POST /v1/approvals/{id}/decision` would have answered.
    #[schema(example = 200)]
    status: u16,
    /// How the approval ended, if it did.
    outcome: Option<Outcome>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemDocument>)]
    problem: Option<Value>,
}

/// Decides many approvals, each on its own: some may be refused while others are decided. Sent again, it does what is left.
#[utoipa::path(
    post, path = "/v1/approvals/decisions", tag = "approvals", operation_id = "approval_decide_many",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names these decisions; 1 to 255 characters")),
    request_body = DecisionsInput,
    responses(
        (status = 200, body = DecisionsView, description = "What became of each"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let DecisionsInput { decisions } = request.json()?;
    if !(1..=DECISIONS_MAX).contains(&decisions.len()) {
        return Err(EdgeFault::invalid("decisions", format!("expected 1 to {DECISIONS_MAX}")).into());
    }
    let key = key(&request)?;
    let caller = Caller::of(&deps, &request, Via::Bulk).await?;
    let (deps, caller, request_id) = (&deps, &caller, request.request_id.as_str());
    let all = decisions.into_iter().map(|one| {
        let OneInput { approval, seat, verdict, comment, answers, document_version } = one;
        let action = Action::Decide { seat, verdict, comment, answers, document_version, key: key.clone() };
        async move {
            match perform(deps, caller, approval, &action).await {
                Ok(done) => ResultView { approval, status: 200, outcome: done.approval.outcome, problem: None },
                Err(problem) => refused(approval, problem, request_id),
            }
        }
    });
    let results = stream::iter(all).buffered(AT_A_TIME).collect().await;
    Ok(Response::json(StatusCode::OK, &DecisionsView { results }))
}

fn refused(approval: ApprovalId, problem: Problem, request_id: &str) -> ResultView {
    let (status, _, body) = problem.into_response(request_id).into_parts();
    let problem = match body {
        Body::Bytes(bytes) => serde_json::from_slice(&bytes).ok(),
        Body::Stream(_) => None,
    };
    ResultView { approval, status: status.as_u16(), outcome: None, problem }
}
