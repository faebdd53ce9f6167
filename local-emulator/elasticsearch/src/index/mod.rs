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
mod translog;
mod write;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, RwLock};
use tantivy::{IndexReader, IndexWriter, Searcher, TantivyDocument};

pub(crate) use read::{Stored, fetch};
pub(crate) use schema::{
    SEQ_NO, Schema, TEXT_SLOTS, VALUES, VERSION, completion_prefix, completion_term, keyword_term, number_text,
    parse_completion, present_term,
};
pub(crate) use settings::Settings;
pub(crate) use write::{Expect, Outcome, Written};

use crate::analysis::Registry;
use crate::mapping::Mapping;
use translog::Translog;

/// What a search sees of an index: the segments of one refresh, and the mapping of now.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) name: String,
    pub(crate) searcher: Searcher,
    pub(crate) mapping: Arc<Mapping>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) schema: Arc<Schema>,
    pub(crate) max_result_window: usize,
}

pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) created_ms: i64,
    folder: PathBuf,
    schema: Arc<Schema>,
    registry: Arc<Registry>,
    settings: RwLock<Settings>,
    mapping: RwLock<Arc<Mapping>>,
    reader: IndexReader,
    tantivy: tantivy::Index,
    state: Mutex<State>,
}

/// What writes change.
struct State {
    writer: Option<IndexWriter<TantivyDocument>>,
    translog: Translog,
    versions: HashMap<String, Entry>,
    /// Sources not yet committed, for realtime reads: `None` for a delete.
    pending: HashMap<String, Option<Arc<[u8]>>>,
    pending_bytes: usize,
    next_seq_no: u64,
    /// Written since the last refresh.
    dirty: bool,
    tombstones_changed: bool,
    refreshed: Instant,
    closed: bool,
}

/// The newest version of a document id. Deleted ones stay as tombstones, so that a late external version loses.
#[derive(Debug, Clone, Copy)]
struct Entry {
    version: u64,
    seq_no: u64,
    live: bool,
}
