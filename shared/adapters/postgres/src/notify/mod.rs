//! Notifications: [`NotifyStore`](octavo_domain_notify::NotifyStore) and [`People`](octavo_domain_notify::People) of
//! [`Postgres`](crate::Postgres), [`DueNotifications`].
//!
//! What happens to every message (plan, claim, the start of an attempt, close) and what providers say is a function in the
//! database, one round trip; the functions are in the migration, here are their arguments and answers. A lease is a worker's
//! name and a moment; every write under it compares both. A digest is a message that is due later, and a row that says that
//! it is open: its key is why there is one, and its lock is what gathering and closing wait for.
//!
//! Knows nothing of who is told what and when: that was planned before it came here.

mod attempt;
mod callbacks;
mod claim;
mod close;
mod due;
mod event_accept;
mod event_plan;
mod events;
mod matter;
mod message_list;
mod messages;
mod people;
mod preferences;
mod row;
mod store;
mod suppressions;
mod sweep;
mod targets;
mod templates;
mod text;

pub use due::DueNotifications;
pub(crate) use sweep::SWEEPS;
