//! The documents that a connection is at.

use octavo_domain_kernel::DocumentId;
use octavo_domain_signalr::{Payload, Protocol};
use realtime_node_server::HubFault;
use std::collections::HashMap;
use tokio::time::Instant;

/// Documents that one connection is at.
const DOCUMENTS_MAX: usize = 20;
/// Bytes of what somebody says of themselves, as JSON.
pub(super) const STATE_BYTES_MAX: usize = 2 * 1024;

/// Cursors a second for long, and at once.
const CURSORS: (f32, f32) = (30.0, 60.0);
/// Changes of what somebody says of themselves: each is written down.
const STATES: (f32, f32) = (2.0, 10.0);

/// Remarks, which may write to many inboxes.
const REMARKS: (f32, f32) = (1.0, 20.0);

/// How often something may be done: so many a second for long, so many at once.
#[derive(Debug)]
struct Bucket {
    per_second: f32,
    burst: f32,
    left: f32,
    at: Option<Instant>,
}

impl Bucket {
    fn new((per_second, burst): (f32, f32)) -> Self {
        Self { per_second, burst, left: burst, at: None }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = self.at.replace(now).map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f32());
        self.left = (self.left + passed * self.per_second).min(self.burst);
        let is_full = self.left >= 1.0;
        if is_full {
            self.left -= 1.0;
        }
        is_full
    }
}

/// How often a connection may remark on something.
#[derive(Debug)]
pub(super) struct Remarks(Bucket);

impl Default for Remarks {
    fn default() -> Self {
        Self(Bucket::new(REMARKS))
    }
}

impl Remarks {
    /// Whether one may be made now.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), HubFault> {
        if self.0.take(now) {
            Ok(())
        } else {
            Err(HubFault::Refused(format!("at most {} comments a second", REMARKS.0)))
        }
    }
}

/// One document that a connection is at.
#[derive(Debug)]
pub(super) struct Place {
    cursors: Bucket,
    states: Bucket,
    pub(super) state: Option<Payload>,
    /// The shares through which its user has the document, as far as that was looked at.
    pub(super) through: Vec<String>,
}

/// Those of a connection.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<DocumentId, Place>);

impl Places {
    /// Comes to one; whether it was not there before.
    pub(super) fn enter(&mut self, document: DocumentId, through: Vec<String>) -> Result<bool, HubFault> {
        if let Some(place) = self.0.get_mut(&document) {
            place.through = through;
            return Ok(false);
        }
        if self.0.len() >= DOCUMENTS_MAX {
            return Err(HubFault::Refused(format!("a connection may be at {DOCUMENTS_MAX} documents")));
        }
        let place = Place { cursors: Bucket::new(CURSORS), states: Bucket::new(STATES), state: None, through };
        self.0.insert(document, place);
        Ok(true)
    }

    /// Its user has the document through these now; whether it is there.
    pub(super) fn refresh(&mut self, document: DocumentId, through: Vec<String>) -> bool {
        self.0.get_mut(&document).map(|place| place.through = through).is_some()
    }

    /// Leaves one; whether it was there.
    pub(super) fn leave(&mut self, document: DocumentId) -> bool {
        self.0.remove(&document).is_some()
    }

    pub(super) fn get(&self, document: DocumentId) -> Option<&Place> {
        self.0.get(&document)
    }

    pub(super) fn documents(&self) -> Vec<DocumentId> {
        self.0.keys().copied().collect()
    }

    fn there(&mut self, document: DocumentId) -> Result<&mut Place, HubFault> {
        self.0.get_mut(&document).ok_or_else(|| HubFault::refused("You are not at this document: join it first."))
    }

    /// Whether a cursor may be told now.
    pub(super) fn cursor(&mut self, document: DocumentId, now: Instant) -> Result<(), HubFault> {
        if self.there(document)?.cursors.take(now) {
            return Ok(());
        }
        Err(HubFault::Refused(format!("at most {} cursors a second", CURSORS.0)))
    }

    /// Says something else of oneself.
    pub(super) fn say(&mut self, document: DocumentId, state: Payload, now: Instant) -> Result<(), HubFault> {
        let place = self.there(document)?;
        if !place.states.take(now) {
            return Err(HubFault::Refused(format!("at most {} states a second", STATES.0)));
        }
        place.state = Some(state);
        Ok(())
    }
}

/// A state as it is kept: JSON, small enough.
pub(super) fn state(given: &Payload) -> Result<Payload, HubFault> {
    let state = given.to(Protocol::Json).map_err(|fault| HubFault::Refused(format!("state: {fault}")))?;
    if state.bytes().len() > STATE_BYTES_MAX {
        return Err(HubFault::Refused(format!("state: expected at most {STATE_BYTES_MAX} bytes of JSON")));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::time::Duration;
    use uuid::Uuid;

    #[test]
    fn so_many_at_once_and_then_as_many_as_come_back() {
        let mut bucket = Bucket::new((2.0, 3.0));
        let begin = Instant::now();
        assert_eq!([0, 0, 0, 0].map(|_| bucket.take(begin)), [true, true, true, false]);
        let later = begin + Duration::from_millis(500);
        assert_eq!([0, 0].map(|_| bucket.take(later)), [true, false]);
        let much_later = begin + Duration::from_secs(60);
        assert_eq!([0, 0, 0, 0].map(|_| bucket.take(much_later)), [true, true, true, false]);
    }

    #[test]
    fn a_connection_is_at_so_many_documents_and_each_once() {
        let mut places = Places::default();
        let id = |number: usize| DocumentId(Uuid::from_u128(number as u128));
        for number in 0..DOCUMENTS_MAX {
            assert!(places.enter(id(number), Vec::new()).unwrap());
        }
        assert!(!places.enter(id(0), Vec::new()).unwrap());
        assert!(places.enter(id(99), Vec::new()).is_err());
        assert!(places.leave(id(0)) && !places.leave(id(0)));
        assert!(places.cursor(id(0), Instant::now()).is_err());
    }

    #[test]
    fn a_state_is_small() {
        let text = |length: usize| Payload::Json(Bytes::from(format!("\"{}\"", "x".repeat(length))));
        assert!(state(&text(STATE_BYTES_MAX - 2)).is_ok());
        assert!(state(&text(STATE_BYTES_MAX - 1)).is_err());
        assert_eq!(state(&Payload::MessagePack(Bytes::from_static(&[0xc3]))).unwrap().bytes().as_ref(), b"true");
    }
}
