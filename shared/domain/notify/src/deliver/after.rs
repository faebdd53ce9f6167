//! What follows an attempt.

use crate::{Accepted, Attempt, AttemptStatus, Channel, MessageStatus, Outcome, Reason, SendError};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// How often all providers of a channel are tried.
pub(crate) const ROUNDS_MAX: u32 = 8;
/// Within how long after the first attempt: what comes a day late helps nobody.
const WITHIN: TimeDelta = TimeDelta::hours(24);
/// The longest first wait; each later one may be four times as long, so that eight rounds last over an outage of an hour.
const BACKOFF_BASE: Duration = Duration::from_secs(5);
const BACKOFF_GROWTH: u32 = 4;
const BACKOFF_MAX: Duration = Duration::from_secs(60 * 60);
/// The longest that a provider's wish to wait is heeded.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(6 * 60 * 60);
const DETAIL_CHARS_MAX: usize = 1_000;

/// An attempt that was made.
#[derive(Debug, Clone, Copy)]
pub struct Try<'a> {
    /// By what.
    pub channel: Channel,
    /// Every attempt of the message before this one.
    pub earlier: &'a [Attempt],
    /// When this one began.
    pub started_at: DateTime<Utc>,
    /// How many providers the channel has.
    pub providers: usize,
    /// How many of them were not tried yet in this round.
    pub left: usize,
    /// Whether one that was tried in this round may take it another time.
    pub another_time: bool,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// How the attempt ended.
    pub outcome: Outcome,
    /// What is done about the message.
    pub step: Step,
    /// Whether the address goes to the suppression list.
    pub suppress: bool,
}

/// What is done about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is left so: `Sent`, `Delivered`, `Failed` or `Unknown`.
    Leave(MessageStatus),
    /// The next provider of the channel is asked at once.
    NextProvider,
    /// All are asked again then; until then it is `Planned`, for [`Reason::Retry`].
    Later(DateTime<Utc>),
}

impl Step {
    /// Where the message stands by it; none while the next provider is asked.
    pub fn status(self) -> Option<(MessageStatus, Option<Reason>, Option<DateTime<Utc>>)> {
        match self {
            Self::Leave(status) => Some((status, None, None)),
            Self::NextProvider => None,
            Self::Later(at) => Some((MessageStatus::Planned, Some(Reason::Retry), Some(at))),
        }
    }
}

/// What follows an attempt that ended as `result`. Another provider is asked only where this one definitely did not take it: a
/// message of which nobody knows whether it arrived is not sent twice, unless its receiver knows the second for the first.
/// `chance` is drawn from 0 (inclusive) to 1 (exclusive).
pub fn after(made: &Try<'_>, result: &Result<Accepted, SendError>, now: DateTime<Utc>, chance: f64) -> Next {
    let outcome = outcome(result, now);
    let mut suppress = false;
    let step = match result {
        Ok(accepted) if accepted.delivered => Step::Leave(MessageStatus::Delivered),
        Ok(_) => Step::Leave(MessageStatus::Sent),
        Err(SendError::Recipient { suppress: for_ever, .. }) => {
            suppress = *for_ever;
            Step::Leave(MessageStatus::Failed)
        }
        Err(SendError::Unknown { .. }) if !made.channel.is_idempotent() => Step::Leave(MessageStatus::Unknown),
        Err(_) if made.left > 0 => Step::NextProvider,
        Err(SendError::Rejected { .. }) if !made.another_time => Step::Leave(MessageStatus::Failed),
        Err(SendError::NotTaken { retry_after, .. }) => made.later(*retry_after, now, chance),
        Err(SendError::Rejected { .. } | SendError::Unknown { .. }) => made.later(None, now, chance),
    };
    Next { outcome, step, suppress }
}

impl Try<'_> {
    fn later(&self, wish: Option<Duration>, now: DateTime<Utc>, chance: f64) -> Step {
        // Only a day's attempts count: one that a person sends again after a week gets its tries again.
        let recent = || self.earlier.iter().filter(|attempt| attempt.started_at > now - WITHIN);
        let first = recent().map(|attempt| attempt.started_at).min().unwrap_or(self.started_at);
        let made = u32::try_from(recent().count() + 1).unwrap_or(u32::MAX);
        let providers = u32::try_from(self.providers.max(1)).unwrap_or(u32::MAX);
        let rounds = made.div_ceil(providers);
        if rounds >= ROUNDS_MAX {
            return Step::Leave(MessageStatus::Failed);
        }
        let bound = BACKOFF_BASE.saturating_mul(BACKOFF_GROWTH.saturating_pow(rounds - 1)).min(BACKOFF_MAX);
        let drawn = bound.mul_f64(chance.clamp(0.0, 1.0));
        let wait = drawn.max(wish.unwrap_or_default().min(RETRY_AFTER_MAX));
        let due = now + TimeDelta::from_std(wait).unwrap_or(WITHIN);
        if due > first + WITHIN { Step::Leave(MessageStatus::Failed) } else { Step::Later(due) }
    }
}

fn outcome(result: &Result<Accepted, SendError>, at: DateTime<Utc>) -> Outcome {
    let (status, provider_id, code, detail) = match result {
        Ok(accepted) if accepted.delivered => (AttemptStatus::Delivered, accepted.provider_id.clone(), None, None),
        Ok(accepted) => (AttemptStatus::Accepted, accepted.provider_id.clone(), None, None),
        Err(SendError::Recipient { code, detail, .. } | SendError::Rejected { code, detail }) => {
            (AttemptStatus::Rejected, None, code.clone(), Some(detail))
        }
        Err(SendError::NotTaken { code, detail, .. }) => (AttemptStatus::NotTaken, None, code.clone(), Some(detail)),
        Err(SendError::Unknown { detail }) => (AttemptStatus::Unknown, None, None, Some(detail)),
    };
    // What a database cannot keep must not lose the end of an attempt.
    let plain = |text: &str| text.chars().filter(|char| *char != '\0').take(DETAIL_CHARS_MAX).collect::<String>();
    Outcome {
        status,
        provider_id: provider_id.map(|id| plain(&id)),
        code: code.map(|code| plain(&code)),
        detail: detail.map(|detail| plain(detail)),
        at,
    }
}
