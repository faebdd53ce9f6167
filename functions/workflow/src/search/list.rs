//! Searches executions.

use super::parameters::{filter, flag};
use super::view::ExecutionItem;
use crate::Deps;
use crate::caller::Caller;
use http::{HeaderName, StatusCode};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::{ExecutionQuery, Freshness};
use octavo_wiring_edge::{EdgeFault, Problem, Query, Request, Response, decode_cursor, encode_cursor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Executions on a page, unless the client says how many.
const PAGE_EXECUTIONS: u32 = 50;
/// Executions on a page at most.
const PAGE_EXECUTIONS_MAX: u32 = 200;
/// Executions of a status are counted to this.
const COUNTED_MAX: u32 = 1_000;
/// The write that a read must not be older than.
const READ_AFTER: HeaderName = HeaderName::from_static("octavo-read-after");

/// A page of executions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ExecutionPage {
    /// Newest first.
    executions: Vec<ExecutionItem>,
    /// How many fit, by status, if that was asked for. 1000 stands for as many or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!({"RUNNING": 3, "FAILED": 1000}))]
    counts: Option<BTreeMap<&'static str, u64>>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// A cursor goes with the query that it was made for.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    query: String,
    after: ExecutionId,
}

/// Searches executions, newest first: all of the tenant for who has the role `workflows` or `admin`, else your own.
///
/// What is found may be up to a second old, and is no older than the write whose `Octavo-Written` is sent as
/// `Octavo-Read-After`. Children of a map run are found by `map_run` only.
#[utoipa::path(
    get, path = "/v1/executions", tag = "workflows", operation_id = "execution_search",
    params(
        ("machine" = Option<String>, Query, description = "The ARN of a state machine, version or alias"),
        ("map_run" = Option<String>, Query, description = "The ARN of a map run: its children"),
        ("status" = Option<Vec<String>>, Query, description = "RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE; may stand several times: any of them"),
        ("name" = Option<String>, Query, description = "What the name begins with"),
        ("from" = Option<String>, Query, description = "Started then or later", example = "2026-11-27T00:00:00Z"),
        ("to" = Option<String>, Query, description = "Started before"),
        ("attribute.NAME" = Option<String>, Query, description = "With the search attribute NAME of this value: a number or a truth value where it reads as one, else a text; a text in any case in quotation marks"),
        ("started_by" = Option<String>, Query, description = "Started by this user", example = "ada"),
        ("redriven" = Option<bool>, Query, description = "Whether it was redriven"),
        ("counts" = Option<bool>, Query, description = "true: also count what fits, by status, to 1,000 each"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "1 to 200; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before; all other parameters as there"),
        ("Octavo-Read-After" = Option<String>, Header, description = "Octavo-Written of a write that must be seen"),
    ),
    responses(
        (status = 200, body = ExecutionPage),
        (status = 422, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "A parameter is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    let parameters = &request.query;
    let filter = filter(parameters)?;
    let mut query = filter.query(&caller, "query:")?;
    let limit = limit(parameters)?;
    let meaning = blake3::hash(&serde_json::to_vec(&filter).unwrap_or_default()).to_hex()[..16].to_owned();
    query.after = after(parameters, &meaning)?;
    // One more than is shown tells whether there are more.
    query.limit = limit + 1;
    let freshness = Freshness::Recent { after: request.header(&READ_AFTER)?.map(str::to_owned) };
    let mut found = deps.reads.execution_list(caller.tenant(), &query, &freshness).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let cursor = |last: ExecutionId| encode_cursor(&Cursor { query: meaning.clone(), after: last });
    let next_cursor = found.last().filter(|_| more).map(|last| cursor(last.id));
    let counts = match flag(parameters, "counts")? {
        Some(true) => Some(counts(&deps, &caller, query, &freshness).await?),
        _ => None,
    };
    let executions = found.into_iter().map(ExecutionItem::from).collect();
    Ok(Response::json(StatusCode::OK, &ExecutionPage { executions, counts, next_cursor }))
}

async fn counts(
    deps: &Deps,
    caller: &Caller,
    query: ExecutionQuery,
    freshness: &Freshness,
) -> Result<BTreeMap<&'static str, u64>, Problem> {
    let query = ExecutionQuery { after: None, limit: COUNTED_MAX, ..query };
    let counted = deps.reads.execution_counts(caller.tenant(), &query, freshness).await?;
    Ok(counted.into_iter().map(|(status, count)| (status.as_str(), count)).collect())
}

fn limit(parameters: &Query) -> Result<u32, EdgeFault> {
    let range = || EdgeFault::malformed("query:limit", format!("expected 1 to {PAGE_EXECUTIONS_MAX}"));
    match parameters.one("limit")? {
        None => Ok(PAGE_EXECUTIONS),
        Some(text) => text.parse().ok().filter(|limit| (1..=PAGE_EXECUTIONS_MAX).contains(limit)).ok_or_else(range),
    }
}

fn after(parameters: &Query, meaning: &str) -> Result<Option<ExecutionId>, EdgeFault> {
    let Some(text) = parameters.one("cursor")? else { return Ok(None) };
    let cursor: Cursor = decode_cursor("query:cursor", text)?;
    if cursor.query != meaning {
        return Err(EdgeFault::malformed("query:cursor", "expected the cursor of an earlier page of the same query"));
    }
    Ok(Some(cursor.after))
}
