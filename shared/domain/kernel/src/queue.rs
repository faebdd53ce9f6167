//! Queues: what is sent, how it is received, and where it goes when it fails for good.

use crate::{PortError, TenantId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// Largest message as JSON, in bytes: what SQS takes is 1 MiB; we stay at its older limit so that a batch of ten fits.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// A queue's name: the name of the function that consumes it. 1 to 64 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueName(String);

impl QueueName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for QueueName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for QueueName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err("a queue name must be 1 to 64 characters of a-z, 0-9 and -".to_owned())
        }
    }
}

impl From<QueueName> for String {
    fn from(name: QueueName) -> Self {
        name.0
    }
}

/// What is sent. Delivered at least once, in no promised order: a consumer is idempotent by `id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Unique; the same on every delivery.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: TenantId,
    /// What happened, `noun.verb`: `document.changed`.
    pub kind: String,
    /// What it is about; a consumer may merge messages with the same key in a batch.
    pub key: String,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// W3C trace context of the request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The feature's own part.
    pub body: Value,
}

/// The sender's side.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends all, durably before it returns. On an error some may have been sent: sending again is right.
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError>;
    /// How much waits. Approximate.
    async fn depth(&self, queue: &QueueName) -> Result<QueueDepth, PortError>;
    /// Whether the queue answers: for health checks.
    async fn ping(&self) -> Result<(), PortError>;
}

/// How much waits in a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QueueDepth {
    /// Ready to be received.
    pub ready: u64,
    /// Received and not yet acknowledged.
    pub in_flight: u64,
    /// Waiting for their retry time.
    pub delayed: u64,
    /// In the dead letters.
    pub dead: u64,
    /// How long the oldest ready message has waited.
    pub oldest_ms: Option<u64>,
}

/// One delivery of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Names this delivery to the queue.
    pub receipt: String,
    /// The message's id, also when its body cannot be read.
    pub message_id: String,
    /// The message as JSON text, as it was sent.
    pub body: String,
    /// Deliveries so far, this one included.
    pub receive_count: u32,
    /// When it was sent first.
    pub sent_at: DateTime<Utc>,
    /// The failures of earlier deliveries, oldest first, the newest few.
    pub failures: Vec<Failure>,
}

/// Why a delivery failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: DateTime<Utc>,
    /// The error, cut to a readable length.
    pub error: String,
}

/// What to do with a delivery that failed, or that could not be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Which delivery.
    pub receipt: String,
    /// Deliver again after this long.
    pub after: Duration,
    /// Kept with the message. None where the message was not at fault, for example because the function was throttled:
    /// the delivery is then not counted.
    pub failure: Option<Failure>,
}

/// The poller's side, where we poll ourselves (Redis Streams). On AWS, SQS and its event source mapping do this.
#[async_trait]
pub trait QueueConsumer: Send + Sync {
    /// Receives up to `max`, waiting at most `wait` for the first. A received message is not delivered to anybody else
    /// until `visibility` has passed without an answer.
    async fn receive(
        &self,
        queue: &QueueName,
        consumer: &str,
        max: usize,
        wait: Duration,
        visibility: Duration,
    ) -> Result<Vec<Delivery>, PortError>;
    /// Done: never deliver again.
    async fn acknowledge(&self, queue: &QueueName, receipts: &[String]) -> Result<(), PortError>;
    /// Deliver again later; a receipt of an earlier delivery than the present one changes nothing. Durable before it returns: a crash in between redelivers, never loses.
    async fn retry(&self, queue: &QueueName, retries: &[Retry]) -> Result<(), PortError>;
    /// Give up, if `receipt` is of the present delivery: to the dead letters, with body, error and history, in one step.
    async fn bury(&self, queue: &QueueName, receipt: &str, failure: Failure) -> Result<(), PortError>;
}

/// A message that failed for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Names it within its queue's dead letters.
    pub id: String,
    /// The queue that it came from.
    pub queue: QueueName,
    /// The message as JSON text.
    pub body: String,
    /// Deliveries before it was given up; 0 where the engine does not keep it (SQS).
    pub receive_count: u32,
    /// When it was sent first.
    pub sent_at: DateTime<Utc>,
    /// When it was given up; where the engine does not keep it (SQS), when it was sent.
    pub buried_at: DateTime<Utc>,
    /// Why, oldest first; none where the engine does not keep it (SQS).
    pub failures: Vec<Failure>,
}

/// A person's side of what failed for good.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// The oldest `limit` after `after` (an id of the page before).
    async fn dead_list(
        &self,
        queue: &QueueName,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, PortError>;
    /// One.
    async fn dead_get(&self, queue: &QueueName, id: &str) -> Result<Option<DeadLetter>, PortError>;
    /// Back into its queue with a fresh count, the body replaced if `body` is given; true if it was there.
    async fn dead_redrive(&self, queue: &QueueName, id: &str, body: Option<&str>) -> Result<bool, PortError>;
    /// Thrown away; true if it was there.
    async fn dead_delete(&self, queue: &QueueName, id: &str) -> Result<bool, PortError>;
}
