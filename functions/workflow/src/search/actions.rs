//! Stops or redrives many executions at once.

use super::filter::Filter;
use super::run::{Action, Order, Outcome, run};
use crate::Deps;
use crate::caller::Caller;
use crate::executions::shell::written;
use http::{HeaderName, StatusCode};
use octavo_domain_kernel::FieldFault;
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::Freshness;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Executions of one request at most.
const EXECUTIONS_MAX: u32 = 1_000;
/// The longest error, in characters.
const ERROR_CHARS_MAX: usize = 256;
/// The longest cause, in characters.
const CAUSE_CHARS_MAX: usize = 32_768;
/// The longest idempotency key, in characters.
const KEY_CHARS_MAX: usize = 64;
/// Names this request.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The position of a write, in its answer.
const WRITTEN: HeaderName = HeaderName::from_static("octavo-written");

/// What is to be done with which executions. Either `arns` or `query`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionsInput {
    /// What is to be done.
    action: Action,
    /// The ARNs of the executions.
    #[serde(default)]
    arns: Option<Vec<String>>,
    /// Those that fit this, newest first. Without a status: for `stop` those that run, for `redrive` those that failed, timed
    /// out or were stopped.
    #[serde(default)]
    query: Option<Filter>,
    /// How many of those that fit `query` at most: 1 to 1,000; 1,000 if not given.
    #[serde(default)]
    limit: Option<u32>,
    /// For `stop`: the error that they end with. A redrive has none.
    #[serde(default)]
    error: Option<String>,
    /// For `stop`: its cause. A redrive has none.
    #[serde(default)]
    cause: Option<String>,
}

/// What became of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ActionsResult {
    /// One for each execution, in their order.
    results: Vec<Outcome>,
    /// Of how many it is true now.
    done: usize,
    /// Whether there is more: more fit, or the time of the request was over. The same request goes on.
    more: bool,
}

/// Stops or redrives up to 1,000 executions at once, and tells of each what became of it.
///
/// The request may be sent again: what is stopped is stopped, and with an `Idempotency-Key` an execution is redriven once for
/// it within a quarter of an hour.
#[utoipa::path(
    post, path = "/v1/executions/actions", tag = "workflows", operation_id = "execution_actions",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 64 characters")),
    request_body = ActionsInput,
    responses(
        (status = 200, body = ActionsResult),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    let input: ActionsInput = request.json()?;
    let key = request.header(&KEY)?.map(str::to_owned);
    check(&input, key.as_deref())?;
    let (arns, more) = match (&input.arns, &input.query) {
        (Some(arns), _) => (arns.clone(), false),
        (None, filter) => matching(&deps, &caller, filter.as_ref(), &input).await?,
    };
    let order = Order { action: input.action, error: input.error, cause: input.cause, key };
    let (results, all) = run(&deps, &caller, &order, arns).await;
    let done = results.iter().filter(|outcome| outcome.done).count();
    let response = Response::json(StatusCode::OK, &ActionsResult { results, done, more: more || !all });
    Ok(match written(&deps).await {
        Some(position) => response.with_text(WRITTEN, &position),
        None => response,
    })
}

fn check(input: &ActionsInput, key: Option<&str>) -> Result<(), EdgeFault> {
    let mut faults = Vec::new();
    let mut wrong = |field: &str, message: String| faults.push(FieldFault::new(field, message));
    match (&input.arns, &input.query) {
        (Some(arns), None) if arns.is_empty() || arns.len() > EXECUTIONS_MAX as usize => {
            wrong("arns", format!("expected 1 to {EXECUTIONS_MAX}"));
        }
        (Some(_), None) if input.limit.is_some() => wrong("limit", "expected it with query only".to_owned()),
        (Some(_), None) | (None, Some(_)) => {}
        _ => wrong("arns", "expected either arns or query".to_owned()),
    }
    if input.limit.is_some_and(|limit| !(1..=EXECUTIONS_MAX).contains(&limit)) {
        wrong("limit", format!("expected 1 to {EXECUTIONS_MAX}"));
    }
    for (field, text, limit) in [("error", &input.error, ERROR_CHARS_MAX), ("cause", &input.cause, CAUSE_CHARS_MAX)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > limit) {
            wrong(field, format!("expected at most {limit} characters"));
        }
    }
    if key.is_some_and(|key| key.is_empty() || key.len() > KEY_CHARS_MAX) {
        return Err(EdgeFault::malformed(
            "header:Idempotency-Key",
            format!("expected 1 to {KEY_CHARS_MAX} characters"),
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(EdgeFault::Invalid(faults)) }
}

/// The executions that fit a filter, and whether there are more.
async fn matching(
    deps: &Deps,
    caller: &Caller,
    filter: Option<&Filter>,
    input: &ActionsInput,
) -> Result<(Vec<String>, bool), Problem> {
    let mut query = filter.cloned().unwrap_or_default().query(caller, "query.")?;
    if query.statuses.is_empty() {
        query.statuses = match input.action {
            Action::Stop => vec![Status::Running],
            Action::Redrive => vec![Status::Failed, Status::TimedOut, Status::Aborted],
        };
    }
    query.limit = input.limit.unwrap_or(EXECUTIONS_MAX);
    // As the last commit left it: the same request sent again must not find what it has done already.
    let found = deps.reads.execution_list(caller.tenant(), &query, &Freshness::Latest).await?;
    let more = found.len() >= query.limit as usize;
    Ok((found.into_iter().map(|summary| summary.arn).collect(), more))
}
