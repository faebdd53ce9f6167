//! `octavo reindex`: a new version of the search index beside the old one, while the platform runs; and whether the index holds
//! what the database holds.

mod check;
mod command;
mod reach;

pub(super) use command::{Arguments, reindex};
