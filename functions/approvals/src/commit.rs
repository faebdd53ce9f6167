//! Makes a decided change true, and tells of it: people, the nodes, the workflow.

use crate::Deps;
use crate::announce::{Said, announce};
use chrono::{DateTime, SubsecRound, Utc};
use octavo_domain_approvals::{APPROVAL_CHANGED, Approval, ApprovalChanged, Change, Committed, LinkUse, concerned};
use octavo_domain_kernel::{Message, OutboxEntry, PortError, TenantId};
use octavo_domain_realtime::REALTIME_QUEUE;
use octavo_domain_workflow::engine::{ExecutionId, wake_message};
use serde_json::json;

/// How often a change is decided anew when others were faster.
pub(crate) const ATTEMPTS_MAX: u32 = 8;

/// The present, as precise as it is stored: microseconds.
pub(crate) fn now(deps: &Deps) -> DateTime<Utc> {
    deps.clock.now().trunc_subsecs(6)
}

/// What became of a change.
#[derive(Debug)]
pub(crate) enum Made {
    /// It is true: the approval as it is now.
    Done(Box<Approval>),
    /// Somebody was faster: nothing was done.
    Stale,
    /// Its link was used before: nothing was done.
    LinkUsed,
}

/// Commits, then publishes, and rings for the workflow if it was answered.
pub(crate) async fn commit(
    deps: &Deps,
    tenant: &TenantId,
    before: &Approval,
    change: Change,
    link: Option<LinkUse>,
    at: DateTime<Utc>,
) -> Result<Made, PortError> {
    let said = Said { approval: &change.approval, notices: &change.notices, events: &change.events, at };
    let mut messages = announce(deps, tenant, &said).await?;
    if deps.announces {
        messages.push(changed(deps, tenant, Some(before), &change.approval, at));
    }
    let commit = change.into_commit(Some(before.seq), messages, link);
    match deps.approvals.approval_commit(tenant, &commit).await? {
        Committed::Done { execution } => {
            // The workflow first: people wait longer than it.
            let bell = execution.map(|id| wake_message(deps.ids.next(), tenant, ExecutionId(id), at));
            if let Some(OutboxEntry { queue, message }) = bell
                && let Err(error) = deps.queue.send(&queue, &[message]).await
            {
                tracing::warn!(%error, approval = %commit.approval.id, "the doorbell was not rung; the due rows are found later");
            }
            publish(deps, tenant, &commit.messages).await;
            Ok(Made::Done(Box::new(commit.approval)))
        }
        Committed::Stale => Ok(Made::Stale),
        Committed::LinkUsed => Ok(Made::LinkUsed),
    }
}

/// News for the nodes: the counts of these readers may be others now.
pub(crate) fn changed(
    deps: &Deps,
    tenant: &TenantId,
    before: Option<&Approval>,
    after: &Approval,
    at: DateTime<Utc>,
) -> OutboxEntry {
    let readers = concerned(before, after);
    let message = Message {
        id: deps.ids.next(),
        tenant: tenant.clone(),
        kind: APPROVAL_CHANGED.to_owned(),
        key: after.id.to_string(),
        at,
        traceparent: None,
        body: json!(ApprovalChanged { approval: after.id, seq: after.seq, readers }),
    };
    OutboxEntry { queue: REALTIME_QUEUE.parse().expect("the constant is a queue name"), message }
}

/// Sends what was committed. That may fail without harm: the relay publishes what is still in the outbox.
async fn publish(deps: &Deps, tenant: &TenantId, outbox: &[OutboxEntry]) {
    let mut published = Vec::new();
    for OutboxEntry { queue, message } in outbox {
        match deps.queue.send(queue, std::slice::from_ref(message)).await {
            Ok(()) => published.push(message.id),
            Err(error) => tracing::warn!(%error, message = %message.id, %queue, "left in the outbox for the relay"),
        }
    }
    if !published.is_empty()
        && let Err(error) = deps.documents.outbox_published(tenant, &published).await
    {
        tracing::warn!(%error, "left in the outbox for the relay");
    }
}
