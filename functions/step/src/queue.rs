//! Messages from the queue: each names an execution that has something to do.

use crate::invocation::Invocation;
use crate::{Deps, StepFault, advance};
use futures::future::join_all;
use octavo_domain_kernel::{Fault, Message, TenantId, trace};
use octavo_domain_workflow::engine::{ExecutionId, WAKE, WakeBody};
use std::collections::BTreeMap;
use std::error::Error;
use tokio::time::Instant;

/// A message that failed so often, and fails once more, buries its execution: one delivery before the queue would bury the
/// message (`max_receive_count` in the manifest of the binary), where nobody would find the execution.
const RECEIVES_MAX: u32 = 7;

/// One message as the queue delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The message as JSON.
    pub body: String,
    /// How often it was delivered, this time included; 0 if the queue does not say.
    pub receive_count: u32,
}

/// The messages of a batch that are about one execution.
#[derive(Default)]
struct Rung {
    message_ids: Vec<String>,
    receives: u32,
    /// The trace of the first that is in one: it is advanced once for all of them.
    traceparent: Option<String>,
}

/// Advances the executions that `records` name, all at the same time, each once. Answers the ids of those that are to come
/// again.
pub async fn handle_queue(deps: &Deps, records: Vec<QueueRecord>) -> Vec<String> {
    let begun = Instant::now();
    let mut failed = Vec::new();
    let mut rung: BTreeMap<(TenantId, ExecutionId), Rung> = BTreeMap::new();
    for record in records {
        match read(&record.body) {
            Ok((named, traceparent)) => {
                let rung = rung.entry(named).or_default();
                rung.traceparent = rung.traceparent.take().or(traceparent);
                rung.message_ids.push(record.message_id);
                rung.receives = rung.receives.max(record.receive_count);
            }
            Err(fault) => {
                tracing::error!(message_id = record.message_id, code = fault.code().name, %fault, "a message was not done");
                failed.push(record.message_id);
            }
        }
    }
    let invocation = Invocation::default();
    let all = rung.into_iter().map(|((tenant, execution), rung)| {
        let invocation = &invocation;
        async move {
            let work = advance::advance_in(deps, &tenant, execution, invocation);
            match trace::caused_by(rung.traceparent.as_deref(), work).await {
                Ok(_) => Vec::new(),
                Err(fault) if give_up(deps, &tenant, execution, &rung, &fault).await => {
                    invocation.counts.buried.add(1);
                    Vec::new()
                }
                Err(_) => rung.message_ids,
            }
        }
    });
    failed.extend(join_all(all).await.into_iter().flatten());
    invocation.counts.failed.add(failed.len());
    deps.observer.batch(deps.now(), begun.elapsed(), &invocation.tally());
    failed
}

/// Logs why an execution was not advanced, and buries it if trying again is of no use. True if the message is done.
async fn give_up(deps: &Deps, tenant: &TenantId, execution: ExecutionId, rung: &Rung, fault: &StepFault) -> bool {
    let cause = fault.source().map(ToString::to_string);
    let (code, receives) = (fault.code().name, rung.receives);
    if !fault.is_final() && receives < RECEIVES_MAX {
        tracing::warn!(%tenant, %execution, code, %fault, cause, receives, "an execution was not advanced and comes again");
        return false;
    }
    let error = match &cause {
        Some(cause) => format!("{code} {fault}: {cause}"),
        None => format!("{code} {fault}"),
    };
    match deps.executions.execution_bury(tenant, execution, &error, deps.now()).await {
        Ok(()) => {
            tracing::error!(%tenant, %execution, code, %fault, cause, receives, "an execution cannot be advanced: it is among the dead");
            true
        }
        Err(bury) => {
            tracing::error!(%tenant, %execution, code, %fault, cause, receives, %bury, "an execution could not be put among the dead");
            false
        }
    }
}

type Named = (TenantId, ExecutionId);

fn read(body: &str) -> Result<(Named, Option<String>), StepFault> {
    let unreadable = |error: serde_json::Error| StepFault::Unreadable(error.to_string());
    let message: Message = serde_json::from_str(body).map_err(unreadable)?;
    if message.kind != WAKE {
        return Err(StepFault::Unreadable(format!("expected the kind {WAKE}, got {}", message.kind)));
    }
    let body: WakeBody = serde_json::from_value(message.body).map_err(unreadable)?;
    Ok(((message.tenant, body.execution), message.traceparent))
}
