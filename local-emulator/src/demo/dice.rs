//! Chance that is the same in every filling: drawn from a name, not from the machine.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Draws, one after the other, that follow from a seed.
pub(super) struct Dice {
    seed: blake3::Hash,
    drawn: u64,
}

impl Dice {
    pub(super) fn new(seed: &str) -> Self {
        Self { seed: blake3::hash(seed.as_bytes()), drawn: 0 }
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.drawn += 1;
        *blake3::keyed_hash(self.seed.as_bytes(), &self.drawn.to_le_bytes()).as_bytes()
    }

    /// Any number.
    pub(super) fn any(&mut self) -> u64 {
        let bytes = self.bytes();
        u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }

    /// A number from `from` on and below `to`.
    pub(super) fn within(&mut self, from: u64, to: u64) -> u64 {
        from + self.any() % (to - from).max(1)
    }

    /// Whether something happens that happens so often in a hundred times.
    pub(super) fn percent(&mut self, often: u64) -> bool {
        self.within(0, 100) < often
    }

    /// One of several, each as often as its weight says.
    pub(super) fn weighted<'a, T>(&mut self, all: &'a [(u64, T)]) -> Option<&'a T> {
        let total: u64 = all.iter().map(|(weight, _)| weight).sum();
        let mut left = self.within(0, total.max(1));
        all.iter()
            .find(|(weight, _)| {
                left < *weight || {
                    left -= weight;
                    false
                }
            })
            .map(|(_, one)| one)
    }

    /// An identifier that says when: UUID version 7.
    pub(super) fn id(&mut self, at: DateTime<Utc>) -> Uuid {
        let bytes = self.bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[..10]);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let at = "2026-03-02T09:30:00Z".parse().unwrap();
        let draw = |seed: &str| {
            let mut dice = Dice::new(seed);
            let numbers: Vec<u64> = (0..50).map(|_| dice.within(3, 9)).collect();
            (numbers, dice.id(at))
        };
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
        let (numbers, id) = draw("a");
        assert!(numbers.iter().all(|number| (3..9).contains(number)) && numbers.contains(&3) && numbers.contains(&8));
        assert_eq!(id.get_version_num(), 7);
    }

    #[test]
    fn weights_are_kept_to() {
        let mut dice = Dice::new("weights");
        let all = [(3, "often"), (0, "never"), (1, "seldom")];
        let drawn: Vec<&str> = (0..400).filter_map(|_| dice.weighted(&all).copied()).collect();
        let count = |wanted: &str| drawn.iter().filter(|one| **one == wanted).count();
        assert_eq!((drawn.len(), count("never")), (400, 0));
        assert!((60..140).contains(&count("seldom")), "{}", count("seldom"));
    }
}
