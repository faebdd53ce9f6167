//! What is sent, step by step: the answer, changed by what fired.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderValue};

use super::fault::FaultKind;
use super::registry::{Fired, Pace};
use crate::chance;
use crate::reply::{Payload, Reply};

/// A step of sending a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Send(Bytes),
    Wait(Duration),
    /// Nothing more, and the connection stays open.
    Hang,
    /// The connection is closed without a proper end.
    Cut,
}

/// What is sent.
#[derive(Debug)]
pub(crate) enum Plan {
    Answer {
        /// Before the head.
        wait: Duration,
        status: u16,
        headers: HeaderMap,
        stream: bool,
        steps: Vec<Step>,
        /// The length that the head announces, if the body is no stream.
        length: Option<u64>,
    },
    /// The request is never answered.
    Hang,
    /// The connection is closed without an answer.
    Refuse,
}

/// The plan for an answer. `failed` makes the provider's error answer, `error_event` its error inside a stream after so
/// many events.
pub(crate) fn plan(
    fired: &Fired,
    reply: Reply,
    failed: impl FnOnce(u16) -> Reply,
    error_event: impl FnOnce(usize) -> Bytes,
) -> Plan {
    let output = reply.usage.output;
    let reply = match (&fired.kind, &reply.payload) {
        (Some(FaultKind::Hang), _) => return Plan::Hang,
        (Some(FaultKind::RefuseConnection), _) => return Plan::Refuse,
        (Some(FaultKind::Status { status, retry_after_ms, retry_after_s, body }), _) => {
            let mut reply = failed(*status);
            for (name, value) in [("retry-after-ms", retry_after_ms), ("retry-after", retry_after_s)] {
                if let Some(value) = value {
                    reply.headers.insert(name, HeaderValue::from(*value));
                }
            }
            if let Some(body) = body {
                reply.payload = Payload::Json(crate::reply::json_bytes(body));
            }
            reply
        }
        (Some(FaultKind::ErrorIn200), _) => Reply { status: 200, ..failed(500) },
        (Some(FaultKind::ErrorInStream { .. }), Payload::Json(_)) => failed(500),
        _ => reply,
    };
    let Reply { status, headers, payload, .. } = reply;
    let (stream, mut steps, length) = match payload {
        Payload::Json(body) => {
            let (steps, length) = whole(fired.kind.as_ref(), body);
            (false, steps, Some(length))
        }
        Payload::Events(events) => (true, streamed(fired.kind.as_ref(), events, error_event), None),
    };
    let mut wait = Duration::ZERO;
    if let Some(pace) = fired.pace {
        wait = pace.wait(pace.first_token_ms, 0);
        if stream {
            steps = pace.spread(steps);
        } else {
            wait += pace.wait(pace.per_token_ms.saturating_mul(output), 1);
        }
    }
    Plan::Answer { wait, status, headers, stream, steps, length }
}

/// A body that is no stream, and the length that is announced.
fn whole(kind: Option<&FaultKind>, body: Bytes) -> (Vec<Step>, u64) {
    let half = body.len() / 2;
    let announced = body.len() as u64;
    match kind {
        Some(FaultKind::Empty) => (Vec::new(), 0),
        Some(FaultKind::Malformed { .. }) => (vec![Step::Send(body.slice(..half))], half as u64),
        Some(FaultKind::Cut { .. }) => (vec![Step::Send(body.slice(..half)), Step::Cut], announced),
        Some(FaultKind::HangAfter { .. }) => (vec![Step::Send(body.slice(..half)), Step::Hang], announced),
        _ => (vec![Step::Send(body)], announced),
    }
}

fn streamed(kind: Option<&FaultKind>, mut events: Vec<Bytes>, error_event: impl FnOnce(usize) -> Bytes) -> Vec<Step> {
    let mut last = None;
    match kind {
        Some(FaultKind::Empty) => events.clear(),
        Some(FaultKind::HangAfter { chunks }) => {
            events.truncate(*chunks);
            last = Some(Step::Hang);
        }
        Some(FaultKind::Cut { chunks }) => {
            events.truncate(*chunks);
            last = Some(Step::Cut);
        }
        Some(FaultKind::ErrorInStream { chunks }) => {
            events.truncate(*chunks);
            last = Some(Step::Send(error_event(events.len())));
        }
        Some(FaultKind::Malformed { chunks }) => {
            let at = chunks.unwrap_or(0).min(events.len().saturating_sub(1));
            if let Some(event) = events.get_mut(at) {
                *event = broken(event);
            }
        }
        _ => {}
    }
    events.into_iter().map(Step::Send).chain(last).collect()
}

/// The event, its JSON ending in the middle.
fn broken(event: &Bytes) -> Bytes {
    let data = event.windows(6).position(|window| window == b"data: ").map_or(0, |at| at + 6);
    let half = data + (event.len() - data) / 2;
    [&event[..half], b"\n\n"].concat().into()
}

impl Pace {
    fn wait(&self, ms: u64, position: u64) -> Duration {
        let jitter = self.jitter_ms as f64 * chance::unit(self.seed, position);
        Duration::from_millis(ms) + Duration::from_micros((jitter * 1_000.0) as u64)
    }

    /// A wait before every event but the first.
    fn spread(&self, steps: Vec<Step>) -> Vec<Step> {
        let mut spread = Vec::with_capacity(steps.len() * 2);
        for (at, step) in steps.into_iter().enumerate() {
            let wait = self.wait(self.per_token_ms, at as u64 + 1);
            if at > 0 && !wait.is_zero() && self.per_token_ms > 0 {
                spread.push(Step::Wait(wait));
            }
            spread.push(step);
        }
        spread
    }
}
