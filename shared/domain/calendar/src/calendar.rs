//! Business calendars.

use crate::Zone;
use chrono::{Datelike, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Holidays of a calendar.
pub const HOLIDAYS_MAX: usize = 1_000;
/// Spans of hours of a weekday.
pub const HOURS_MAX: usize = 12;
const HOLIDAY_NAME_CHARS_MAX: usize = 200;

/// A zone, the hours of each weekday, and the days that are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Whose wall clock.
    pub zone: Zone,
    /// The business hours of each weekday, in order and without overlap; a weekday without any is none.
    #[schema(value_type = BTreeMap<String, Vec<Hours>>)]
    pub hours: BTreeMap<Weekday, Vec<Hours>>,
    /// Days without business, with their names: at most 1,000.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub holidays: BTreeMap<NaiveDate, String>,
}

/// From a time of the day to another one that is later; `24:00` is written `00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first minute.
    pub from: NaiveTime,
    /// The first minute after.
    pub to: NaiveTime,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Why a calendar is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidCalendar {
    /// Which member: `hours.monday[1]`.
    pub field: String,
    /// What was expected.
    pub message: String,
}

impl Weekday {
    /// All, from Monday on.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// That of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self::ALL[day.weekday().num_days_from_monday() as usize % 7]
    }

    /// As text: `monday`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }
}

impl Hours {
    fn ends_at_midnight(self) -> bool {
        self.to == NaiveTime::MIN
    }
}

impl Calendar {
    /// Monday to Friday, 9 to 17 o'clock UTC, no holidays: for whoever has set none.
    pub fn working_week() -> Self {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("it is an hour of the day");
        let hours = vec![Hours { from: hour(9), to: hour(17) }];
        let days = Weekday::ALL.into_iter().take(5).map(|day| (day, hours.clone())).collect();
        Self { zone: Zone::utc(), hours: days, holidays: BTreeMap::new() }
    }

    /// Whether it is acceptable: hours in order and without overlap, nothing too long.
    pub fn check(&self) -> Result<(), InvalidCalendar> {
        for (day, hours) in &self.hours {
            check_hours(*day, hours)?;
        }
        if self.holidays.len() > HOLIDAYS_MAX {
            return Err(invalid("holidays".to_owned(), format!("expected at most {HOLIDAYS_MAX} days")));
        }
        for (day, name) in &self.holidays {
            if name.chars().count() > HOLIDAY_NAME_CHARS_MAX {
                let message = format!("expected a name of at most {HOLIDAY_NAME_CHARS_MAX} characters");
                return Err(invalid(format!("holidays.{day}"), message));
            }
        }
        Ok(())
    }

    /// The hours of a day; none on holidays.
    pub(crate) fn hours_on(&self, day: NaiveDate) -> &[Hours] {
        if self.holidays.contains_key(&day) {
            return &[];
        }
        self.hours.get(&Weekday::of(day)).map_or(&[], Vec::as_slice)
    }
}

fn check_hours(day: Weekday, hours: &[Hours]) -> Result<(), InvalidCalendar> {
    let field = |number: usize| format!("hours.{}[{number}]", day.as_str());
    if hours.len() > HOURS_MAX {
        return Err(invalid(format!("hours.{}", day.as_str()), format!("expected at most {HOURS_MAX} spans")));
    }
    for (number, span) in hours.iter().enumerate() {
        if !span.ends_at_midnight() && span.to <= span.from {
            return Err(invalid(field(number), "expected an end that is later than the beginning".to_owned()));
        }
        let before = number.checked_sub(1).map(|before| hours[before]);
        if before.is_some_and(|before| before.ends_at_midnight() || span.from < before.to) {
            return Err(invalid(field(number), "expected hours in order and without overlap".to_owned()));
        }
    }
    Ok(())
}

fn invalid(field: String, message: String) -> InvalidCalendar {
    InvalidCalendar { field, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(hours: &str) -> Calendar {
        let spans = hours
            .split(' ')
            .map(|span| {
                let (from, to) = span.split_once('-').expect("FROM-TO");
                Hours { from: from.parse().unwrap(), to: to.parse().unwrap() }
            })
            .collect();
        Calendar { hours: [(Weekday::Monday, spans)].into(), ..Calendar::working_week() }
    }

    #[test]
    fn hours_are_in_order_and_do_not_overlap() {
        assert_eq!(Calendar::working_week().check(), Ok(()));
        for good in ["09:00-12:00 12:00-17:00", "00:00-00:00", "22:00-00:00", "00:00-06:00 22:00-00:00"] {
            assert_eq!(read(good).check(), Ok(()), "{good}");
        }
        for (bad, place) in [
            ("17:00-09:00", "hours.monday[0]"),
            ("09:00-09:00", "hours.monday[0]"),
            ("09:00-12:00 11:59-13:00", "hours.monday[1]"),
            ("22:00-00:00 23:00-23:30", "hours.monday[1]"),
        ] {
            assert_eq!(read(bad).check().unwrap_err().field, place, "{bad}");
        }
    }

    #[test]
    fn everything_has_a_limit() {
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let mut calendar = Calendar::working_week();
        calendar.holidays = first.iter_days().take(HOLIDAYS_MAX + 1).map(|day| (day, "off".to_owned())).collect();
        assert_eq!(calendar.check().unwrap_err().field, "holidays");
        calendar.holidays = [(first, "x".repeat(HOLIDAY_NAME_CHARS_MAX + 1))].into();
        assert_eq!(calendar.check().unwrap_err().field, "holidays.2026-01-01");
        let many = vec!["00:00-00:01"; HOURS_MAX + 1].join(" ");
        assert_eq!(read(&many).check().unwrap_err().field, "hours.monday");
    }
}
