//! Creating an index, and opening one that a process before this one left.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tantivy::directory::MmapDirectory;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet as _, ReloadPolicy, TERMINATED};

use super::schema::{SEQ_NO, VERSION};
use super::state::{Entry, State};
use super::translog::{self, Translog};
use super::{Index, Schema, Settings};
use crate::analysis::Registry;
use crate::error::{Error, Result};
use crate::mapping::{Assignments, Mapping};
use crate::store;

/// `index.json` in an index's folder.
#[derive(Serialize, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) uuid: String,
    pub(super) created_ms: i64,
    pub(super) settings: Settings,
    pub(super) mapping: Value,
    pub(super) assignments: Assignments,
}

/// What a tantivy commit says about itself.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Payload {
    /// Operations below this number are in the commit.
    pub(super) next_seq_no: u64,
}

/// `tombstones.json`: versions of deleted documents.
pub(super) type Tombstones = Vec<(String, u64, u64)>;

impl Index {
    /// Creates the index's folder and everything in it.
    pub(crate) fn create(
        folder: &Path,
        name: &str,
        uuid: &str,
        created_ms: i64,
        settings: Settings,
        mapping: &Value,
    ) -> Result<Self> {
        let registry = Registry::parse(&settings.analysis)?;
        let mapping = Mapping::compile(mapping, Assignments::default(), &registry)?;
        let metadata = Metadata {
            name: name.to_owned(),
            uuid: uuid.to_owned(),
            created_ms,
            settings,
            mapping: mapping.json(),
            assignments: mapping.assignments().clone(),
        };
        std::fs::create_dir_all(folder.join("segments"))?;
        store::write_json(&folder.join("index.json"), &metadata)?;
        Self::open(folder)
    }

    /// Opens the index and replays its translog.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let metadata: Metadata = store::read_json(&folder.join("index.json"))?
            .ok_or_else(|| Error::new(500, "corrupt_index_exception", "index.json is missing"))?;
        let registry = Registry::parse(&metadata.settings.analysis)?;
        let mapping = Mapping::compile(&metadata.mapping, metadata.assignments, &registry)?;
        let (schema, tantivy_schema) = Schema::build();
        let directory = MmapDirectory::open(folder.join("segments")).map_err(tantivy::TantivyError::from)?;
        let tantivy = tantivy::Index::open_or_create(directory, tantivy_schema)?;
        let reader = tantivy.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let payload: Payload =
            tantivy.load_metas()?.payload.and_then(|payload| serde_json::from_str(&payload).ok()).unwrap_or_default();
        let generations = translog::generations(folder)?;
        let next_generation = generations.last().map_or(1, |last| last + 1);
        let mut index = Self {
            name: metadata.name,
            uuid: metadata.uuid,
            created_ms: metadata.created_ms,
            folder: folder.to_owned(),
            schema: Arc::new(schema),
            registry: Arc::new(registry),
            settings: RwLock::new(metadata.settings),
            mapping: RwLock::new(Arc::new(mapping)),
            reader,
            tantivy,
            state: Mutex::new(State {
                writer: None,
                translog: Translog::create(folder, next_generation)?,
                versions: HashMap::new(),
                pending: HashMap::new(),
                pending_bytes: 0,
                next_seq_no: payload.next_seq_no,
                dirty: false,
                tombstones_changed: false,
                refreshed: Instant::now(),
                written: Instant::now(),
                closed: false,
            }),
            vectors: Arc::default(),
        };
        index.load_versions()?;
        index.replay(&generations, payload.next_seq_no)?;
        Ok(index)
    }

    /// Versions of the committed documents, from the term dictionary of ids and the version column.
    fn load_versions(&mut self) -> Result<()> {
        let state = self.state.get_mut();
        let tombstones: Option<Tombstones> = store::read_json(&self.folder.join("tombstones.json"))?;
        for (id, version, seq_no) in tombstones.unwrap_or_default() {
            state.next_seq_no = state.next_seq_no.max(seq_no + 1);
            state.versions.insert(id, Entry { version, seq_no, live: false });
        }
        for segment in self.reader.searcher().segment_readers() {
            let ids = segment.inverted_index(self.schema.id)?;
            let (versions, seq_nos) = (segment.fast_fields().u64(VERSION)?, segment.fast_fields().u64(SEQ_NO)?);
            let mut terms = ids.terms().stream()?;
            while terms.advance() {
                let mut postings = ids.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
                while postings.doc() != TERMINATED {
                    let doc = postings.doc();
                    if !segment.is_deleted(doc) {
                        let id = String::from_utf8_lossy(terms.key()).into_owned();
                        let (version, seq_no) = (versions.first(doc).unwrap_or(1), seq_nos.first(doc).unwrap_or(0));
                        state.versions.insert(id, Entry { version, seq_no, live: true });
                    }
                    postings.advance();
                }
            }
        }
        Ok(())
    }

    fn replay(&self, generations: &[u64], from_seq_no: u64) -> Result<()> {
        // By sequence number, not by file: a process that died while replaying left the same records twice.
        let mut operations = BTreeMap::new();
        for &generation in generations {
            for (record, source) in translog::read(&self.folder, generation)? {
                if record.seq_no >= from_seq_no {
                    operations.insert(record.seq_no, (record, source));
                }
            }
        }
        let replayed = operations.len();
        for (record, source) in operations.into_values() {
            self.apply_again(&record, &source)?;
        }
        if replayed > 0 {
            tracing::info!(index = self.name, operations = replayed, "translog replayed");
            self.refresh()?;
        }
        let state = self.state.lock();
        state.translog.drop_before(state.translog.generation)?;
        Ok(())
    }
}
