//! EventBridge's cron: minutes, hours, day of month, month, day of week (1 is Sunday), year; one of the two days is `?`.

use super::expression::InvalidExpression;
use super::field::Bounds;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use std::collections::BTreeSet;
use std::str::FromStr;

const MINUTES: Bounds = Bounds { field: "minutes", low: 0, high: 59, names: &[] };
const HOURS: Bounds = Bounds { field: "hours", low: 0, high: 23, names: &[] };
const DAY_OF_MONTH: Bounds = Bounds { field: "day-of-month", low: 1, high: 31, names: &[] };
const MONTH: Bounds = Bounds {
    field: "month",
    low: 1,
    high: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const DAY_OF_WEEK: Bounds =
    Bounds { field: "day-of-week", low: 1, high: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
const YEAR: Bounds = Bounds { field: "year", low: 1970, high: 2199, names: &[] };

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: Day,
    months: BTreeSet<u32>,
    years: BTreeSet<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Day {
    OfMonth(BTreeSet<u32>),
    /// `L`.
    LastOfMonth,
    /// `3W`: the Monday to Friday of the same month that is nearest to the day.
    NearestWeekday(u32),
    OfWeek(BTreeSet<u32>),
    /// `6L`: the last Friday of the month.
    LastOfWeek(u32),
    /// `6#3`: the third Friday of the month.
    Nth(u32, u32),
}

impl FromStr for Cron {
    type Err = InvalidExpression;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields[..] else {
            let problem = format!("expected six fields in cron(...), got {}", fields.len());
            return Err(InvalidExpression::new("expression", problem));
        };
        // In the fields' order, so that the first that is wrong is named.
        let (minutes, hours) = (MINUTES.parse(minutes)?, HOURS.parse(hours)?);
        let of_month = (day_of_month != "?").then(|| parse_day_of_month(day_of_month)).transpose()?;
        let months = MONTH.parse(month)?;
        let of_week = (day_of_week != "?").then(|| parse_day_of_week(day_of_week)).transpose()?;
        let days = match (of_month, of_week) {
            (Some(days), None) | (None, Some(days)) => days,
            _ => {
                let problem = "expected ? in exactly one of day-of-month and day-of-week";
                return Err(InvalidExpression::new("day-of-week", problem));
            }
        };
        Ok(Self { minutes, hours, days, months, years: YEAR.parse(year)? })
    }
}

fn parse_day_of_month(text: &str) -> Result<Day, InvalidExpression> {
    match text.strip_suffix(['W', 'w']) {
        _ if text.eq_ignore_ascii_case("L") => Ok(Day::LastOfMonth),
        Some(day) => DAY_OF_MONTH.number(day).map(Day::NearestWeekday),
        None => DAY_OF_MONTH.parse(text).map(Day::OfMonth),
    }
}

fn parse_day_of_week(text: &str) -> Result<Day, InvalidExpression> {
    if text.eq_ignore_ascii_case("L") {
        // Alone it is the last day of the week: Saturday.
        return Ok(Day::OfWeek([7].into()));
    }
    if let Some((day, nth)) = text.split_once('#') {
        let day = DAY_OF_WEEK.number(day)?;
        return match nth.parse() {
            Ok(nth @ 1..=5) => Ok(Day::Nth(day, nth)),
            _ => Err(InvalidExpression::new("day-of-week", format!("expected 1 to 5 after #, got {nth:?}"))),
        };
    }
    match text.strip_suffix(['L', 'l']) {
        Some(day) => DAY_OF_WEEK.number(day).map(Day::LastOfWeek),
        None => DAY_OF_WEEK.parse(text).map(Day::OfWeek),
    }
}

impl Cron {
    pub(super) fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let date = after.date_naive();
        if let Some(due) = self.due_on(date).then(|| self.time_after(Some(after.time()))).flatten() {
            return Some(date.and_time(due).and_utc());
        }
        let date = self.date_from(date.checked_add_days(Days::new(1))?)?;
        Some(date.and_time(self.time_after(None)?).and_utc())
    }

    /// The first time of day; after `after`, where it is given.
    fn time_after(&self, after: Option<NaiveTime>) -> Option<NaiveTime> {
        let times = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        times
            .filter_map(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0))
            .find(|time| after.is_none_or(|after| *time > after))
    }

    /// The first date that is not before `from`. Walks the months that count, and the days of those: at most some
    /// thousand steps, for a date that never comes.
    fn date_from(&self, from: NaiveDate) -> Option<NaiveDate> {
        let from_year = u32::try_from(from.year()).unwrap_or(0);
        for year in self.years.range(from_year..) {
            for month in &self.months {
                if (*year, *month) < (from_year, from.month()) {
                    continue;
                }
                let first = NaiveDate::from_ymd_opt(i32::try_from(*year).ok()?, *month, 1)?;
                let days = first.iter_days().take_while(|date| date.month() == *month);
                if let Some(date) = days.filter(|date| *date >= from).find(|date| self.days.includes(*date)) {
                    return Some(date);
                }
            }
        }
        None
    }

    fn due_on(&self, date: NaiveDate) -> bool {
        self.months.contains(&date.month())
            && u32::try_from(date.year()).is_ok_and(|year| self.years.contains(&year))
            && self.days.includes(date)
    }
}

impl Day {
    fn includes(&self, date: NaiveDate) -> bool {
        let (day, last) = (date.day(), u32::from(date.num_days_in_month()));
        let weekday = date.weekday().number_from_sunday();
        match self {
            Self::OfMonth(days) => days.contains(&day),
            Self::LastOfMonth => day == last,
            Self::NearestWeekday(wanted) => nearest_weekday(date, *wanted) == Some(day),
            Self::OfWeek(days) => days.contains(&weekday),
            Self::LastOfWeek(wanted) => weekday == *wanted && day + 7 > last,
            Self::Nth(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

/// The day of `date`'s month that `wantedW` means; none in a month that has no such day.
fn nearest_weekday(date: NaiveDate, wanted: u32) -> Option<u32> {
    let last = u32::from(date.num_days_in_month());
    let day = match date.with_day(wanted)?.weekday() {
        // Never into another month: there the nearest is on the other side of the weekend.
        Weekday::Sat if wanted == 1 => 3,
        Weekday::Sat => wanted - 1,
        Weekday::Sun if wanted == last => wanted - 2,
        Weekday::Sun => wanted + 1,
        _ => wanted,
    };
    Some(day)
}
