//! How long each part of an exchange may take.

use octavo_domain_ai::ports::Timeouts;
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::time::Duration;
use tokio::time::Instant;

/// Farther than this is never: tokio's timers and `Instant` cannot tell much more.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is being waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Connection,
    FirstToken,
    Piece,
    All,
}

/// The timeouts of one exchange, and when it began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    began: Instant,
    timeouts: Timeouts,
}

impl Patience {
    pub(crate) fn new(began: Instant, timeouts: Timeouts) -> Self {
        Self { began, timeouts }
    }

    /// The same, with all of it over by `end` at the latest.
    pub(crate) fn ending_by(mut self, end: Instant) -> Self {
        self.timeouts.total = self.timeouts.total.min(end.saturating_duration_since(self.began));
        self
    }

    /// When a connection must be there.
    pub(crate) fn connected_by(&self) -> (Instant, Wait) {
        sooner((self.after(self.timeouts.connect), Wait::Connection), self.all_by())
    }

    /// When the head, and of a stream the first event, must be there.
    pub(crate) fn first_token_by(&self) -> (Instant, Wait) {
        sooner((self.after(self.timeouts.first_token), Wait::FirstToken), self.all_by())
    }

    /// When the next piece must be there, if it is waited for since `waiting`.
    pub(crate) fn piece_by(&self, waiting: Instant) -> (Instant, Wait) {
        sooner((waiting + self.timeouts.idle.min(NEVER), Wait::Piece), self.all_by())
    }

    /// When all of it must be there.
    pub(crate) fn all_by(&self) -> (Instant, Wait) {
        (self.after(self.timeouts.total), Wait::All)
    }

    /// The failure where it was not.
    pub(crate) fn exhausted(&self, wait: Wait) -> ProviderFault {
        let message = match wait {
            Wait::Connection => format!("no connection within {:?}", self.timeouts.connect),
            Wait::FirstToken => format!("no first piece of the answer within {:?}", self.timeouts.first_token),
            Wait::Piece => format!("no further piece of the answer within {:?}", self.timeouts.idle),
            Wait::All => format!("not all of the answer within {:?}", self.timeouts.total),
        };
        ProviderFault::new(FaultClass::Timeout, message)
    }

    fn after(&self, limit: Duration) -> Instant {
        self.began + limit.min(NEVER)
    }
}

fn sooner(a: (Instant, Wait), b: (Instant, Wait)) -> (Instant, Wait) {
    if a.0 <= b.0 { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeouts(connect: u64, first_token: u64, idle: u64, total: u64) -> Timeouts {
        let [connect, first_token, idle, total] = [connect, first_token, idle, total].map(Duration::from_secs);
        Timeouts { connect, first_token, idle, total }
    }

    #[test]
    fn the_soonest_deadline_is_the_one_that_is_named() {
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        let patience = Patience::new(began, timeouts(1, 2, 3, 4));
        assert_eq!(patience.connected_by(), (after(1), Wait::Connection));
        assert_eq!(patience.first_token_by(), (after(2), Wait::FirstToken));
        assert_eq!(patience.piece_by(began), (after(3), Wait::Piece));
        assert_eq!(patience.piece_by(after(2)), (after(4), Wait::All));
        let all = Patience::new(began, timeouts(9, 9, 9, 4));
        for (due, wait) in [all.connected_by(), all.first_token_by(), all.piece_by(began), all.all_by()] {
            assert_eq!((due, wait), (after(4), Wait::All));
        }
    }

    #[test]
    fn an_earlier_end_shortens_and_a_later_one_does_not_lengthen() {
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        let patience = Patience::new(began, timeouts(1, 2, 3, 10));
        assert_eq!(patience.ending_by(after(7)).all_by().0, after(7));
        assert_eq!(patience.ending_by(after(50)).all_by().0, after(10));
    }

    #[test]
    fn for_ever_is_no_overflow() {
        let timeouts =
            Timeouts { connect: Duration::MAX, first_token: Duration::MAX, idle: Duration::MAX, total: Duration::MAX };
        let began = Instant::now();
        assert!(Patience::new(began, timeouts).piece_by(began).0 > began);
    }
}
