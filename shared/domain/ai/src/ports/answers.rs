//! Answers kept for a while, and one call for all who ask the same at once.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{CacheKey, PortError};
use std::time::Duration;

/// What there is under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A kept answer.
    Kept(Bytes),
    /// Nothing; whoever asked is now the one who is to find the answer ([`AnswerStore::fulfil`] or
    /// [`AnswerStore::release`]).
    Claimed(Claim),
    /// Nothing yet: somebody else is finding it.
    UnderWay,
}

/// The right to find the answer under a key, for as long as its lease runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: CacheKey,
    /// Distinguishes this claim from a later one of the same key.
    pub token: String,
}

/// Keeps answers, and lets one caller at a time find each. Values are sealed by the caller. A caller must do right
/// without it: on an error it goes on as if nothing was kept and nobody else asked.
#[async_trait]
pub trait AnswerStore: Send + Sync {
    /// The kept answer; else the claim, if nobody has it, for `lease`; else that somebody has it. In one atomic step.
    async fn find_or_claim(&self, key: &CacheKey, token: &str, lease: Duration) -> Result<Found, PortError>;
    /// The same without claiming: `UnderWay` is then also said where nobody has the claim and nothing is kept, so a
    /// waiter asks [`AnswerStore::find_or_claim`] once in a while.
    async fn peek(&self, key: &CacheKey) -> Result<Option<Bytes>, PortError>;
    /// Prolongs the claim; false if it was lost (its lease ran out).
    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<bool, PortError>;
    /// Keeps the answer for `ttl` (at least 1 ms) and gives the claim up, if it is still this one's; the answer is kept
    /// in any case.
    async fn fulfil(&self, claim: &Claim, answer: Bytes, ttl: Duration) -> Result<(), PortError>;
    /// Gives the claim up without an answer, if it is still this one's: the next who asks finds it.
    async fn release(&self, claim: &Claim) -> Result<(), PortError>;
}
