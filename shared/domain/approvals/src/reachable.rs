//! Whether there are people enough: each seat of a stage is another person's.
//!
//! Of a group nobody knows how many are in it: a seat that anyone of a group may take counts as one that can be filled.

use crate::Stage;
use octavo_domain_kernel::{Reader, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// The first stage whose quorum nobody can reach: among themselves, or with all others where whoever decides one stage may not
/// decide another.
pub(crate) fn unreachable(stages: &[Stage], across_stages: bool) -> Option<usize> {
    if across_stages {
        let mut places = Places::default();
        return (0..stages.len()).find(|number| !places.fill(stages, *number));
    }
    (0..stages.len()).find(|number| !Places::default().fill(stages, *number))
}

type SeatAt = (usize, usize);

/// Who is thought to take which seat. A seat of a group's is taken by nobody in particular.
#[derive(Default)]
struct Places<'a> {
    by_person: BTreeMap<&'a UserId, SeatAt>,
    taken: BTreeSet<SeatAt>,
}

impl<'a> Places<'a> {
    /// Finds people for as many seats of the stage as it needs; those of the stages before keep theirs, if not by the same.
    fn fill(&mut self, stages: &'a [Stage], stage: usize) -> bool {
        (0..stages[stage].needed).all(|_| self.fill_one(stages, stage, &mut BTreeSet::new(), &mut BTreeSet::new()))
    }

    /// One more seat of the stage: whoever would take it may leave the seat they have, if that stage finds another for it.
    fn fill_one(
        &mut self,
        stages: &'a [Stage],
        stage: usize,
        asked: &mut BTreeSet<&'a UserId>,
        looked_at: &mut BTreeSet<SeatAt>,
    ) -> bool {
        let seats = stages[stage].seats.len();
        (0..seats)
            .map(|seat| (stage, seat))
            .any(|at| !self.taken.contains(&at) && looked_at.insert(at) && self.take(stages, at, asked, looked_at))
    }

    fn take(
        &mut self,
        stages: &'a [Stage],
        at: SeatAt,
        asked: &mut BTreeSet<&'a UserId>,
        looked_at: &mut BTreeSet<SeatAt>,
    ) -> bool {
        let candidates = &stages[at.0].seats[at.1].candidates;
        if candidates.iter().any(|reader| matches!(reader, Reader::Group(_))) {
            self.taken.insert(at);
            return true;
        }
        for reader in candidates {
            let Reader::User(user) = reader else { continue };
            if !asked.insert(user) {
                continue;
            }
            let free = match self.by_person.get(user).copied() {
                None => true,
                Some(held) => {
                    // Another person for the seat that they have, or another seat of its stage.
                    self.taken.remove(&held);
                    let moved =
                        self.take(stages, held, asked, looked_at) || self.fill_one(stages, held.0, asked, looked_at);
                    if !moved {
                        self.taken.insert(held);
                    }
                    moved
                }
            };
            if free {
                self.by_person.insert(user, at);
                self.taken.insert(at);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seat, StageStatus};
    use proptest::prelude::*;

    fn stage(needed: u16, seats: &[&str]) -> Stage {
        let seats = seats.iter().map(|people| Seat {
            number: 0,
            candidates: people.split(' ').map(|reader| reader.parse().unwrap()).collect(),
            open: false,
            claimed_by: None,
            delegations: Vec::new(),
            decision: None,
        });
        Stage {
            name: "s".to_owned(),
            status: StageStatus::Waiting,
            seats: seats.collect(),
            needed,
            opened_at: None,
            reminded: 0,
            remind_at: None,
            escalated: 0,
            escalate_at: None,
            deadline_at: None,
        }
    }

    #[test]
    fn each_seat_is_another_persons() {
        assert_eq!(unreachable(&[stage(2, &["user:a user:b", "user:a"])], false), None);
        assert_eq!(unreachable(&[stage(2, &["user:a", "user:a"])], false), Some(0));
        assert_eq!(unreachable(&[stage(1, &["user:a", "user:a"])], false), None);
        assert_eq!(unreachable(&[stage(3, &["group:g", "group:g", "user:a"])], false), None);
        let both = [stage(1, &["user:a user:b"]), stage(1, &["user:a"])];
        assert_eq!(unreachable(&both, true), None);
        let one = [stage(1, &["user:a"]), stage(1, &["user:a"])];
        assert_eq!(unreachable(&one, false), None);
        assert_eq!(unreachable(&one, true), Some(1));
        // The first stage may leave a seat to somebody else for another of its seats.
        let moved = [stage(1, &["user:a", "user:b"]), stage(1, &["user:a"])];
        assert_eq!(unreachable(&moved, true), None);
    }

    /// By trying everything.
    fn possible(stages: &[Stage]) -> bool {
        fn go(stages: &[Stage], stage: usize, seat: usize, missing: u16, used: &mut Vec<UserId>) -> bool {
            if missing == 0 {
                return match stages.get(stage + 1) {
                    Some(next) => go(stages, stage + 1, 0, next.needed, used),
                    None => true,
                };
            }
            let Some(one) = stages[stage].seats.get(seat) else { return false };
            for reader in &one.candidates {
                match reader {
                    Reader::Group(_) if go(stages, stage, seat + 1, missing - 1, used) => return true,
                    Reader::User(user) if !used.contains(user) => {
                        used.push(user.clone());
                        if go(stages, stage, seat + 1, missing - 1, used) {
                            return true;
                        }
                        used.pop();
                    }
                    _ => {}
                }
            }
            go(stages, stage, seat + 1, missing, used)
        }
        go(stages, 0, 0, stages[0].needed, &mut Vec::new())
    }

    proptest! {
        #[test]
        fn it_is_as_trying_everything_says(
            stages in proptest::collection::vec(
                (proptest::collection::vec(proptest::sample::subsequence(
                    vec!["user:a", "user:b", "user:c", "user:d", "group:g"], 1..=3), 1..4), 0u16..4),
                1..4),
        ) {
            let stages: Vec<Stage> = stages
                .into_iter()
                .map(|(seats, needed)| {
                    let seats: Vec<String> = seats.into_iter().map(|people| people.join(" ")).collect();
                    let seats: Vec<&str> = seats.iter().map(String::as_str).collect();
                    stage(needed.clamp(1, u16::try_from(seats.len()).unwrap()), &seats)
                })
                .collect();
            prop_assert_eq!(unreachable(&stages, true).is_none(), possible(&stages));
        }
    }
}
