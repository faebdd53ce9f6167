//! Who is told how a call went: metrics and traces.

use crate::models::TargetId;
use crate::wire::Dialect;
use crate::{Call, FaultClass};

/// A call that has ended, for metrics and traces.
#[derive(Debug, Clone)]
pub struct Observation<'a> {
    /// The ledger's line.
    pub call: &'a Call,
    /// The form it came in; none for calls of the platform itself.
    pub dialect: Option<Dialect>,
    /// Every failed attempt, in order.
    pub failures: &'a [(TargetId, FaultClass)],
    /// Whether rates, budgets and breakers were decided without the shared state.
    pub alone: bool,
    /// Breakers that are not closed, of the targets that were looked at.
    pub breakers_open: u32,
    /// W3C trace context of the request.
    pub traceparent: Option<&'a str>,
}

/// Metrics and traces. Must be quick and cannot fail.
pub trait Observer: Send + Sync {
    /// Takes note.
    fn observe(&self, observation: &Observation<'_>);
}
