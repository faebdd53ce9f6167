//! `StartSyncExecution`: an Express execution, durable as all are, whose end is waited for.

use super::begin::{StartError, Started, machine, start_with};
use super::included::metadata_only;
use super::start::{StartInput, refused};
use crate::Deps;
use crate::protocol::{Call, Fault, Moment, Reply};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use octavo_domain_workflow::engine::{Finished, Status};
use octavo_domain_workflow::machine::quota::EXPRESS_SECONDS_MAX;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause between two looks; each is half as long again as the one before.
const PAUSE_FIRST: Duration = Duration::from_millis(5);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// How long the end is waited for: as long as an Express execution may take, and a moment for its last commit.
const WAIT_MAX: Duration = Duration::from_secs(EXPRESS_SECONDS_MAX + 5);
/// Durations are counted in pieces of so many milliseconds, as the service bills them.
const BILLED_MS: u64 = 100;
/// Memory is counted in pieces of so many MB, as the service bills it.
const BILLED_MB: u32 = 64;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartSyncOutput {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    start_date: Moment,
    stop_date: Moment,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    input_details: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    output_details: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_header: Option<String>,
    billing_details: Value,
}

/// How an execution ended.
struct End {
    at: DateTime<Utc>,
    status: Status,
    finished: Finished,
}

/// Begins an Express execution and answers when it has ended.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: StartInput) -> Result<Reply<StartSyncOutput>, Fault> {
    let start = input.start(&call)?;
    let machine_arn = start.machine_arn;
    let trace_header = start.trace_header.clone();
    let shown = !metadata_only(input.included_data.as_ref());
    let text = shown.then(|| start.input.to_string());
    let begun = async {
        let machine = machine(&deps, call.caller.tenant(), machine_arn).await?;
        if !machine.express {
            return Err(StartError::WrongType);
        }
        start_with(&deps, call.caller.tenant(), &machine, start).await
    };
    let mut started = match begun.await {
        Ok(started) => started,
        Err(error) => return Err(refused(&deps, &call.caller, error, machine_arn).await),
    };
    let end = match started.finished.take() {
        Some(finished) => End { at: started.at, status: started.status, finished },
        None => ended(&deps, call.caller.tenant(), &started).await?,
    };
    let included = json!({ "included": shown });
    let Finished { output, error, cause } = end.finished;
    let output = StartSyncOutput {
        execution_arn: started.arn,
        state_machine_arn: started.machine_arn,
        name: started.name,
        start_date: started.at.into(),
        stop_date: end.at.into(),
        status: match end.status {
            Status::Succeeded => "SUCCEEDED",
            Status::TimedOut => "TIMED_OUT",
            _ => "FAILED",
        },
        error: error.filter(|_| shown),
        cause: cause.filter(|_| shown),
        input: text,
        input_details: included.clone(),
        output: output.filter(|_| shown).map(|output| output.to_string()),
        output_details: included,
        trace_header,
        billing_details: billing(started.at, end.at),
    };
    Ok(output.into())
}

/// Waits for an execution's end.
async fn ended(deps: &Deps, tenant: &TenantId, started: &Started) -> Result<End, Fault> {
    let until = Instant::now() + WAIT_MAX;
    let mut pause = PAUSE_FIRST;
    loop {
        sleep(pause).await;
        pause = (pause * 3 / 2).min(PAUSE_MAX);
        let found = deps.reads.execution_get(tenant, started.id).await?;
        let found = found.ok_or_else(|| Fault::no_execution(&started.arn))?;
        if found.status != Status::Running {
            let finished = Finished { output: found.output, error: found.error, cause: found.cause };
            return Ok(End { at: found.stopped_at.unwrap_or(started.at), status: found.status, finished });
        }
        if Instant::now() >= until {
            // Its own deadline has passed and nobody has told it: whoever advances executions is away.
            return Err(PortError::new(PortErrorKind::Unavailable, "an execution is not advanced").into());
        }
    }
}

fn billing(from: DateTime<Utc>, to: DateTime<Utc>) -> Value {
    let ms = u64::try_from((to - from).num_milliseconds()).unwrap_or(0).max(1);
    json!({ "billedMemoryUsedInMB": BILLED_MB, "billedDurationInMilliseconds": ms.next_multiple_of(BILLED_MS) })
}
