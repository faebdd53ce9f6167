//! The sixteen databases: keys, their values, and when they end.

mod db;
mod watch;

pub(crate) use db::{Db, Entry};
pub(crate) use watch::Watched;

/// How many databases SELECT knows.
pub(crate) const DATABASES: usize = 16;
