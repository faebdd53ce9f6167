//! Messages from the queue: saved searches that are due.

use crate::{Deps, SearchFault, saved};
use octavo_domain_kernel::{Fault, Message, trace};
use octavo_domain_search::{SAVED_WAKE, SavedWakeBody};
use std::error::Error;

/// One message as the queue delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The message as JSON.
    pub body: String,
}

/// Runs the saved searches that `records` name. Answers the ids of those that are to come again.
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

async fn handle(deps: &Deps, body: &str) -> Result<(), SearchFault> {
    let unreadable = |error: serde_json::Error| SearchFault::Unreadable(error.to_string());
    let message: Message = serde_json::from_str(body).map_err(unreadable)?;
    if message.kind != SAVED_WAKE {
        // Whatever it is, it is not for this version: to fail would make it come again for nothing.
        tracing::warn!(kind = message.kind, message = %message.id, "a message of an unknown kind is passed over");
        return Ok(());
    }
    let SavedWakeBody { saved } = serde_json::from_value(message.body).map_err(unreadable)?;
    trace::caused_by(message.traceparent.as_deref(), saved::wake(deps, &message.tenant, saved)).await
}
