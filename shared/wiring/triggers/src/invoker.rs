//! Functions, as event sources see them.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Delivery, QueueName, TraceContext};
use serde::Deserialize;

/// Why an invocation gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function runs as often at a time as it may. It did not see the event.
    #[error("the function is throttled")]
    Throttled,
    /// The function could not be started or reached. It did not see the event, or it is not known whether it did.
    #[error("the function cannot be invoked now: {0}")]
    Unavailable(String),
    /// The function saw the event and failed.
    #[error("{kind}: {message}")]
    FunctionError {
        /// The error's type, for example `Runtime.ExitError`.
        kind: String,
        /// What it says.
        message: String,
        /// The whole error as the function gave it.
        payload: Bytes,
    },
    /// The event or the answer is over the limit (6 MB).
    #[error("the event or the answer is too large: {0}")]
    TooLarge(String),
    /// The function was stopped at its deadline.
    #[error("the function was stopped at its deadline")]
    Timeout,
}

/// A message that an invocation is for, in the trace of whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Who sent it.
    pub context: TraceContext,
    /// The message's id.
    pub message_id: String,
    /// The message's kind: `document.changed`.
    pub kind: String,
    /// The queue that it waited in.
    pub queue: QueueName,
    /// When it was sent first.
    pub sent_at: DateTime<Utc>,
    /// Deliveries so far, this one included.
    pub receive_count: u32,
}

impl Cause {
    /// What caused the work for `delivery`; none where its message does not say it.
    pub(crate) fn of(queue: &QueueName, delivery: &Delivery) -> Option<Self> {
        #[derive(Deserialize)]
        struct Envelope {
            kind: String,
            traceparent: String,
        }
        let Envelope { kind, traceparent } = serde_json::from_str(&delivery.body).ok()?;
        Some(Self {
            context: traceparent.parse().ok()?,
            message_id: delivery.message_id.clone(),
            kind,
            queue: queue.clone(),
            sent_at: delivery.sent_at,
            receive_count: delivery.receive_count,
        })
    }

    /// The context of what is invoked for all of `causes`: the first's where all are of one trace. An invocation for several
    /// traces is in none of them.
    pub fn common(causes: &[Self]) -> Option<TraceContext> {
        let first = causes.first()?.context;
        causes.iter().all(|cause| cause.context.is_of(first)).then_some(first)
    }
}

/// Invokes functions: through the emulator's sandboxes, or AWS Lambda.
#[async_trait]
pub trait Invoker: Send + Sync {
    /// Invokes `function` with a JSON event, waits for its end, and gives its answer. Bounded by the function's own
    /// deadline. `causes` are the messages in the event whose traces are known.
    async fn invoke(&self, function: &str, payload: Bytes, causes: &[Cause]) -> Result<Bytes, InvokeError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(traceparent: &str) -> Option<Cause> {
        let delivery = Delivery {
            receipt: "r".to_owned(),
            message_id: "m".to_owned(),
            body: format!(r#"{{"kind":"document.changed","traceparent":{traceparent},"body":{{"traceparent":"no"}}}}"#),
            receive_count: 2,
            sent_at: DateTime::UNIX_EPOCH,
            failures: Vec::new(),
        };
        Cause::of(&"index".parse().unwrap(), &delivery)
    }

    #[test]
    fn a_batch_of_one_trace_is_in_it_and_one_of_several_in_none() {
        let of = |trace: &str, span: &str| cause(&format!("\"00-{trace}-{span}-01\"")).unwrap();
        let one = of("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let nearer = of("0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7");
        let other = of("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        assert_eq!((one.kind.as_str(), one.receive_count), ("document.changed", 2));
        assert_eq!(Cause::common(&[one.clone(), nearer]), Some(one.context));
        assert_eq!(Cause::common(&[one, other]), None);
        assert_eq!((Cause::common(&[]), cause("null"), cause("\"nonsense\""), cause("7")), (None, None, None, None));
    }
}
