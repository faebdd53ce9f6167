//! Messages about approvals.

use crate::{ApprovalId, Notice};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Message, OutboxEntry, Reader, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The queue of the function `approvals`.
pub const APPROVALS_QUEUE: &str = "approvals";
/// Time does something to an approval, or its workflow does not wait any more.
pub const WAKE: &str = "approval.wake";
/// An approval was asked for: its first approvers are to be told. The body is a [`CreatedBody`].
pub const APPROVAL_CREATED: &str = "approval.created";
/// For the realtime nodes: what somebody may decide has changed.
pub const APPROVAL_CHANGED: &str = "approval.changed";

/// The body of [`WAKE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeBody {
    /// Which approval.
    pub approval: ApprovalId,
}

/// The body of [`APPROVAL_CREATED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedBody {
    /// Which approval.
    pub approval: ApprovalId,
    /// Who is to be told what of it, as it was when it was new: what it became since tells its own.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// The body of [`APPROVAL_CHANGED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalChanged {
    /// Which approval.
    pub approval: ApprovalId,
    /// Its number then.
    pub seq: u64,
    /// Whose counts may be others now; at most 200.
    pub readers: Vec<Reader>,
}

/// The message that wakes an approval. Two of the same are as good as one.
pub fn wake_message(id: Uuid, tenant: &TenantId, approval: ApprovalId, at: DateTime<Utc>) -> OutboxEntry {
    about(WAKE, id, tenant, approval, at, json!(WakeBody { approval }))
}

/// The message that says that an approval is new, and who is to be told of it. Its id follows from the approval's: sent twice, it
/// is one.
pub fn created_message(tenant: &TenantId, approval: ApprovalId, notices: &[Notice], at: DateTime<Utc>) -> OutboxEntry {
    let id = crate::derived_id(&[APPROVAL_CREATED, tenant.as_str(), &approval.to_string()]);
    let body = json!(CreatedBody { approval, notices: notices.to_vec() });
    about(APPROVAL_CREATED, id, tenant, approval, at, body)
}

fn about(
    kind: &str,
    id: Uuid,
    tenant: &TenantId,
    approval: ApprovalId,
    at: DateTime<Utc>,
    body: serde_json::Value,
) -> OutboxEntry {
    let message = Message {
        id,
        tenant: tenant.clone(),
        kind: kind.to_owned(),
        key: approval.to_string(),
        at,
        traceparent: None,
        body,
    };
    OutboxEntry { queue: APPROVALS_QUEUE.parse().expect("the constant is a queue name"), message }
}
