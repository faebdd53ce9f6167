//! Which channels are wanted, and what of it the server was not told yet.

use octavo_domain_realtime::Channel;
use std::collections::{HashMap, HashSet};

/// What to tell the server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) join: Vec<Channel>,
    pub(super) leave: Vec<Channel>,
    /// Everything that was asked for up to this request is in it or was told before.
    pub(super) asked: u64,
}

/// The wanted set.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    all: HashSet<Channel>,
    /// Wanted (true) or not any more; only the last word on a channel is told.
    untold: HashMap<Channel, bool>,
    asked: u64,
}

impl Wanted {
    /// Whether there is anything to tell.
    pub(super) fn want(&mut self, channels: &[Channel]) -> bool {
        for channel in channels {
            if self.all.insert(channel.clone()) {
                self.untold.insert(channel.clone(), true);
            }
        }
        self.count()
    }

    /// Whether there is anything to tell.
    pub(super) fn drop_all(&mut self, channels: &[Channel]) -> bool {
        for channel in channels {
            if self.all.remove(channel) {
                self.untold.insert(channel.clone(), false);
            }
        }
        self.count()
    }

    /// Counted only where something is left to be told: who wants what is subscribed already need not wait.
    fn count(&mut self) -> bool {
        let changed = !self.untold.is_empty();
        if changed {
            self.asked += 1;
        }
        changed
    }

    /// The number of the newest request.
    pub(super) fn asked(&self) -> u64 {
        self.asked
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// For the connection that there is.
    pub(super) fn changes(&mut self) -> Changes {
        let mut changes = Changes { asked: self.asked, ..Changes::default() };
        for (channel, wanted) in self.untold.drain() {
            if wanted { changes.join.push(channel) } else { changes.leave.push(channel) }
        }
        changes
    }

    /// For a new connection, which is subscribed to nothing.
    pub(super) fn everything(&mut self) -> Changes {
        self.untold = HashMap::new();
        Changes { join: self.all.iter().cloned().collect(), leave: Vec::new(), asked: self.asked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_channel_is_told_once() {
        let (mut wanted, [a, b]) = (Wanted::default(), ["a", "b"].map(Channel::of_wire));
        assert!(wanted.want(&[a.clone(), a.clone()]));
        assert!(wanted.want(std::slice::from_ref(&b)) && wanted.drop_all(std::slice::from_ref(&b)));
        assert_eq!(wanted.changes(), Changes { join: vec![a.clone()], leave: vec![b.clone()], asked: 3 });
        assert!(!wanted.want(std::slice::from_ref(&a)), "it is subscribed");
        assert!(!wanted.drop_all(std::slice::from_ref(&b)), "it is not");
        assert_eq!((wanted.changes(), wanted.asked()), (Changes { asked: 3, ..Changes::default() }, 3));
        assert!(wanted.drop_all(std::slice::from_ref(&a)) && wanted.want(&[a.clone(), b]));
        assert_eq!(wanted.everything().join.len(), 2);
        assert_eq!((wanted.changes().join.len(), wanted.len()), (0, 2), "everything was told");
    }
}
