//! Does a task: finds out what it is, and has it done.

use super::call::{Pattern, Resource};
use super::{Facts, approvals, error::Failed, function, http, start_execution, task_token};
use crate::Deps;
use crate::answers::Done;
use crate::items::{self, Unread};
use crate::results;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::Work;
use octavo_domain_workflow::engine::ports::Claimed;
use octavo_domain_workflow::machine::{Event, Order};
use std::time::Duration;

/// How often workers may die with a task before it is given up: what takes its worker down with it each time would go on for
/// ever.
const CLAIMS_MAX: u32 = 10;

/// A task with all that is known where it is done.
pub(super) struct Call<'a> {
    pub(super) deps: &'a Deps,
    pub(super) tenant: &'a TenantId,
    pub(super) facts: &'a Facts,
    /// The state that it is of.
    pub(super) state: &'a str,
    /// The frame that waits, and its turn.
    pub(super) frame: u64,
    pub(super) turn: u64,
    pub(super) order: &'a Order,
    /// How often it was tried, this time included.
    pub(super) claims: u32,
    /// The same however often it is tried.
    pub(super) idempotency_key: String,
    /// How long its worker has for it.
    pub(super) time: Duration,
}

/// Has a task done. An error means that something of ours that it needs is away: it is to be done later.
pub(crate) async fn perform(
    deps: &Deps,
    tenant: &TenantId,
    facts: &Facts,
    claimed: &Claimed,
    time: Duration,
) -> Result<Done, PortError> {
    let task = &claimed.task;
    let idempotency_key = task.idempotency_key(facts.id);
    let given_up = claimed.claims > CLAIMS_MAX;
    if given_up {
        tracing::error!(state = task.state, claims = claimed.claims, "a task is given up: its workers died with it");
    }
    let cause = format!("The task was given up: {} workers in a row did not live to answer it.", claimed.claims - 1);
    match &task.work {
        Work::Do(_) if given_up => Ok(Failed::new("States.TaskFailed", cause).into()),
        Work::Do(order) => {
            let Claimed { claims, .. } = *claimed;
            let (frame, turn) = (task.frame, task.turn);
            let state = &task.state;
            let call = Call { deps, tenant, facts, state, frame, turn, order, claims, idempotency_key, time };
            match dispatch(&call).await {
                Ok(done) => Ok(done),
                Err(Undone::Failed(failed)) => Ok(failed.into()),
                Err(Undone::Away(error)) => Err(error),
            }
        }
        Work::Read { .. } if given_up => Ok(Done::Told(vec![Event::ItemsUnread { cause }])),
        Work::Read { reader } => match items::read(deps, tenant, reader).await {
            Ok(items) => Ok(Done::Told(vec![Event::ItemsRead { items }])),
            Err(Unread::Away(error)) => Err(error),
            Err(unread) => Ok(Done::Told(vec![Event::ItemsUnread { cause: unread.to_string() }])),
        },
        Work::Write { .. } if given_up => Ok(Done::Told(vec![Event::ResultsUnwritten { cause }])),
        Work::Write { map_run_arn, writer, results } => {
            Ok(Done::Told(vec![results::write(deps, tenant, map_run_arn, writer, results).await?]))
        }
    }
}

/// Why a task did not succeed.
pub(super) enum Undone {
    /// It failed: its state is told.
    Failed(Failed),
    /// Something of ours is away: it is done again later.
    Away(PortError),
}

impl From<Failed> for Undone {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl From<PortError> for Undone {
    fn from(error: PortError) -> Self {
        Self::Away(error)
    }
}

async fn dispatch(call: &Call<'_>) -> Result<Done, Undone> {
    let (service, action, pattern) = match Resource::of(&call.order.resource) {
        Resource::Function { name, qualifier } => return function::resource(call, name, qualifier).await,
        Resource::Integration { service, action, pattern } => (service, action, pattern),
        Resource::Unknown => return Err(unsupported(call)),
    };
    match (service, action, pattern) {
        ("lambda", "invoke", Pattern::RequestResponse) => function::invoke(call, false).await,
        ("lambda", "invoke", Pattern::WaitForTaskToken) => function::invoke(call, true).await,
        ("http", "invoke", Pattern::RequestResponse) => http::invoke(call).await,
        ("states", "startExecution", pattern) => start_execution::optimised(call, pattern).await,
        ("approvals", "request", Pattern::WaitForTaskToken) => approvals::request(call).await,
        ("aws-sdk:sfn", "startExecution", Pattern::RequestResponse) => start_execution::sdk(call).await,
        ("aws-sdk:sfn", "sendTaskSuccess", Pattern::RequestResponse) => task_token::success(call).await,
        ("aws-sdk:sfn", "sendTaskFailure", Pattern::RequestResponse) => task_token::failure(call).await,
        ("aws-sdk:sfn", "sendTaskHeartbeat", Pattern::RequestResponse) => task_token::heartbeat(call).await,
        _ => Err(unsupported(call)),
    }
}

/// Services of Amazon are not reached from here: as a call that finds nobody, an error that a state can catch.
fn unsupported(call: &Call<'_>) -> Undone {
    let resource = &call.order.resource;
    let cause = format!(
        "Unable to execute HTTP request: the resource '{resource}' is not served here. A function, an HTTP endpoint or \
         another execution can be called instead."
    );
    Failed::new("States.TaskFailed", cause).into()
}
