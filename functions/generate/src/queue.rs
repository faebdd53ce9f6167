//! Messages from the queue: one step each.

use crate::{Deps, GenerateFault, steps};
use octavo_domain_generate::{STEP, StepBody};
use octavo_domain_kernel::{Fault, Message, trace};

/// One message as the queue delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The message as JSON.
    pub body: String,
}

/// Does the step that each of `records` names, unless it is done already. Answers the ids of those that are to come again.
pub async fn handle_queue(deps: &Deps, records: Vec<QueueRecord>) -> Vec<String> {
    let mut failed = Vec::new();
    for record in records {
        let done = match read(&record.body) {
            Ok((message, step)) => {
                let work = steps::run(deps, &message.tenant, step);
                trace::caused_by(message.traceparent.as_deref(), work).await
            }
            Err(fault) => Err(fault),
        };
        if let Err(fault) = done {
            let cause = std::error::Error::source(&fault).map(ToString::to_string);
            let (message_id, code) = (&record.message_id, fault.code().name);
            tracing::error!(message_id, code, %fault, cause, "a message was not done");
            failed.push(record.message_id);
        }
    }
    failed
}

fn read(body: &str) -> Result<(Message, StepBody), GenerateFault> {
    let unreadable = |error: serde_json::Error| GenerateFault::Unreadable(error.to_string());
    let mut message: Message = serde_json::from_str(body).map_err(unreadable)?;
    if message.kind != STEP {
        return Err(GenerateFault::Unreadable(format!("expected the kind {STEP}, got {}", message.kind)));
    }
    let step = serde_json::from_value(message.body.take()).map_err(unreadable)?;
    Ok((message, step))
}
