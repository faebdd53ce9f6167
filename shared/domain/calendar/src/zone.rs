//! Time zones by name.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Timelike, Utc,
};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A time zone by its IANA name: `Europe/Vienna`, `UTC`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "Europe/Vienna")]
pub struct Zone(String);

/// Not a time zone's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a time zone of the IANA database such as Europe/Vienna")]
pub struct InvalidZone;

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// The name, as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a clock on the wall shows at that moment, and how far it is from UTC: for showing.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        self.rules().shown(at)
    }

    /// Which day it is there at that moment.
    pub fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date_naive()
    }

    /// When a clock on the wall shows this: the first time where it does so twice; where it never does, as much later as the
    /// clock was put forward by.
    pub fn moment(&self, local: NaiveDateTime) -> DateTime<Utc> {
        self.rules().moment(local)
    }

    /// When it is next this time of the day there, after (never at) this moment.
    pub fn next_at(&self, time: NaiveTime, after: DateTime<Utc>) -> DateTime<Utc> {
        let rules = self.rules();
        let mut day = rules.shown(after).date_naive();
        // Two days are enough but where a day was left out of the calendar.
        for _ in 0..4 {
            let at = rules.moment(day.and_time(time));
            if at > after {
                return at;
            }
            day = day + Days::new(1);
        }
        after
    }

    pub(crate) fn rules(&self) -> Rules {
        Rules(TimeZone::get(&self.0).expect("the name was looked up when it was made"))
    }
}

/// A zone's clock.
pub(crate) struct Rules(TimeZone);

impl Rules {
    pub(crate) fn shown(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        let seconds = self.0.to_offset(timestamp(at)).seconds();
        at.with_timezone(&FixedOffset::east_opt(seconds).expect("a zone is less than a day from UTC"))
    }

    /// See [`Zone::moment`].
    pub(crate) fn moment(&self, local: NaiveDateTime) -> DateTime<Utc> {
        self.0.to_timestamp(civil(local)).map_or(DateTime::<Utc>::MAX_UTC, moment_of)
    }

    /// When something that is bound to the wall clock begins or ends: as [`moment`](Self::moment), but where the clock never
    /// shows this, when it was put forward. So of two times on the wall the later one is never the earlier moment.
    pub(crate) fn bound(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let ambiguous = self.0.to_ambiguous_timestamp(civil(local));
        let AmbiguousOffset::Gap { .. } = ambiguous.offset() else {
            return ambiguous.compatible().map_or(DateTime::<Utc>::MAX_UTC, moment_of);
        };
        let Ok(after) = ambiguous.compatible() else { return DateTime::<Utc>::MAX_UTC };
        let behind = Timestamp::new(after.as_second() + 1, 0).unwrap_or(after);
        let changed = self.0.preceding(behind).next().map(|change| change.timestamp());
        changed.map_or_else(|| moment_of(after), moment_of)
    }
}

/// Within the years that have four digits.
fn timestamp(at: DateTime<Utc>) -> Timestamp {
    let nanosecond = i32::try_from(at.timestamp_subsec_nanos().min(999_999_999)).unwrap_or(0);
    let end = if at.timestamp() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::new(at.timestamp(), nanosecond).unwrap_or(end)
}

fn moment_of(at: Timestamp) -> DateTime<Utc> {
    let nanoseconds = at.as_nanosecond();
    let second = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    let rest = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap_or(0);
    Utc.timestamp_opt(second, rest).single().unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn civil(local: NaiveDateTime) -> jiff::civil::DateTime {
    let small = |number: u32| i8::try_from(number).unwrap_or(0);
    let date =
        jiff::civil::Date::new(i16::try_from(local.year()).unwrap_or(9_999), small(local.month()), small(local.day()));
    let time = jiff::civil::Time::new(
        small(local.hour()),
        small(local.minute()),
        small(local.second()),
        i32::try_from(local.nanosecond().min(999_999_999)).unwrap_or(0),
    );
    match (date, time) {
        (Ok(date), Ok(time)) => date.to_datetime(time),
        _ => jiff::civil::DateTime::MAX,
    }
}

impl TryFrom<String> for Zone {
    type Error = InvalidZone;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        match TimeZone::get(&name) {
            Ok(zone) if !zone.is_unknown() => Ok(Self(name)),
            _ => Err(InvalidZone),
        }
    }
}

impl FromStr for Zone {
    type Err = InvalidZone;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::try_from(name.to_owned())
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
