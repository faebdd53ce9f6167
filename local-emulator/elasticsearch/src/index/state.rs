//! What an open index holds in memory.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, RwLock};
use tantivy::{IndexReader, IndexWriter};

use super::schema::Schema;
use super::settings::Settings;
use super::translog::Translog;
use crate::analysis::{Ahead, Registry};
use crate::mapping::{IndexedDocument, Mapping};
use crate::vectors::Vectors;

/// An index that is open. Its operations are in `open.rs`, `read.rs`, `write.rs` and `commit.rs`.
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) created_ms: i64,
    pub(super) folder: PathBuf,
    pub(super) schema: Arc<Schema>,
    pub(super) registry: Arc<Registry>,
    pub(super) settings: RwLock<Settings>,
    pub(super) mapping: RwLock<Arc<Mapping>>,
    pub(super) reader: IndexReader,
    pub(super) tantivy: tantivy::Index,
    pub(super) state: Mutex<State>,
    pub(super) vectors: Arc<Vectors>,
}

/// What writes into tantivy.
pub(super) struct Writer {
    pub(super) tantivy: IndexWriter<IndexedDocument>,
    pub(super) ahead: Ahead,
}

/// What writes change.
pub(super) struct State {
    pub(super) writer: Option<Writer>,
    pub(super) translog: Translog,
    pub(super) versions: HashMap<String, Entry>,
    /// Sources not yet committed, for realtime reads: `None` for a delete.
    pub(super) pending: HashMap<String, Option<Arc<[u8]>>>,
    pub(super) pending_bytes: usize,
    pub(super) next_seq_no: u64,
    /// Written since the last refresh.
    pub(super) dirty: bool,
    pub(super) tombstones_changed: bool,
    pub(super) refreshed: Instant,
    pub(super) written: Instant,
    pub(super) closed: bool,
}

/// The newest version of a document id. Deleted ones stay as tombstones, so that a late external version loses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) version: u64,
    pub(super) seq_no: u64,
    pub(super) live: bool,
}
