//! Executions that cannot be advanced: they are seen, and tried again, by who defines workflows.

use crate::caller::Caller;
use crate::executions::shell::{keeper, now};
use crate::{Deps, WorkflowFault};
use chrono::{DateTime, Utc};
use http::StatusCode;
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::DeadExecution;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// Dead executions in an answer, unless the client says how many.
const DEAD_DEFAULT: u32 = 100;
/// Dead executions in an answer at most.
const DEAD_MAX: u32 = 1_000;

/// An execution that cannot be advanced.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DeadItem {
    /// Names it among the dead.
    #[schema(value_type = String, example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082")]
    id: ExecutionId,
    /// Its ARN.
    arn: String,
    /// Why it cannot.
    error: String,
    /// Since when.
    buried_at: DateTime<Utc>,
}

impl From<DeadExecution> for DeadItem {
    fn from(dead: DeadExecution) -> Self {
        Self { id: dead.id, arn: dead.arn, error: dead.error, buried_at: dead.at }
    }
}

/// The dead.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DeadList {
    /// Newest first.
    executions: Vec<DeadItem>,
}

/// Lists executions that cannot be advanced, for example because their definition cannot be read any more. They still run,
/// with all that they hold; nobody tries them until they are told to.
#[utoipa::path(
    get, path = "/v1/executions/dead", tag = "workflows", operation_id = "execution_dead",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1,000; 100 if not given")),
    responses(
        (status = 200, body = DeadList),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
    )
)]
pub(crate) async fn list(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = operator(&deps, &request)?;
    request.query.only(&["limit"])?;
    let limit = request.query.parsed::<u32>("limit")?.unwrap_or(DEAD_DEFAULT);
    if !(1..=DEAD_MAX).contains(&limit) {
        return Err(EdgeFault::malformed("query:limit", format!("expected 1 to {DEAD_MAX}")).into());
    }
    let dead = deps.executions.dead_executions(caller.tenant(), limit).await?;
    Ok(Response::json(StatusCode::OK, &DeadList { executions: dead.into_iter().map(DeadItem::from).collect() }))
}

/// Tries a dead execution again.
#[utoipa::path(
    post, path = "/v1/executions/dead/{id}/retry", tag = "workflows", operation_id = "execution_dead_retry",
    params(("id" = String, Path, format = Uuid, description = "The execution", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082")),
    responses(
        (status = 202, description = "It is tried again"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For the role workflows or admin"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "It is not among the dead"),
    )
)]
pub(crate) async fn retry(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = operator(&deps, &request)?;
    let id = ExecutionId(request.param::<Uuid>("id")?);
    let now = now(&deps);
    if !deps.executions.execution_revive(caller.tenant(), id, now).await? {
        return Err(WorkflowFault::NoExecution.into());
    }
    keeper(&deps).ring(caller.tenant(), &[id], now).await;
    Ok(Response::empty(StatusCode::ACCEPTED))
}

fn operator(deps: &Deps, request: &Request) -> Result<Caller, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    if caller.is_operator() { Ok(caller) } else { Err(WorkflowFault::NotAllowed.into()) }
}
