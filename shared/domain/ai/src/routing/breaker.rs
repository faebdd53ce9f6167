//! When a breaker opens, and when it closes again.

use std::time::Duration;

/// Whether a breaker lets calls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// All.
    Closed,
    /// None.
    Open,
    /// One, as a probe.
    HalfOpen,
}

impl Phase {
    /// The name in metrics and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The rule: over the calls of a sliding window, by rate of failures and by rate of slow calls. One rule for the shared
/// breakers (an adapter applies it in its store) and for those that an instance keeps itself while the store is away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerRule {
    /// Calls are counted for so long, in two halves that take turns.
    pub window: Duration,
    /// Fewer calls than this never open it.
    pub calls_min: u32,
    /// Opens at this share of failed calls, in percent.
    pub failed_percent: u32,
    /// Opens at this share of slow calls, in percent.
    pub slow_percent: u32,
    /// A call whose first piece took longer is slow.
    pub slow_after: Duration,
    /// Stays open for so long, doubled each time its probe fails.
    pub open_for: Duration,
    /// And no longer than this.
    pub open_for_max: Duration,
}

impl Default for BreakerRule {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            calls_min: 5,
            failed_percent: 50,
            slow_percent: 80,
            slow_after: Duration::from_secs(20),
            open_for: Duration::from_secs(5),
            open_for_max: Duration::from_secs(60),
        }
    }
}
