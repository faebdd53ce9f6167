//! `ListExecutions`.

use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, PAGE_MAX, PageToken, Reply, page_limit};
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use octavo_domain_workflow::engine::ports::{ExecutionQuery, ExecutionSummary, Freshness};
use octavo_domain_workflow::engine::{ExecutionId, Status};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest token of a page, in characters: the service's own.
const TOKEN_CHARS_MAX: usize = 3_096;
/// The longest ARN of a map run, in characters: the service's own.
pub(crate) const LONG_ARN_CHARS_MAX: usize = 2_000;
/// Executions that a store lists at once.
const LIMIT_MAX: u32 = 1_000;
/// `statusFilter`, in the order in which the service names them.
const STATUSES: &[&str] = &["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];
/// `redriveFilter`.
const REDRIVE_FILTERS: &[&str] = &["REDRIVEN", "NOT_REDRIVEN"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListInput {
    state_machine_arn: Option<String>,
    status_filter: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    map_run_arn: Option<String>,
    redrive_filter: Option<String>,
}

impl Input for ListInput {
    fn check(&self, checks: &mut Checks) {
        checks.length_if("stateMachineArn", self.state_machine_arn.as_ref(), 1..=256);
        checks.one_of_if("statusFilter", self.status_filter.as_ref(), STATUSES);
        checks.range_if("maxResults", self.max_results, 0..=PAGE_MAX);
        checks.length_if("nextToken", self.next_token.as_ref(), 1..=TOKEN_CHARS_MAX);
        checks.length_if("mapRunArn", self.map_run_arn.as_ref(), 1..=LONG_ARN_CHARS_MAX);
        checks.one_of_if("redriveFilter", self.redrive_filter.as_ref(), REDRIVE_FILTERS);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOutput {
    executions: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<String>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Moment>,
}

impl From<ExecutionSummary> for Item {
    fn from(summary: ExecutionSummary) -> Self {
        Self {
            execution_arn: summary.arn,
            state_machine_arn: summary.machine_arn,
            name: summary.name,
            status: summary.status.as_str(),
            start_date: summary.started_at.into(),
            stop_date: summary.stopped_at.map(Moment),
            item_count: summary.item_count.filter(|_| summary.map_run_arn.is_some()),
            map_run_arn: summary.map_run_arn,
            state_machine_version_arn: summary.version_arn,
            state_machine_alias_arn: summary.alias_arn,
            redrive_count: summary.redrive_count,
            redrive_date: summary.redriven_at.map(Moment),
        }
    }
}

/// Lists executions of a state machine, version or alias, or of a map run, newest first. Up to a second old.
///
/// Whoever may not see all of the tenant's executions sees their own.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: ListInput) -> Result<Reply<ListOutput>, Fault> {
    let caller = &call.caller;
    check_subject(&deps, &call, &input).await?;
    let list = format!(
        "ListExecutions:{}:{}:{}:{}",
        input.state_machine_arn.as_deref().unwrap_or_default(),
        input.map_run_arn.as_deref().unwrap_or_default(),
        input.status_filter.as_deref().unwrap_or_default(),
        input.redrive_filter.as_deref().unwrap_or_default(),
    );
    let list = blake3::hash(list.as_bytes()).to_hex()[..16].to_owned();
    let limit = page_limit(input.max_results);
    let query = ExecutionQuery {
        machine_arn: input.state_machine_arn,
        map_run_arn: input.map_run_arn,
        statuses: input.status_filter.as_deref().and_then(Status::parse).into_iter().collect(),
        started_by: (!caller.is_operator()).then(|| caller.user().clone()),
        redriven: input.redrive_filter.map(|filter| filter == "REDRIVEN"),
        after: PageToken::<ExecutionId>::read(&list, input.next_token.as_deref())?,
        // One more than is shown tells whether there are more; a whole page of the largest may be the last.
        limit: (limit + 1).min(LIMIT_MAX),
        ..ExecutionQuery::default()
    };
    let freshness = Freshness::Recent { after: call.read_after.clone() };
    let mut found = deps.reads.execution_list(caller.tenant(), &query, &freshness).await?;
    let more = found.len() > limit as usize || found.len() == LIMIT_MAX as usize;
    found.truncate(limit as usize);
    let next_token = found.last().filter(|_| more).map(|last| PageToken::write(&list, last.id));
    Ok(ListOutput { executions: found.into_iter().map(Item::from).collect(), next_token }.into())
}

/// Whether what executions are asked of is there, and keeps any.
async fn check_subject(deps: &Deps, call: &Call, input: &ListInput) -> Result<(), Fault> {
    let tenant = call.caller.tenant();
    let machine = match (&input.state_machine_arn, &input.map_run_arn) {
        (Some(machine), None) => machine,
        (None, Some(run)) => {
            let arn = Arn::parse(run)?;
            if !matches!(arn.resource, Resource::MapRun { .. }) {
                return Err(InvalidArn::wrong_type(&arn).into());
            }
            let found = deps.reads.map_run_get(tenant, run).await?;
            return found.map(|_| ()).ok_or_else(|| Fault::no_resource(run));
        }
        (None, None) => return Err(Fault::validation("Must provide a State Machine ARN or Map Run ARN")),
        (Some(_), Some(_)) => {
            return Err(Fault::validation("Must provide a State Machine ARN or Map Run ARN, not both"));
        }
    };
    let arn = Arn::parse(machine)?;
    let machine_arn = match arn.resource {
        Resource::Machine { .. } | Resource::Version { .. } | Resource::Alias { .. } => arn.machine_arn(),
        _ => None,
    };
    let machine_arn = machine_arn.ok_or_else(|| InvalidArn::wrong_type(&arn))?;
    let found = deps.catalogue.machine_get(tenant, machine_arn).await?;
    let found = found.ok_or_else(|| Fault::no_machine(machine))?;
    if found.express {
        let message = "This operation is not supported by this type of state machine";
        return Err(Fault::new(Name::StateMachineTypeNotSupported, message));
    }
    Ok(())
}
