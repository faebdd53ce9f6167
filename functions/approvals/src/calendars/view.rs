//! Calendars as clients see them.

use crate::rules::DEFAULT_CALENDAR;
use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_approvals::NamedCalendar;
use octavo_domain_calendar::{Calendar, Hours, Weekday};
use serde::Serialize;
use std::collections::BTreeMap;

/// A calendar.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CalendarView {
    /// Its name. The one that is meant where an approval names none is `default`.
    #[schema(example = "default")]
    name: String,
    /// Whose wall clock.
    #[schema(example = "Europe/Vienna")]
    zone: String,
    /// The business hours of each weekday, `from` and `to` as `HH:MM:SS`; a weekday without any is none.
    #[schema(value_type = Object, example = json!({"monday": [{"from": "09:00:00", "to": "17:00:00"}]}))]
    hours: BTreeMap<Weekday, Vec<Hours>>,
    /// Days without business, with their names.
    #[schema(value_type = Object, example = json!({"2026-12-25": "Christmas"}))]
    holidays: BTreeMap<NaiveDate, String>,
    /// When it was set; null for the platform's own, which holds as long as the tenant sets no `default`.
    updated_at: Option<DateTime<Utc>>,
}

impl CalendarView {
    pub(crate) fn of(calendar: NamedCalendar) -> Self {
        Self::new(calendar.name, calendar.calendar, Some(calendar.updated_at))
    }

    /// The platform's own.
    pub(crate) fn standard() -> Self {
        Self::new(DEFAULT_CALENDAR.to_owned(), Calendar::working_week(), None)
    }

    fn new(name: String, calendar: Calendar, updated_at: Option<DateTime<Utc>>) -> Self {
        let Calendar { zone, hours, holidays } = calendar;
        Self { name, zone: zone.to_string(), hours, holidays, updated_at }
    }
}
