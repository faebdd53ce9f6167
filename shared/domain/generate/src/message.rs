//! What a generation's own message says.

use crate::{Generation, GenerationId, PROGRESS};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Message, OutboxEntry};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The queue that the `generate` function consumes.
pub const GENERATE_QUEUE: &str = "generate";
/// The kind of the message that says that a step is to be done.
pub const STEP: &str = "generation.step";

/// The body of a [`STEP`] message. It names the step and not what is to be done: that stands in the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepBody {
    /// Which generation.
    pub generation: GenerationId,
    /// The step that it must be at. At any other, somebody has done this already.
    pub step: i64,
}

/// The message that tells how far `generation` is.
pub fn progress_message(id: Uuid, at: DateTime<Utc>, generation: &Generation) -> Message {
    Message {
        id,
        tenant: generation.tenant.clone(),
        kind: PROGRESS.to_owned(),
        key: generation.id.to_string(),
        at,
        traceparent: generation.traceparent.clone(),
        body: serde_json::to_value(generation.progress_body()).expect("texts and whole numbers serialise"),
    }
}

/// The message that has the present step of `generation` done.
pub fn step_message(id: Uuid, at: DateTime<Utc>, generation: &Generation) -> OutboxEntry {
    let body = StepBody { generation: generation.id, step: generation.step };
    OutboxEntry {
        queue: GENERATE_QUEUE.parse().expect("the constant is a queue name"),
        message: Message {
            id,
            tenant: generation.tenant.clone(),
            kind: STEP.to_owned(),
            key: generation.id.to_string(),
            at,
            traceparent: generation.traceparent.clone(),
            body: serde_json::to_value(body).expect("two plain fields serialise"),
        },
    }
}
