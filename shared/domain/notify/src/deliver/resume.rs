//! A message that is picked up: whether an attempt of a worker that died lies open.

use crate::{Attempt, AttemptStatus, Claim};

/// How it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume<'a> {
    /// No attempt lies open: make one.
    Send,
    /// This one lies open. Its receiver knows one thing that is told twice as one: end it as unknown and make another.
    Again(&'a Attempt),
    /// This one lies open, and may have arrived. Ask its provider ([`Provider::taken`](crate::Provider::taken)) and go by
    /// [`after`](super::after) of what it answers; where it cannot say, by `after` of
    /// [`SendError::Unknown`](crate::SendError::Unknown).
    Ask(&'a Attempt),
}

/// How a claimed message goes on.
pub fn resume(claim: &Claim) -> Resume<'_> {
    match claim.attempts.last() {
        Some(last) if last.status == AttemptStatus::Started && last.ended_at.is_none() => {
            if claim.message.channel.is_idempotent() { Resume::Again(last) } else { Resume::Ask(last) }
        }
        _ => Resume::Send,
    }
}
