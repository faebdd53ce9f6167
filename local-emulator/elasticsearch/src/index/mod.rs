//! One index: its settings, its tantivy index, its translog, its versions.
//!
//! A write is checked against the version of its document, appended to the translog, and handed to tantivy's writer;
//! the answer leaves once the translog has reached the operating system (and, with `index.translog.durability:
//! request`, which is the default, the disk). A refresh commits tantivy and makes what was written searchable; the
//! translog before it is then dropped. At start the rest of the translog is replayed.

mod commit;
mod open;
mod read;
mod schema;
mod settings;
mod state;
mod translog;
mod view;
mod write;

pub(crate) use read::{Stored, fetch};
pub(crate) use schema::{
    SEQ_NO, Schema, TEXT_SLOTS, VALUES, VERSION, completion_prefix, completion_term, keyword_term, number_text,
    parse_completion, present_term,
};
pub(crate) use settings::Settings;
pub(crate) use state::Index;
pub(crate) use view::View;
pub(crate) use write::{Expect, Outcome, Written};
