//! When a person is told.

use crate::{DigestRule, PlannedDigest, Preferences};
use chrono::{DateTime, NaiveTime, Utc};
use octavo_domain_calendar::{Calendar, Zone, quiet_until};
use std::collections::BTreeMap;

/// The hour of digests for whoever chose none: 8 o'clock.
const DIGEST_HOUR: u32 = 8;
/// What is gathered day by day; an event's own key cannot be the same, as it is prefixed.
const DAILY: &str = "daily";

/// A person's time.
pub(super) struct Time<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) zone: &'a Zone,
    pub(super) preferences: &'a Preferences,
}

impl Time<'_> {
    /// The end of the quiet hours that it is, if it is any.
    pub(super) fn quiet(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        quiet_until(&self.preferences.quiet, at, self.zone)
    }

    /// The daily digest.
    pub(super) fn daily(&self) -> PlannedDigest {
        PlannedDigest { key: DAILY.to_owned(), due_at: self.undisturbed(self.digest_hour()) }
    }

    /// The digest that an event asks for.
    pub(super) fn digest(&self, rule: &DigestRule) -> PlannedDigest {
        let due = match &rule.period {
            Some(period) => plain(self.zone).add(self.now, period, false),
            None => self.digest_hour(),
        };
        PlannedDigest { key: format!("key:{}", rule.key), due_at: self.undisturbed(due) }
    }

    fn digest_hour(&self) -> DateTime<Utc> {
        let hour = NaiveTime::from_hms_opt(DIGEST_HOUR, 0, 0).expect("it is an hour of the day");
        self.zone.next_at(self.preferences.digest_at.unwrap_or(hour), self.now)
    }

    fn undisturbed(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.quiet(at).unwrap_or(at)
    }
}

fn plain(zone: &Zone) -> Calendar {
    Calendar { zone: zone.clone(), hours: BTreeMap::new(), holidays: BTreeMap::new() }
}
