//! Messages from the queue: what happened, and what is due.

use crate::delivery::{Job, Task, work};
use crate::{Deps, NotifyFault};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use octavo_domain_kernel::{Fault, Message, TenantId};
use octavo_domain_notify::{EVENT, EventBody, WAKE, WakeBody};
use std::collections::BTreeMap;

/// Tenants that are worked for at a time.
const TENANTS_AT_ONCE: usize = 8;
/// Messages that one doorbell may name.
const WAKE_MAX: usize = 100;

/// One message as the queue delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The message as JSON.
    pub body: String,
}

/// Tells whom the events among `records` are for, and delivers what is due. Answers the ids of those that are to come again.
pub async fn handle_queue(deps: &Deps, records: Vec<QueueRecord>) -> Vec<String> {
    let mut failed: Vec<(String, NotifyFault)> = Vec::new();
    let mut tenants: BTreeMap<TenantId, Vec<Job>> = BTreeMap::new();
    for QueueRecord { message_id, body } in records {
        match read(&body) {
            Ok(Some((tenant, task))) => tenants.entry(tenant).or_default().push(Job { record: message_id, task }),
            Ok(None) => {}
            Err(fault) => failed.push((message_id, fault)),
        }
    }
    // Boxed here and wherever several are done at a time: the compiler proves of each by itself that it may move between threads.
    let works: Vec<BoxFuture<'_, _>> =
        tenants.into_iter().map(|(tenant, jobs)| work(deps, tenant, jobs).boxed()).collect();
    let mut works = futures::stream::iter(works).buffer_unordered(TENANTS_AT_ONCE);
    while let Some(more) = works.next().await {
        failed.extend(more);
    }
    for (message_id, fault) in &failed {
        let cause = std::error::Error::source(fault).map(ToString::to_string);
        tracing::error!(message_id, code = fault.code().name, %fault, cause, "a message was not done");
    }
    failed.into_iter().map(|(message_id, _)| message_id).collect()
}

fn read(body: &str) -> Result<Option<(TenantId, Task)>, NotifyFault> {
    let unreadable = |error: serde_json::Error| NotifyFault::Unreadable(error.to_string());
    let message: Message = serde_json::from_str(body).map_err(unreadable)?;
    let task = match message.kind.as_str() {
        EVENT => {
            let EventBody { event } = serde_json::from_value(message.body).map_err(unreadable)?;
            Task::Tell(Box::new(event))
        }
        WAKE => {
            let WakeBody { mut messages } = serde_json::from_value(message.body).map_err(unreadable)?;
            // What is cut off is still due.
            messages.truncate(WAKE_MAX);
            Task::Wake(messages)
        }
        // A newer function says more than this one knows.
        other => {
            tracing::warn!(kind = other, "a message of a kind that this function does not know");
            return Ok(None);
        }
    };
    Ok(Some((message.tenant, task)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runtime moves what it runs between threads. Said here, where the compiler's refusal names what is wrong.
    #[test]
    fn a_batch_may_move_between_threads() {
        fn movable<F: Send>(_: impl FnOnce(&'static Deps) -> F) {}
        movable(|deps| handle_queue(deps, Vec::new()));
    }
}
