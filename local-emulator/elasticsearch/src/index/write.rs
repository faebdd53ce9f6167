//! Index, create and delete, under the version rules.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};
use tantivy::Term;
use tantivy::indexer::IndexWriterOptions;

use super::Index;
use super::state::{Entry, State, Writer};
use super::translog::Record;
use crate::analysis::Ahead;
use crate::error::{Error, Result};
use crate::mapping::{Document, IndexedDocument, Mapping};

/// The heap of an index's tantivy writer before it starts a new segment. In bytes.
const WRITER_BYTES: usize = 64 * 1024 * 1024;

/// The longest `_id`, in bytes.
const ID_BYTES_MAX: usize = 512;

/// How often a document may extend the mapping before it is refused; once is the rule, a race may need more.
const MAPPING_ROUNDS_MAX: usize = 8;

/// The version that a writer demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Expect {
    #[default]
    Any,
    /// `op_type=create`: no live document.
    Absent,
    /// `version_type=external`: newer than what is there.
    Newer(u64),
    /// `version_type=external_gte`: not older than what is there.
    NotOlder(u64),
    /// `if_seq_no` (primary term is always 1).
    SeqNo(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Created,
    Updated,
    Deleted,
    NotFound,
}

/// The acknowledgement of one write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) outcome: Outcome,
    pub(crate) version: u64,
    pub(crate) seq_no: u64,
}

impl Index {
    fn next_version(&self, id: &str, expect: Expect, entry: Option<Entry>, delete: bool) -> Result<u64> {
        let conflict = |detail: String| {
            Err(Error::version_conflict(&self.name, id, &detail).with("index_uuid", self.uuid.as_str()))
        };
        let current = entry.map_or(0, |entry| entry.version);
        let live = entry.filter(|entry| entry.live);
        match expect {
            Expect::Absent if live.is_some() => {
                return conflict(format!("document already exists (current version [{current}])"));
            }
            Expect::Newer(version) if entry.is_some() && version <= current => {
                return conflict(format!(
                    "current version [{current}] is higher or equal to the one provided [{version}]"
                ));
            }
            Expect::NotOlder(version) if entry.is_some() && version < current => {
                return conflict(format!("current version [{current}] is higher than the one provided [{version}]"));
            }
            Expect::Newer(version) | Expect::NotOlder(version) => return Ok(version),
            Expect::SeqNo(seq_no) => match live {
                Some(entry) if entry.seq_no == seq_no => {}
                Some(entry) => {
                    return conflict(format!(
                        "required seqNo [{seq_no}], primary term [1]. current document has seqNo [{}] and primary term [1]",
                        entry.seq_no
                    ));
                }
                None => {
                    return conflict(format!("required seqNo [{seq_no}], primary term [1]. but no document was found"));
                }
            },
            _ => {}
        }
        // A document written after its delete continues the count, as long as the tombstone is known.
        let _ = delete;
        Ok(current + 1)
    }

    fn parse(&self, id: &str, source: &Map<String, Value>) -> Result<IndexedDocument> {
        for _ in 0..MAPPING_ROUNDS_MAX {
            let mapping = self.mapping();
            match mapping.parse(id, source, &self.registry, &self.schema)? {
                Document::Ready(document) => return Ok(document),
                Document::NeedsMapping(body) => self.merge_mapping(&body)?,
            }
        }
        Err(Error::document(format!("document with id '{id}' keeps changing the mapping")))
    }

    /// Merges `body` into the mapping and makes it durable.
    pub(crate) fn merge_mapping(&self, body: &Value) -> Result<()> {
        let mut mapping = self.mapping.write();
        let merged = mapping.merged(body, &self.registry)?;
        self.save(&merged, &self.settings.read())?;
        *mapping = Arc::new(merged);
        Ok(())
    }

    pub(crate) fn mapping(&self) -> Arc<Mapping> {
        self.mapping.read().clone()
    }

    /// Indexes one document. Acknowledge it only after [`Index::acknowledge`].
    ///
    /// # Errors
    /// 409 `version_conflict_engine_exception`; 400 for a document that the mapping refuses.
    pub(crate) fn put(&self, id: &str, source: &[u8], expect: Expect) -> Result<Written> {
        check_id(id)?;
        let object: Map<String, Value> = serde_json::from_slice(source).map_err(|error| {
            Error::document(format!("failed to parse: {error}"))
                .caused_by(Error::x_content(format!("document with id '{id}' is not a JSON object: {error}")))
        })?;
        let document = self.parse(id, &object)?;
        let mut state = self.state.lock();
        let entry = state.versions.get(id).copied();
        let version = self.next_version(id, expect, entry, false)?;
        let record = Record { id: id.to_owned(), version, seq_no: state.next_seq_no, delete: false };
        state.translog.append(&record, source)?;
        self.put_locked(&mut state, &record, source, document)?;
        let outcome = if entry.is_some_and(|entry| entry.live) { Outcome::Updated } else { Outcome::Created };
        self.flush_if_large(&mut state)?;
        Ok(Written { outcome, version, seq_no: record.seq_no })
    }

    fn put_locked(
        &self,
        state: &mut State,
        record: &Record,
        source: &[u8],
        mut document: IndexedDocument,
    ) -> Result<()> {
        let source: Arc<[u8]> = source.into();
        document.add_number(self.schema.version, record.version);
        document.add_number(self.schema.seq_no, record.seq_no);
        document.add_source(self.schema.source, Arc::clone(&source));
        let known = state.versions.contains_key(&record.id);
        let writer = self.writer(state)?;
        if known {
            writer.tantivy.delete_term(Term::from_field_text(self.schema.id, &record.id));
        }
        document.analyze_ahead(&writer.ahead);
        writer.tantivy.add_document(document)?;
        state.pending_bytes += source.len() + record.id.len();
        state.pending.insert(record.id.clone(), Some(source));
        self.note(state, record, true);
        Ok(())
    }

    fn note(&self, state: &mut State, record: &Record, live: bool) {
        let entry = Entry { version: record.version, seq_no: record.seq_no, live };
        let before = state.versions.insert(record.id.clone(), entry);
        state.tombstones_changed |= !live || before.is_some_and(|before| !before.live);
        state.next_seq_no = state.next_seq_no.max(record.seq_no + 1);
        state.dirty = true;
        state.written = Instant::now();
    }

    /// Deletes one document; a tombstone keeps its version.
    pub(crate) fn delete(&self, id: &str, expect: Expect) -> Result<Written> {
        check_id(id)?;
        let mut state = self.state.lock();
        let entry = state.versions.get(id).copied();
        let version = self.next_version(id, expect, entry, true)?;
        let record = Record { id: id.to_owned(), version, seq_no: state.next_seq_no, delete: true };
        state.translog.append(&record, b"")?;
        self.delete_locked(&mut state, &record)?;
        let outcome = if entry.is_some_and(|entry| entry.live) { Outcome::Deleted } else { Outcome::NotFound };
        Ok(Written { outcome, version, seq_no: record.seq_no })
    }

    fn delete_locked(&self, state: &mut State, record: &Record) -> Result<()> {
        let term = Term::from_field_text(self.schema.id, &record.id);
        self.writer(state)?.tantivy.delete_term(term);
        state.pending.insert(record.id.clone(), None);
        self.note(state, record, false);
        Ok(())
    }

    /// Applies a record of the translog at start. It was accepted once: versions are not judged again.
    pub(super) fn apply_again(&self, record: &Record, source: &[u8]) -> Result<()> {
        if record.delete {
            let mut state = self.state.lock();
            state.translog.append(record, b"")?;
            return self.delete_locked(&mut state, record);
        }
        let object: Map<String, Value> = serde_json::from_slice(source)
            .map_err(|error| Error::new(500, "translog_corrupted_exception", error.to_string()))?;
        let document = self.parse(&record.id, &object)?;
        let mut state = self.state.lock();
        state.translog.append(record, source)?;
        self.put_locked(&mut state, record, source, document)
    }

    fn writer<'a>(&self, state: &'a mut State) -> Result<&'a mut Writer> {
        if state.closed {
            return Err(Error::index_not_found(&self.name));
        }
        if state.writer.is_none() {
            let options = IndexWriterOptions::builder()
                // One, so that equal hits come in the order in which they were written.
                .num_worker_threads(1)
                .num_merge_threads(1)
                .memory_budget_per_thread(WRITER_BYTES)
                .build();
            state.writer = Some(Writer { tantivy: self.tantivy.writer_with_options(options)?, ahead: Ahead::start() });
        }
        state.writer.as_mut().ok_or_else(|| Error::new(500, "engine_exception", "no writer"))
    }

    /// Call before answering: makes what was written survive this process, or the machine, as the settings say.
    pub(crate) fn acknowledge(&self) -> Result<()> {
        let sync = self.settings.read().sync_each_request();
        let mut state = self.state.lock();
        if sync {
            state.translog.sync()?;
        } else {
            state.translog.flush()?;
        }
        Ok(())
    }
}

fn check_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::illegal("if _id is specified it must not be empty"));
    }
    if id.len() > ID_BYTES_MAX {
        return Err(Error::validation(format!(
            "id [{id}] is too long, must be no longer than {ID_BYTES_MAX} bytes but was: {}",
            id.len()
        )));
    }
    Ok(())
}
