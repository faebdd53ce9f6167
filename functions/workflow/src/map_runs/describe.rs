//! `DescribeMapRun`.

use super::find;
use crate::Deps;
use crate::executions::list::LONG_ARN_CHARS_MAX;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::MapRunView;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeInput {
    map_run_arn: String,
}

impl Input for DescribeInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("mapRunArn", &self.map_run_arn, 1..=LONG_ARN_CHARS_MAX);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeOutput {
    map_run_arn: String,
    execution_arn: String,
    status: &'static str,
    start_date: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Moment>,
    max_concurrency: u32,
    tolerated_failure_percentage: f64,
    tolerated_failure_count: u64,
    item_counts: Counts,
    execution_counts: Counts,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Moment>,
}

/// Children, or their items, by where they stand.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    pending: u64,
    running: u64,
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
    total: u64,
    results_written: u64,
    failures_not_redrivable: u64,
    pending_redrive: u64,
}

impl Counts {
    /// `written` says that the run's results are written: they are for all that succeeded, at once.
    fn of(counted: &[(Status, u64)], written: bool) -> Self {
        let mut counts = Self::default();
        for (status, count) in counted {
            counts.total += count;
            let place = match status {
                Status::Running => &mut counts.running,
                Status::Succeeded => &mut counts.succeeded,
                Status::Failed => &mut counts.failed,
                Status::TimedOut => &mut counts.timed_out,
                Status::Aborted => &mut counts.aborted,
                Status::PendingRedrive => &mut counts.pending_redrive,
            };
            *place += count;
        }
        counts.results_written = if written { counts.succeeded } else { 0 };
        counts
    }
}

/// Shows a map run.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DescribeInput) -> Result<Reply<DescribeOutput>, Fault> {
    let run = find::view(&deps, &call.caller, "DescribeMapRun", &input.map_run_arn).await?;
    Ok(described(run).into())
}

fn described(run: MapRunView) -> DescribeOutput {
    let written = run.status == Status::Succeeded;
    DescribeOutput {
        execution_arn: run.execution_arn,
        status: run.status.as_str(),
        start_date: run.started_at.into(),
        stop_date: run.stopped_at.map(Moment),
        max_concurrency: run.max_concurrency,
        tolerated_failure_percentage: run.tolerated_percentage.unwrap_or(0.0),
        tolerated_failure_count: run.tolerated_count.unwrap_or(0),
        item_counts: Counts::of(&run.items, written),
        execution_counts: Counts::of(&run.executions, written),
        redrive_count: run.redrive_count,
        redrive_date: run.redriven_at.map(Moment),
        map_run_arn: run.arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_child_is_counted_once() {
        let counted = [(Status::Running, 2), (Status::Succeeded, 3), (Status::TimedOut, 1)];
        let counts = Counts::of(&counted, false);
        let expected = Counts { running: 2, succeeded: 3, timed_out: 1, total: 6, ..Counts::default() };
        assert_eq!(counts, expected);
        assert_eq!(Counts::of(&counted, true).results_written, 3);
    }
}
