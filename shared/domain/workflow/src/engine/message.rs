//! The doorbell: a message that says that an execution has something to do.

use super::execution::ExecutionId;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Message, OutboxEntry, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The queue of the function `step`.
pub const STEP_QUEUE: &str = "step";
/// The message's kind.
pub const WAKE: &str = "execution.wake";

/// The message's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeBody {
    /// Which execution.
    pub execution: ExecutionId,
}

/// The message. Two of the same execution are as good as one: its key is the execution.
pub fn wake_message(id: Uuid, tenant: &TenantId, execution: ExecutionId, at: DateTime<Utc>) -> OutboxEntry {
    let message = Message {
        id,
        tenant: tenant.clone(),
        kind: WAKE.to_owned(),
        key: execution.to_string(),
        at,
        traceparent: None,
        body: json!(WakeBody { execution }),
    };
    OutboxEntry { queue: STEP_QUEUE.parse().expect("the constant is a queue name"), message }
}
