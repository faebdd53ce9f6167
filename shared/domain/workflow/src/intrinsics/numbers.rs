//! Numbers, and what is drawn by chance.

use serde_json::{Value, json};
use std::cell::Cell;

/// A number as the functions take it: rounded to the nearest whole one, halves upwards.
#[expect(clippy::cast_possible_truncation, reason = "the range is looked at before")]
pub(super) fn whole(value: &Value) -> Result<i64, String> {
    if let Some(number) = value.as_i64() {
        return Ok(number);
    }
    let number = value.as_f64().ok_or_else(|| format!("{value} is not a number"))?;
    let rounded = (number + 0.5).floor();
    if rounded.abs() < 9.0e18 { Ok(rounded as i64) } else { Err(format!("{value} is out of range")) }
}

/// Equality in which 1 and 1.0 are one number.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.partial_cmp(&right).is_some_and(std::cmp::Ordering::is_eq),
        _ => left == right,
    }
}

pub(super) fn add(left: &Value, right: &Value) -> Result<Value, String> {
    whole(left)?.checked_add(whole(right)?).map(|sum| json!(sum)).ok_or_else(|| "The sum is out of range".to_owned())
}

/// A whole number from the first (included) to the second (excluded).
pub(super) fn random(from: &Value, to: &Value, draws: &Draws<'_>) -> Result<Value, String> {
    let (from, to) = (whole(from)?, whole(to)?);
    let span = to.checked_sub(from).and_then(|span| u64::try_from(span).ok()).filter(|span| *span > 0);
    let span = span.ok_or_else(|| "The end must be greater than the start".to_owned())?;
    // The upper half of the product is even over the span, but for a part in 2^64.
    let offset = (u128::from(draws.next()) * u128::from(span)) >> 64;
    let offset = i64::try_from(offset).map_err(|_| "The range is too wide".to_owned())?;
    Ok(json!(from + offset))
}

/// A random UUID of version 4.
pub(crate) fn uuid(draws: &Draws<'_>) -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&draws.next().to_be_bytes());
    bytes[8..].copy_from_slice(&draws.next().to_be_bytes());
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Random numbers: from outside, or a sequence that a seed determines.
pub(crate) enum Draws<'a> {
    /// Asks the scope.
    Outside(&'a dyn Fn() -> u64),
    /// Counts on from a seed and scatters the count (SplitMix64).
    Seeded(Cell<u64>),
}

impl<'a> From<&'a dyn Fn() -> u64> for Draws<'a> {
    fn from(chance: &'a dyn Fn() -> u64) -> Self {
        Self::Outside(chance)
    }
}

impl Draws<'_> {
    /// A sequence that begins with this state.
    pub(crate) fn starting(state: u64) -> Self {
        Self::Seeded(Cell::new(state))
    }

    /// A sequence that a seed determines, which is a number.
    pub(crate) fn seeded(seed: &Value) -> Result<Self, String> {
        let number = seed.as_f64().ok_or_else(|| format!("The seed {seed} is not a number"))?;
        Ok(Self::starting(number.to_bits()))
    }

    /// The next number, even over all of `u64`.
    pub(crate) fn next(&self) -> u64 {
        match self {
            Self::Outside(chance) => chance(),
            Self::Seeded(state) => {
                state.set(state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
                let mut mixed = state.get();
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                mixed ^ (mixed >> 31)
            }
        }
    }

    /// The next number from 0 (included) to 1 (excluded).
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
    pub(crate) fn fraction(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
