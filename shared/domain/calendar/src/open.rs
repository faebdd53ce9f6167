//! When a calendar's business is open.

use crate::Calendar;
use crate::zone::Rules;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// How many days are looked through for business hours: forty years.
pub(crate) const SEARCH_DAYS_MAX: usize = 14_610;

/// A span of business hours, as moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
}

impl Calendar {
    /// Whether it is within business hours: their first moment is, their last is not.
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.opening(at).take_while(|open| open.from <= at).any(|open| at < open.to)
    }

    /// This moment, if it is within business hours, or else the first one after it that is. The moment itself for a calendar
    /// without any hours within forty years.
    pub fn next_open(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.opening(at).next().map_or(at, |open| open.from.max(at))
    }

    /// Whether there are business hours at all.
    pub(crate) fn has_hours(&self) -> bool {
        self.hours.values().any(|hours| !hours.is_empty())
    }

    /// The spans that end after this moment, in order. Ends after [`SEARCH_DAYS_MAX`] days.
    pub(crate) fn opening(&self, at: DateTime<Utc>) -> impl Iterator<Item = Open> + '_ {
        let rules = self.zone.rules();
        let today = rules.shown(at).date_naive();
        let days = if self.has_hours() { SEARCH_DAYS_MAX } else { 0 };
        // From the day before on: where the clock is put back over midnight, its last hours are not over.
        (today - Days::new(1))
            .iter_days()
            .take(days)
            .flat_map(move |day| self.open_on(day, &rules))
            .filter(move |open| open.to > at)
    }

    fn open_on(&self, day: NaiveDate, rules: &Rules) -> Vec<Open> {
        let span = |hours: &crate::Hours| {
            let last = if hours.to == NaiveTime::MIN { day + Days::new(1) } else { day };
            Open { from: rules.bound(day.and_time(hours.from)), to: rules.bound(last.and_time(hours.to)) }
        };
        // What lies within the hour that a clock is put forward by is nothing.
        self.hours_on(day).iter().map(span).filter(|open| open.from < open.to).collect()
    }
}
