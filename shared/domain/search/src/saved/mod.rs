//! Saved searches: what somebody looks for again and again, and is told of when there is something new.
//!
//! A run looks for documents that were changed since about the last run ([`look`]), with what the person may read at that moment.
//! Which of them it told of before is known, so each is told of once; what is then true is a [`RunCommit`].

mod message;
mod run;
mod search;
mod store;

pub use message::{SAVED_FOUND, SAVED_WAKE, SEARCH_QUEUE, SavedWakeBody, saved_wake_message};
pub use run::{Look, RUN_DOCUMENTS_MAX, RunCommit, RunFound, after_run, look, principal_of, put_off, unchanged_since};
pub use search::{Cadence, SAVED_MAX, SAVED_NAME_CHARS_MAX, SavedSearch, SavedSearchId, TOLD_MAX, check_saved};
pub use store::SavedSearchStore;
