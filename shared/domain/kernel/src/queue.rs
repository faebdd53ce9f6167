//! Queues: what is sent, how it is received, and where it goes when it fails for good.

use crate::trace::{self, TraceContext};
use crate::{PortError, TenantId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
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
    /// W3C trace context of what caused it; whoever sends it fills in what is missing ([`Self::to_json`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The feature's own part.
    pub body: Value,
}

impl Message {
    /// The message as JSON text, as queues carry it and the outbox keeps it: in the trace of the work that sends it. One that
    /// names another trace already stays in that; in the same trace the sender is the nearer parent.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Sent<'a> {
            id: Uuid,
            tenant: &'a TenantId,
            kind: &'a str,
            key: &'a str,
            at: DateTime<Utc>,
            #[serde(skip_serializing_if = "Option::is_none")]
            traceparent: Option<Cow<'a, str>>,
            body: &'a Value,
        }
        let traceparent = self.sent_in();
        let Self { id, tenant, kind, key, at, traceparent: _, body } = self;
        serde_json::to_string(&Sent { id: *id, tenant, kind, key, at: *at, traceparent, body })
    }

    /// The trace context that it has when it is sent now.
    pub fn sent_in(&self) -> Option<Cow<'_, str>> {
        let own = self.traceparent.as_deref();
        let is_own = |current: &TraceContext| {
            own.is_none_or(|own| own.parse::<TraceContext>().is_ok_and(|own| own.is_of(*current)))
        };
        match trace::current().filter(is_own) {
            Some(current) => Some(Cow::Owned(current.to_string())),
            None => own.map(Cow::Borrowed),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll, Waker};

    const ONE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const NEARER: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /// What `traceparent` becomes when the message is sent in the context `current`.
    fn sent(traceparent: Option<&str>, current: Option<&str>) -> Option<String> {
        let message = Message {
            id: Uuid::nil(),
            tenant: "acme".parse().unwrap(),
            kind: "document.changed".to_owned(),
            key: "k".to_owned(),
            at: DateTime::UNIX_EPOCH,
            traceparent: traceparent.map(str::to_owned),
            body: serde_json::json!({"n": 1}),
        };
        let work = trace::within(current.map(|text| text.parse().unwrap()), async { message.to_json() });
        let Poll::Ready(text) = std::pin::pin!(work).poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("it waits")
        };
        let text = text.unwrap();
        let read: Message = serde_json::from_str(&text).unwrap();
        assert_eq!(Message { traceparent: None, ..read.clone() }, Message { traceparent: None, ..message.clone() });
        // Nothing else differs from what the type itself writes.
        assert_eq!(text, serde_json::to_string(&read).unwrap());
        read.traceparent
    }

    #[test]
    fn a_message_is_in_the_trace_of_who_sends_it() {
        for (own, current, expected) in [
            (None, None, None),
            (None, Some(ONE), Some(ONE)),
            (Some(ONE), None, Some(ONE)),
            (Some(ONE), Some(NEARER), Some(NEARER)),
            (Some(ONE), Some(OTHER), Some(ONE)),
            (Some("of another kind"), Some(ONE), Some("of another kind")),
        ] {
            assert_eq!(sent(own, current).as_deref(), expected, "{own:?} sent in {current:?}");
        }
    }
}
