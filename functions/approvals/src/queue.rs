//! Messages from the queue: an approval is new, or time does something to one.

use crate::{ApprovalsFault, Deps, created, wake};
use octavo_domain_approvals::{APPROVAL_CREATED, CreatedBody, WAKE, WakeBody};
use octavo_domain_kernel::{Fault, Message, trace};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::error::Error;

/// One message as the queue delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The message as JSON.
    pub body: String,
}

/// Does what each of `records` asks for, unless it is done already. Answers the ids of those that are to come again.
pub async fn handle_queue(deps: &Deps, records: Vec<QueueRecord>) -> Vec<String> {
    let mut failed = Vec::new();
    for record in records {
        if let Err(fault) = handle(deps, &record.body).await {
            let cause = Error::source(&fault).map(ToString::to_string);
            let (message_id, code) = (&record.message_id, fault.code().name);
            tracing::error!(message_id, code, %fault, cause, "a message was not done");
            failed.push(record.message_id);
        }
    }
    failed
}

async fn handle(deps: &Deps, body: &str) -> Result<(), ApprovalsFault> {
    let message: Message = serde_json::from_str(body).map_err(|error| ApprovalsFault::Unreadable(error.to_string()))?;
    let traceparent = message.traceparent.clone();
    trace::caused_by(traceparent.as_deref(), act(deps, message)).await
}

async fn act(deps: &Deps, message: Message) -> Result<(), ApprovalsFault> {
    match message.kind.as_str() {
        WAKE => {
            let WakeBody { approval } = read(message.body)?;
            wake::wake(deps, &message.tenant, approval).await
        }
        APPROVAL_CREATED => {
            let CreatedBody { approval, notices } = read(message.body)?;
            created::tell(deps, &message.tenant, approval, &notices).await
        }
        kind => {
            // Whatever it is, it is not for this version: to fail would make it come again for nothing.
            tracing::warn!(kind, message = %message.id, "a message of an unknown kind is passed over");
            Ok(())
        }
    }
}

fn read<T: DeserializeOwned>(body: Value) -> Result<T, ApprovalsFault> {
    serde_json::from_value(body).map_err(|error| ApprovalsFault::Unreadable(error.to_string()))
}
