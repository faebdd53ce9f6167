//! The tenant's calendars: business hours and holidays, by which reminders, escalations and deadlines go.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod put;
pub(crate) mod view;
