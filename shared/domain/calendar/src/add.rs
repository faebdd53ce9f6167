//! When a length of time is over.

use crate::length::Parts;
use crate::open::SEARCH_DAYS_MAX;
use crate::zone::Rules;
use crate::{Calendar, Length};
use chrono::{DateTime, Days, Months, TimeDelta, Utc};

impl Calendar {
    /// The moment that is so much later.
    ///
    /// Not in business time: years, months, weeks and days by the wall clock of the calendar's zone (tomorrow at the same time,
    /// however long the night is; the last of February for what began on the 31st of January), hours and less exactly.
    ///
    /// In business time: what begins outside business hours begins when they do. A day is the next business day at the same
    /// time by the wall clock; a week is as many of them as there are in a week; months and years go by the date. If that is
    /// outside business hours it is when they begin next. Hours and less are then counted within business hours. Nothing goes
    /// on for more than forty years; a calendar without hours counts plain time.
    ///
    /// Never earlier than `from`.
    pub fn add(&self, from: DateTime<Utc>, length: &Length, business: bool) -> DateTime<Utc> {
        let parts = length.parts();
        let later = if business && self.opening(from).next().is_some() {
            self.add_business(from, parts)
        } else {
            add_plain(&self.zone.rules(), from, parts)
        };
        later.max(from)
    }

    fn add_business(&self, from: DateTime<Utc>, parts: Parts) -> DateTime<Utc> {
        let rules = self.zone.rules();
        let mut at = self.next_open(from);
        if parts.months > 0 {
            let local = rules.shown(at).naive_local();
            let later = local.checked_add_months(Months::new(parts.months)).unwrap_or(local);
            at = self.next_open(rules.bound(later));
        }
        let week = u32::try_from(self.hours.values().filter(|hours| !hours.is_empty()).count()).unwrap_or(7);
        let days = parts.weeks.saturating_mul(week).saturating_add(parts.days);
        if days > 0 {
            at = self.next_open(self.business_days_later(&rules, at, days));
        }
        if parts.time > TimeDelta::zero() { self.business_time_later(at, parts.time) } else { at }
    }

    fn business_days_later(&self, rules: &Rules, at: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        let local = rules.shown(at).naive_local();
        let nth = usize::try_from(days).unwrap_or(usize::MAX).saturating_sub(1);
        let mut following = local.date().iter_days().skip(1).take(SEARCH_DAYS_MAX);
        let found = following.by_ref().filter(|day| !self.hours_on(*day).is_empty()).nth(nth);
        let last = local.date() + Days::new(SEARCH_DAYS_MAX as u64);
        rules.bound(found.unwrap_or(last).and_time(local.time()))
    }

    fn business_time_later(&self, at: DateTime<Utc>, time: TimeDelta) -> DateTime<Utc> {
        let mut left = time;
        let mut last = at;
        for open in self.opening(at) {
            let from = open.from.max(at);
            if left <= open.to - from {
                return from + left;
            }
            left -= open.to - from;
            last = open.to;
        }
        last
    }
}

fn add_plain(rules: &Rules, from: DateTime<Utc>, parts: Parts) -> DateTime<Utc> {
    let days = u64::from(parts.weeks) * 7 + u64::from(parts.days);
    // Hours alone never go by the wall clock: of an hour that comes twice, the second would become the first.
    let at = if parts.months == 0 && days == 0 {
        from
    } else {
        let local = rules.shown(from).naive_local();
        let later = local.checked_add_months(Months::new(parts.months)).unwrap_or(local);
        rules.moment(later.checked_add_days(Days::new(days)).unwrap_or(later))
    };
    at.checked_add_signed(parts.time).unwrap_or(at)
}
