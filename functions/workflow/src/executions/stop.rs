//! `StopExecution`.

use super::change::{Decline, Told, tell};
use super::find::{self, EXECUTION_ARN_CHARS_MAX};
use super::input::error_and_cause;
use super::shell::{keeper, now, written};
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::{ExecutionId, Kept, Posted, Status, settle};
use octavo_domain_workflow::machine::{Event, FIRST_FRAME, Signal};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopInput {
    execution_arn: String,
    error: Option<String>,
    cause: Option<String>,
}

impl Input for StopInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("executionArn", &self.execution_arn, 1..=EXECUTION_ARN_CHARS_MAX);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopOutput {
    stop_date: Moment,
}

/// Stops an execution: it has ended when the answer comes. One that has ended before is left as it is.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: StopInput) -> Result<Reply<StopOutput>, Fault> {
    error_and_cause(input.error.as_ref(), input.cause.as_ref())?;
    let arn = &input.execution_arn;
    let view = find::view(&deps, &call.caller, "StopExecution", arn).await?;
    let stopped = stop(&deps, call.caller.tenant(), view.id, input.error, input.cause).await?;
    let at = stopped.ok_or_else(|| Fault::no_execution(arn))?;
    Ok(Reply { output: StopOutput { stop_date: at.into() }, written: written(&deps).await })
}

/// Stops an execution; when it ended, or none if there is none.
pub(crate) async fn stop(
    deps: &Deps,
    tenant: &TenantId,
    id: ExecutionId,
    error: Option<String>,
    cause: Option<String>,
) -> Result<Option<DateTime<Utc>>, PortError> {
    let abort =
        || Signal { frame: FIRST_FRAME, turn: 0, event: Event::Abort { error: error.clone(), cause: cause.clone() } };
    let told = tell(deps, tenant, id, |settling, loaded| {
        if loaded.status != Status::Running {
            return Err(Decline::Left(loaded.stopped_at));
        }
        Ok(settle(settling, loaded, vec![abort()])?)
    });
    match told.await? {
        Told::Done(change) => Ok(Some(change.at)),
        Told::Left(stopped_at) => Ok(Some(stopped_at.unwrap_or_else(|| now(deps)))),
        Told::Gone => Ok(None),
        Told::Contended => {
            // It moves faster than this process: it is kept for whoever moves it.
            let now = now(deps);
            let kept = Kept { id: deps.ids.next(), at: now, signal: abort() };
            deps.executions.signals_post(tenant, &[Posted { to: id, kept }]).await?;
            keeper(deps).ring(tenant, &[id], now).await;
            Ok(Some(now))
        }
    }
}
