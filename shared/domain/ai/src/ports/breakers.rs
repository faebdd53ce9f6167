//! Shared circuit breakers.

use crate::ProviderFault;
use crate::models::TargetId;
use crate::routing::Phase;
use async_trait::async_trait;
use octavo_domain_kernel::PortError;
use std::time::Duration;

/// How a call to a target went: what the breaker is decided by.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Whether it failed in a way that speaks against the target.
    pub failed: bool,
    /// Time to the first piece of the answer; none where there was none.
    pub first_token: Option<Duration>,
    /// How long the provider asked to be left alone, if it did: opens the breaker for as long.
    pub cool_down: Option<Duration>,
    /// The failure's class, for people who look at the breaker.
    pub class: Option<&'static str>,
}

impl Sample {
    /// A call that was answered after `first_token`.
    pub fn answered(first_token: Duration) -> Self {
        Self { failed: false, first_token: Some(first_token), cool_down: None, class: None }
    }

    /// A call that failed.
    pub fn failed(fault: &ProviderFault) -> Self {
        let failed = fault.counts_against_target();
        Self { failed, first_token: None, cool_down: fault.retry_after, class: Some(fault.class.as_str()) }
    }
}

/// A breaker as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerView {
    /// Whose.
    pub target: TargetId,
    /// Whether it lets calls through.
    pub phase: Phase,
    /// How much longer it stays open; none if it is not.
    pub open_for: Option<Duration>,
    /// Exponentially weighted mean of the time to the first piece.
    pub latency: Option<Duration>,
    /// Calls in the window.
    pub calls: u32,
    /// Failed ones among them.
    pub failures: u32,
    /// Slow ones among them.
    pub slow: u32,
    /// The class of the newest failure.
    pub last_failure: Option<String>,
}

/// Breakers, one a target, shared by all instances. Not of a tenant: a provider is up or down for all. (Targets reached
/// with a tenant's own key have that tenant in their id.)
#[async_trait]
pub trait Breakers: Send + Sync {
    /// All of them, in the order asked for; one of which nothing is known is closed.
    async fn view(&self, targets: &[TargetId]) -> Result<Vec<BreakerView>, PortError>;
    /// Takes the one probe that a half-open breaker lets through, for `lease`; false if somebody has it, or the breaker
    /// is open. True where it is closed.
    async fn probe(&self, target: &TargetId, lease: Duration) -> Result<bool, PortError>;
    /// Counts how a call went, and opens or closes the breaker by [`crate::routing::BreakerRule`], in one atomic step.
    async fn record(&self, target: &TargetId, sample: &Sample) -> Result<(), PortError>;
    /// Opens it for so long, whatever it has counted: a person's order.
    async fn hold_open(&self, target: &TargetId, wait: Duration) -> Result<(), PortError>;
    /// Closes it and forgets what it has counted: a person's order.
    async fn reset(&self, target: &TargetId) -> Result<(), PortError>;
}
