//! Time zones, business hours, quiet hours, and lengths of time as people say them.
//!
//! Moments come in and go out as UTC; what lies between is the wall clock of a time zone, with its daylight saving. The
//! time zones' data is compiled in: a function's image needs none of its own. No I/O, no clock.
#![warn(missing_docs)]

mod add;
mod calendar;
mod length;
mod open;
mod quiet;
mod zone;

pub use calendar::{Calendar, HOLIDAYS_MAX, HOURS_MAX, Hours, InvalidCalendar, Weekday};
pub use length::{InvalidLength, LENGTH_SECONDS_MAX, Length};
pub use quiet::{QUIET_DAYS_MAX, QuietHours, quiet_until};
pub use zone::{InvalidZone, Zone};
