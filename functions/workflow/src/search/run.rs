//! Does something with many executions, a few at a time.

use crate::Deps;
use crate::caller::Caller;
use crate::executions::find;
use crate::executions::redrive::{RedriveRefused, redrive};
use crate::executions::stop::stop;
use crate::protocol::Fault;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use futures::stream;
use octavo_domain_kernel::Fault as _;
use octavo_domain_kernel::PortError;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// Executions that are told at the same time.
const AT_ONCE: usize = 8;
/// No execution is begun with after this: gateways end a request at 29 seconds.
const WITHIN: Duration = Duration::from_secs(20);

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// They end, as `ABORTED`.
    Stop,
    /// They begin again from where they failed.
    Redrive,
}

/// What is done, with its particulars.
pub(super) struct Order {
    pub(super) action: Action,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
    /// Redrives with the same key are the same.
    pub(super) key: Option<String>,
}

/// What became of an execution.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ActionOutcome)]
pub(crate) struct Outcome {
    /// Which.
    pub(super) arn: String,
    /// Whether it is so.
    pub(super) done: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<DateTime<Utc>>,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

/// Does it with each of `arns`. Answers what became of those that there was time for, and whether that was all.
pub(super) async fn run(deps: &Deps, caller: &Caller, order: &Order, arns: Vec<String>) -> (Vec<Outcome>, bool) {
    let until = Instant::now() + WITHIN;
    let count = arns.len();
    let done = stream::iter(arns)
        .map(async |arn| {
            if Instant::now() >= until {
                return None;
            }
            Some(match one(deps, caller, order, &arn).await {
                Ok(at) => Outcome { arn, done: true, at: Some(at), message: None },
                Err(message) => Outcome { arn, done: false, at: None, message: Some(message) },
            })
        })
        .buffered(AT_ONCE)
        .filter_map(async |outcome| outcome);
    let outcomes: Vec<Outcome> = done.collect().await;
    let all = outcomes.len() == count;
    (outcomes, all)
}

/// When it became so, or why it is not.
async fn one(deps: &Deps, caller: &Caller, order: &Order, arn: &str) -> Result<DateTime<Utc>, String> {
    let action = match order.action {
        Action::Stop => "StopExecution",
        Action::Redrive => "RedriveExecution",
    };
    let view = find::view(deps, caller, action, arn).await.map_err(|fault| fault.to_string())?;
    let gone = || Fault::no_execution(arn).to_string();
    match order.action {
        Action::Stop => {
            let stopped = stop(deps, caller.tenant(), view.id, order.error.clone(), order.cause.clone()).await;
            stopped.map_err(|error| failed(&error))?.ok_or_else(gone)
        }
        Action::Redrive => match redrive(deps, caller.tenant(), view.id, order.key.as_deref()).await {
            Ok(at) => Ok(at),
            Err(RedriveRefused::Gone) => Err(gone()),
            Err(RedriveRefused::NotRedrivable(reason)) => Err(reason.to_string()),
            Err(RedriveRefused::Port(error)) => Err(failed(&error)),
        },
    }
}

fn failed(error: &PortError) -> String {
    tracing::error!(%error, "an execution of many could not be told");
    error.detail()
}
