//! When a room is written as a version, and when its updates are made a snapshot: decisions over instants that are given.

use crate::UPDATES_KEPT_MAX;
use std::time::{Duration, Instant};

/// After how long a version is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaveTiming {
    /// Nobody has changed anything for so long: a good moment.
    pub quiet: Duration,
    /// Somebody always changes something: a version is written anyway, so long after the first change that is in none.
    pub latest: Duration,
    /// Added where all changes came from another node, which writes the version; this one does where it did not come to.
    pub others: Duration,
}

impl Default for SaveTiming {
    fn default() -> Self {
        Self { quiet: Duration::from_secs(5), latest: Duration::from_secs(60), others: Duration::from_secs(15) }
    }
}

/// A compaction is worth its work from so many updates on, when a room is closed.
pub const COMPACTION_UPDATES_MIN: u32 = 2;

/// Whose change it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edited {
    /// Another node's connection's, or found in the store.
    Elsewhere,
    /// A connection's of this node.
    Here,
}

/// Changes that are in no version yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsaved {
    first: Instant,
    last: Instant,
    by: Edited,
}

impl Unsaved {
    /// With one more change at `now`.
    pub fn and(before: Option<Self>, now: Instant, by: Edited) -> Self {
        match before {
            // From the first change here on it is this node's to write.
            Some(before) if before.by >= by => Self { last: now, ..before },
            Some(before) => Self { first: now.min(before.last), last: now, by },
            None => Self { first: now, last: now, by },
        }
    }

    /// From when on a version is due. At once where the room is `left` by all of this node, which ends their edits; others'
    /// go on elsewhere.
    pub fn due(&self, timing: &SaveTiming, left: bool) -> Instant {
        if left && self.by == Edited::Here {
            return self.first;
        }
        let due = (self.last + timing.quiet).min(self.first + timing.latest);
        match self.by {
            Edited::Here => due,
            Edited::Elsewhere => due + timing.others,
        }
    }
}

/// Whether the `kept` updates beside the snapshot are to be made one; `closing` where the room is about to be unloaded.
pub fn compaction_due(kept: u32, closing: bool) -> bool {
    kept > UPDATES_KEPT_MAX || (closing && kept >= COMPACTION_UPDATES_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_due_when_it_is_quiet_or_at_the_latest() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut unsaved = Unsaved::and(None, start, Edited::Here);
        assert_eq!(unsaved.due(&SaveTiming::default(), false), at(5));
        assert_eq!(unsaved.due(&SaveTiming::default(), true), start);
        unsaved = Unsaved::and(Some(unsaved), at(4), Edited::Here);
        assert_eq!(unsaved.due(&SaveTiming::default(), false), at(9));
        for second in 5..58 {
            unsaved = Unsaved::and(Some(unsaved), at(second), Edited::Elsewhere);
        }
        assert_eq!(
            unsaved.due(&SaveTiming::default(), false),
            at(60),
            "typing without a pause does not put it off for ever"
        );
    }

    #[test]
    fn what_another_node_took_is_left_to_it_for_a_while() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let unsaved = Unsaved::and(None, start, Edited::Elsewhere);
        assert_eq!(unsaved.due(&SaveTiming::default(), false), at(20));
        assert_eq!(unsaved.due(&SaveTiming::default(), true), at(20));
        let unsaved = Unsaved::and(Some(unsaved), at(3), Edited::Here);
        assert_eq!(unsaved.due(&SaveTiming::default(), false), at(8));
    }

    #[test]
    fn updates_become_a_snapshot_when_there_are_many_or_the_room_is_closed() {
        assert!(!compaction_due(UPDATES_KEPT_MAX, false));
        assert!(compaction_due(UPDATES_KEPT_MAX + 1, false));
        assert!(compaction_due(2, true));
        assert!(!compaction_due(1, true));
    }
}
