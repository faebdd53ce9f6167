//! What came: every message that was taken and every one that was refused, for tests and for people to look at.

mod journal;
mod log;
mod sent;

pub use journal::JournalError;
pub(crate) use journal::{Full, Journal};
pub(crate) use log::{Entry, Log};
pub(crate) use sent::Draft;
pub use sent::{Called, Filter, Kind, Origin, Sent, State};
