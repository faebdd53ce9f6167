//! `UpdateMapRun`.

use super::find;
use crate::Deps;
use crate::executions::change::{Decline, Told, tell};
use crate::executions::list::LONG_ARN_CHARS_MAX;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use octavo_domain_workflow::engine::ports::MapRunUpdate;
use octavo_domain_workflow::engine::{Loaded, settle};
use octavo_domain_workflow::machine::quota::DISTRIBUTED_CONCURRENCY_MAX;
use octavo_domain_workflow::machine::{Event, Phase, Signal};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateInput {
    map_run_arn: String,
    max_concurrency: Option<i64>,
    tolerated_failure_percentage: Option<f64>,
    tolerated_failure_count: Option<i64>,
}

impl Input for UpdateInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("mapRunArn", &self.map_run_arn, 1..=LONG_ARN_CHARS_MAX);
        checks.range_if("maxConcurrency", self.max_concurrency, 0..=i64::from(DISTRIBUTED_CONCURRENCY_MAX));
        checks.range_if("toleratedFailureCount", self.tolerated_failure_count, 0..=i64::MAX);
        if let Some(percentage) = self.tolerated_failure_percentage.filter(|share| !(0.0..=100.0).contains(share)) {
            let bound = if percentage > 100.0 { "less than or equal to 100" } else { "greater than or equal to 0" };
            checks.fail("toleratedFailurePercentage", percentage, format_args!("Member must have value {bound}"));
        }
    }
}

/// Changes the limits of a map run that runs.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: UpdateInput) -> Result<Reply<Nothing>, Fault> {
    if input.max_concurrency.is_none()
        && input.tolerated_failure_percentage.is_none()
        && input.tolerated_failure_count.is_none()
    {
        return Err(Fault::validation("At least one of the limits of the Map Run must be specified"));
    }
    let tenant = call.caller.tenant();
    let run = find::view(&deps, &call.caller, "UpdateMapRun", &input.map_run_arn).await?;
    let update = MapRunUpdate {
        arn: input.map_run_arn,
        max_concurrency: input.max_concurrency.and_then(|limit| u32::try_from(limit).ok()),
        tolerated_count: input.tolerated_failure_count.and_then(|count| u64::try_from(count).ok()),
        tolerated_percentage: input.tolerated_failure_percentage,
    };
    if !deps.executions.map_run_update(tenant, &update).await? {
        return Err(Fault::validation(format!("The Map Run has ended and cannot be updated: '{}'", update.arn)));
    }
    // More children may run now: they start without waiting for one of the others to end. Where others are faster than this
    // process, what they do looks at the new limits too.
    let told: Told<()> = tell(&deps, tenant, run.execution, |settling, loaded| {
        let go = go(&loaded, &update.arn).ok_or(Decline::Left(()))?;
        Ok(settle(settling, loaded, vec![go])?)
    })
    .await?;
    if matches!(told, Told::Contended) {
        tracing::debug!(run = update.arn, "a map run moves faster than its update");
    }
    Ok(Nothing {}.into())
}

/// What tells the `Map` of a run that it may go on.
fn go(loaded: &Loaded, run: &str) -> Option<Signal> {
    let of_run = |phase: &Phase| match phase {
        Phase::Joining(join) => join.run.as_ref().is_some_and(|found| found.arn == run),
        _ => false,
    };
    let frame = loaded.frames.iter().find(|frame| of_run(&frame.phase))?;
    Some(Signal { frame: frame.id, turn: frame.turn, event: Event::Go })
}
