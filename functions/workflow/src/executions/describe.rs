//! `DescribeExecution`.

use super::find::{self, EXECUTION_ARN_CHARS_MAX};
use super::included::{INCLUDED_DATA, metadata_only};
use super::shell::now;
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use chrono::{DateTime, Utc};
use octavo_domain_workflow::engine::ports::ExecutionView;
use octavo_domain_workflow::engine::{Status, redrivable};
use octavo_domain_workflow::machine::Execution;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeInput {
    execution_arn: String,
    included_data: Option<String>,
}

impl Input for DescribeInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("executionArn", &self.execution_arn, 1..=EXECUTION_ARN_CHARS_MAX);
        checks.one_of_if("includedData", self.included_data.as_ref(), INCLUDED_DATA);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeOutput {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    input_details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<String>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Moment>,
    redrive_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_status_reason: Option<String>,
}

/// Whether a payload is shown.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Details {
    included: bool,
}

/// Shows an execution, as its last commit left it.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DescribeInput) -> Result<Reply<DescribeOutput>, Fault> {
    let view = find::view(&deps, &call.caller, "DescribeExecution", &input.execution_arn).await?;
    let shown = !metadata_only(input.included_data.as_ref());
    Ok(described(view, shown, now(&deps)).into())
}

fn described(view: ExecutionView, shown: bool, now: DateTime<Utc>) -> DescribeOutput {
    let (redrive_status, redrive_status_reason) = redrive_status(&view, now);
    let details = Details { included: shown };
    let started = view.started;
    let succeeded = view.status == Status::Succeeded;
    DescribeOutput {
        execution_arn: started.arn,
        state_machine_arn: started.machine_arn,
        name: started.name,
        status: view.status.as_str(),
        start_date: started.at.into(),
        stop_date: view.stopped_at.map(Moment),
        input: shown.then(|| started.input.to_string()),
        input_details: details,
        output: view.output.filter(|_| shown).map(|output| output.to_string()),
        output_details: succeeded.then_some(details),
        trace_header: started.trace_header,
        map_run_arn: started.map_run_arn,
        error: view.error.filter(|_| shown),
        cause: view.cause.filter(|_| shown),
        state_machine_version_arn: started.version_arn,
        state_machine_alias_arn: started.alias_arn,
        redrive_count: view.redrive_count,
        redrive_date: view.redriven_at.map(Moment),
        redrive_status,
        redrive_status_reason,
    }
}

/// Whether an execution may begin again, and why not.
fn redrive_status(view: &ExecutionView, now: DateTime<Utc>) -> (&'static str, Option<String>) {
    let started = &view.started;
    if started.map_run_arn.is_some() && !matches!(view.status, Status::Running | Status::Succeeded) {
        // Its parent's redrive begins it again, or runs its item anew.
        return ("REDRIVABLE_BY_MAP_RUN", None);
    }
    let execution = Execution {
        arn: started.arn.clone(),
        name: started.name.clone(),
        machine_arn: started.machine_arn.clone(),
        machine_name: String::new(),
        role_arn: started.role_arn.clone(),
        input: serde_json::Value::Null,
        started_at: started.at,
        redrive_count: view.redrive_count,
        express: started.express,
        events: view.events,
        frames: 0,
        mocked: None,
    };
    match redrivable(view.status, &execution, view.stopped_at, now) {
        Ok(()) => ("REDRIVABLE", None),
        Err(reason) => ("NOT_REDRIVABLE", Some(reason.to_string())),
    }
}
