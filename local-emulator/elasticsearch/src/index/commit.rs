//! Refresh (which here is also the flush), metadata, closing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::open::{Metadata, Payload, Tombstones};
use super::state::State;
use super::{Index, Settings, View};
use crate::error::{Error, Result};
use crate::mapping::Mapping;
use crate::store;

/// Uncommitted sources are kept for realtime reads up to this size; then a commit is made early. In bytes.
const PENDING_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A writer that nothing was written with for so long gives its threads and its memory back.
const WRITER_IDLE: Duration = Duration::from_secs(20);

/// Tombstones beyond this are forgotten, oldest first.
const TOMBSTONES_MAX: usize = 100_000;

impl Index {
    /// Makes everything written so far searchable and durable in tantivy; nothing where nothing was written.
    pub(crate) fn refresh(&self) -> Result<()> {
        self.refresh_locked(&mut self.state.lock())
    }

    pub(super) fn flush_if_large(&self, state: &mut State) -> Result<()> {
        if state.pending_bytes > PENDING_BYTES_MAX { self.refresh_locked(state) } else { Ok(()) }
    }

    fn refresh_locked(&self, state: &mut State) -> Result<()> {
        state.refreshed = Instant::now();
        if !state.dirty || state.closed {
            return Ok(());
        }
        if state.tombstones_changed {
            self.save_tombstones(state)?;
        }
        state.translog.rotate()?;
        let payload =
            serde_json::to_string(&Payload { next_seq_no: state.next_seq_no }).map_err(std::io::Error::from)?;
        if let Some(writer) = &mut state.writer {
            let mut commit = writer.tantivy.prepare_commit()?;
            commit.set_payload(&payload);
            commit.commit()?;
        }
        self.reader.reload()?;
        state.translog.drop_before(state.translog.generation)?;
        state.pending.clear();
        state.pending_bytes = 0;
        state.dirty = false;
        Ok(())
    }

    fn save_tombstones(&self, state: &mut State) -> Result<()> {
        let mut tombstones: Tombstones = state
            .versions
            .iter()
            .filter(|(_, entry)| !entry.live)
            .map(|(id, entry)| (id.clone(), entry.version, entry.seq_no))
            .collect();
        if tombstones.len() > TOMBSTONES_MAX {
            tombstones.sort_unstable_by_key(|(_, _, seq_no)| *seq_no);
            for (id, _, _) in tombstones.drain(..tombstones.len() - TOMBSTONES_MAX) {
                state.versions.remove(&id);
            }
        }
        store::write_json(&self.folder.join("tombstones.json"), &tombstones)?;
        state.tombstones_changed = false;
        Ok(())
    }

    /// Refreshes where the interval has passed, syncs the translog where it is synced by time, and lets an idle writer go.
    pub(crate) fn tick(&self) -> Result<()> {
        let (interval, sync_interval) = {
            let settings = self.settings.read();
            (settings.refresh_interval(), settings.sync_interval())
        };
        let mut state = self.state.lock();
        if state.refreshed.elapsed() >= sync_interval {
            state.translog.sync()?;
        }
        match interval {
            Some(interval) if state.dirty && state.refreshed.elapsed() >= interval => self.refresh_locked(&mut state),
            _ if !state.dirty && state.written.elapsed() >= WRITER_IDLE => Self::rest(&mut state),
            _ => Ok(()),
        }
    }

    /// Lets go of a writer that has nothing left to commit; the next write makes a new one.
    fn rest(state: &mut State) -> Result<()> {
        if let Some(writer) = state.writer.take() {
            writer.tantivy.wait_merging_threads()?;
        }
        Ok(())
    }

    pub(super) fn save(&self, mapping: &Mapping, settings: &Settings) -> Result<()> {
        let metadata = Metadata {
            name: self.name.clone(),
            uuid: self.uuid.clone(),
            created_ms: self.created_ms,
            settings: settings.clone(),
            mapping: mapping.json(),
            assignments: mapping.assignments().clone(),
        };
        store::write_json(&self.folder.join("index.json"), &metadata)
    }

    pub(crate) fn settings(&self) -> Settings {
        self.settings.read().clone()
    }

    /// `preserve`: what is set stays as it is.
    pub(crate) fn update_settings(&self, body: &Value, preserve: bool) -> Result<()> {
        // Mapping before settings: the order in which every holder of both takes them.
        let mapping = self.mapping.write();
        let mut settings = self.settings.write();
        let updated = if preserve { settings.update(&settings.only_new(body))? } else { settings.update(body)? };
        self.save(&mapping, &updated)?;
        *settings = updated;
        Ok(())
    }

    /// What a search that starts now sees.
    pub(crate) fn view(&self) -> View {
        View {
            name: self.name.clone(),
            searcher: self.reader.searcher(),
            mapping: self.mapping(),
            registry: Arc::clone(&self.registry),
            schema: Arc::clone(&self.schema),
            max_result_window: self.settings.read().max_result_window(),
            max_analyzed_offset: self.settings.read().max_analyzed_offset(),
            vectors: Arc::clone(&self.vectors),
        }
    }

    /// Stops the writer and removes the files. Searches that hold a view go on.
    pub(crate) fn remove(&self) -> Result<()> {
        let mut state = self.state.lock();
        state.closed = true;
        state.writer = None;
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::from(error)),
            _ => Ok(()),
        }
    }

    /// Flushes and stops the writer; the index cannot be written to afterwards.
    pub(crate) fn close(&self) -> Result<()> {
        let mut state = self.state.lock();
        self.refresh_locked(&mut state)?;
        state.closed = true;
        state.writer = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::index::Expect;

    #[test]
    fn a_writer_that_rests_is_made_anew_by_the_next_write() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::create(folder.path(), "i", "uuid", 0, Settings::default(), &Value::Null).unwrap();
        for round in 0..3 {
            let id = round.to_string();
            index.put(&id, br#"{"text": "some words"}"#, Expect::Any).unwrap();
            index.put("same", br#"{"text": "other words"}"#, Expect::Any).unwrap();
            index.refresh().unwrap();
            Index::rest(&mut index.state.lock()).unwrap();
            assert!(index.state.lock().writer.is_none());
            assert_eq!(index.document_count(), round + 2);
        }
        assert_eq!(index.get("same").unwrap().map(|stored| stored.version), Some(3));
    }
}
