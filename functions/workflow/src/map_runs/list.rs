//! `ListMapRuns`.

use crate::Deps;
use crate::executions::find::{self, EXECUTION_ARN_CHARS_MAX};
use crate::protocol::{Call, Checks, Fault, Input, Moment, PAGE_MAX, PageToken, Reply, page_limit};
use octavo_domain_workflow::engine::ports::MapRunView;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListInput {
    execution_arn: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Input for ListInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("executionArn", &self.execution_arn, 1..=EXECUTION_ARN_CHARS_MAX);
        checks.range_if("maxResults", self.max_results, 0..=PAGE_MAX);
        checks.length_if("nextToken", self.next_token.as_ref(), 1..=4_096);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListOutput {
    map_runs: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    execution_arn: String,
    map_run_arn: String,
    state_machine_arn: String,
    start_date: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Moment>,
}

impl From<MapRunView> for Item {
    fn from(run: MapRunView) -> Self {
        // The states of the `Map` as the machine of its children: `mapRun:MACHINE/LABEL:ID` names it.
        let label = run.arn.rsplit_once(':').and_then(|(front, _)| front.rsplit_once('/')).map(|(_, label)| label);
        let state_machine_arn = match label {
            Some(label) => format!("{}/{label}", run.machine_arn),
            None => run.machine_arn,
        };
        Self {
            execution_arn: run.execution_arn,
            map_run_arn: run.arn,
            state_machine_arn,
            start_date: run.started_at.into(),
            stop_date: run.stopped_at.map(Moment),
        }
    }
}

/// Lists the map runs of an execution, newest first.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: ListInput) -> Result<Reply<ListOutput>, Fault> {
    let view = find::view(&deps, &call.caller, "ListMapRuns", &input.execution_arn).await?;
    let list = format!("ListMapRuns:{}", view.id);
    let after = PageToken::<String>::read(&list, input.next_token.as_deref())?;
    let limit = page_limit(input.max_results);
    // One more than is shown tells whether there are more.
    let mut found = deps.reads.map_run_list(call.caller.tenant(), view.id, after.as_deref(), limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_token = found.last().filter(|_| more).map(|last| PageToken::write(&list, last.arn.clone()));
    Ok(ListOutput { map_runs: found.into_iter().map(Item::from).collect(), next_token }.into())
}
