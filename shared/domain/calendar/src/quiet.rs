//! Quiet hours.

use crate::zone::Rules;
use crate::{Weekday, Zone};
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// However quiet somebody is, they are told after so long.
pub const QUIET_DAYS_MAX: i64 = 7;
/// Windows that adjoin one another within those days: 14 of somebody's own on each of 8 days.
const WINDOWS_MAX: usize = 14 * 8;

/// Hours in which somebody is not to be disturbed. They may go over midnight, and belong to the day that they begin on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// When they begin.
    pub from: NaiveTime,
    /// When they end; the same as `from` is the whole day.
    pub to: NaiveTime,
    /// The days that they begin on; every day, if none are named.
    #[serde(default)]
    pub days: BTreeSet<Weekday>,
}

impl QuietHours {
    /// When they end, if this moment is within them.
    pub fn until(&self, at: DateTime<Utc>, zone: &Zone) -> Option<DateTime<Utc>> {
        self.end(at, &zone.rules())
    }

    fn end(&self, at: DateTime<Utc>, rules: &Rules) -> Option<DateTime<Utc>> {
        let today = rules.shown(at).date_naive();
        // Those of the day before may go on, and where the clock was put back over midnight those of the next have begun.
        let days = [today - Days::new(1), today, today + Days::new(1)];
        let begin_on = |day: &chrono::NaiveDate| self.days.is_empty() || self.days.contains(&Weekday::of(*day));
        days.into_iter()
            .filter(begin_on)
            .filter_map(|day| {
                let last = if self.to > self.from { day } else { day + Days::new(1) };
                let end = rules.bound(last.and_time(self.to));
                (rules.bound(day.and_time(self.from)) <= at && at < end).then_some(end)
            })
            .max()
    }
}

/// When it is quiet no more, if it is quiet at this moment by any of these; those that adjoin one another are one. Somebody who
/// is never to be disturbed may be after [`QUIET_DAYS_MAX`] days.
pub fn quiet_until(quiet: &[QuietHours], at: DateTime<Utc>, zone: &Zone) -> Option<DateTime<Utc>> {
    let rules = zone.rules();
    let limit = at + TimeDelta::days(QUIET_DAYS_MAX);
    let mut until = at;
    for _ in 0..WINDOWS_MAX {
        match quiet.iter().filter_map(|hours| hours.end(until, &rules)).max() {
            Some(end) if end < limit => until = end,
            Some(_) => return Some(limit),
            None => break,
        }
    }
    (until > at).then_some(until)
}
