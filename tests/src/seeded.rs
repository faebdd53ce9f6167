//! Chance that a seed decides.

use std::time::Duration;

/// SplitMix64: small, even, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// The same draws for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below `end`; 0 where there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).checked_rem(end).unwrap_or_default()
    }

    /// From 0 to below so many milliseconds.
    pub fn below_ms(&mut self, end: u64) -> Duration {
        Duration::from_millis(self.below(end))
    }

    /// One of these, of which there is at least one.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let chosen = self.below(u64::try_from(all.len()).unwrap_or(u64::MAX));
        &all[usize::try_from(chosen).unwrap_or_default()]
    }

    /// A word of twelve letters, which resembles no other.
    pub fn word(&mut self) -> String {
        (0..12).map(|_| char::from(b'a' + u8::try_from(self.below(26)).unwrap_or_default())).collect()
    }
}
