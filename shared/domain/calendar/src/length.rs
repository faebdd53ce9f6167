//! Lengths of time.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest there is: ten years of the Gregorian calendar's mean length, in seconds.
pub const LENGTH_SECONDS_MAX: i64 = 10 * YEAR_SECONDS;
const YEAR_SECONDS: i64 = 31_556_952;
const MONTH_SECONDS: i64 = YEAR_SECONDS / 12;
const DAY_SECONDS: i64 = 24 * 60 * 60;
const TEXT_CHARS_MAX: usize = 64;

/// A length of time as ISO 8601 writes it: `PT4H`, `P2D`, `P1Y`; longer than nothing, at most ten years. Kept as it was
/// written: how long a day or a month is depends on when it begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "P2D")]
pub struct Length(String);

/// Not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a length of time of ISO 8601 such as PT4H or P2D, longer than nothing and at most ten years")]
pub struct InvalidLength;

/// What a length is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Years and months.
    pub(crate) months: u32,
    /// Weeks.
    pub(crate) weeks: u32,
    /// Days.
    pub(crate) days: u32,
    /// Hours and less.
    pub(crate) time: TimeDelta,
}

impl Length {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// About how many seconds it has: with days of 24 hours, and months and years of their mean length.
    pub fn seconds_about(&self) -> i64 {
        let parts = self.parts();
        i64::from(parts.months) * MONTH_SECONDS
            + (i64::from(parts.weeks) * 7 + i64::from(parts.days)) * DAY_SECONDS
            + parts.time.num_seconds()
    }

    pub(crate) fn parts(&self) -> Parts {
        parse(&self.0).expect("it was read when it was made")
    }
}

fn parse(text: &str) -> Option<Parts> {
    if !text.starts_with('P') || text.len() > TEXT_CHARS_MAX {
        return None;
    }
    let span: jiff::Span = text.parse().ok()?;
    if span.is_negative() || span.is_zero() {
        return None;
    }
    let time = TimeDelta::try_hours(i64::from(span.get_hours()))?
        .checked_add(&TimeDelta::try_minutes(span.get_minutes())?)?
        .checked_add(&TimeDelta::try_seconds(span.get_seconds())?)?
        .checked_add(&TimeDelta::try_milliseconds(span.get_milliseconds())?)?
        .checked_add(&TimeDelta::microseconds(span.get_microseconds()))?
        .checked_add(&TimeDelta::nanoseconds(span.get_nanoseconds()))?;
    let count = |number: i32| u32::try_from(number).ok();
    let months = count(i32::from(span.get_years()))?.checked_mul(12)?.checked_add(count(span.get_months())?)?;
    let parts = Parts { months, weeks: count(span.get_weeks())?, days: count(span.get_days())?, time };
    let seconds = i128::from(parts.months) * i128::from(MONTH_SECONDS)
        + (i128::from(parts.weeks) * 7 + i128::from(parts.days)) * i128::from(DAY_SECONDS)
        + i128::from(time.num_seconds());
    (seconds <= i128::from(LENGTH_SECONDS_MAX)).then_some(parts)
}

impl TryFrom<String> for Length {
    type Error = InvalidLength;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        match parse(&text) {
            Some(_) => Ok(Self(text)),
            None => Err(InvalidLength),
        }
    }
}

impl FromStr for Length {
    type Err = InvalidLength;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl From<Length> for String {
    fn from(length: Length) -> Self {
        length.0
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_length() {
        for (text, seconds) in [
            ("PT4H", 4 * 3600),
            ("P2D", 2 * DAY_SECONDS),
            ("P1W", 7 * DAY_SECONDS),
            ("P1Y", YEAR_SECONDS),
            ("P120M", LENGTH_SECONDS_MAX),
            ("P10Y", LENGTH_SECONDS_MAX),
            ("P1DT12H30M15S", DAY_SECONDS + 12 * 3600 + 30 * 60 + 15),
            ("PT0.5S", 0),
        ] {
            let length: Length = text.parse().unwrap_or_else(|_| panic!("{text} is one"));
            assert_eq!(length.seconds_about(), seconds, "{text}");
            assert_eq!(length.as_str(), text);
        }
    }

    #[test]
    fn what_is_none() {
        for text in ["", "P", "PT", "PT0S", "-P1D", "4h", "2 days", "P10Y1D", "P121M", "P5000D", "PT99999999H", "P1D "]
        {
            assert!(text.parse::<Length>().is_err(), "{text:?} is none");
        }
        assert!(format!("PT{}1S", "0".repeat(80)).parse::<Length>().is_err());
    }
}
