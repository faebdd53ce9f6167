//! The file, and what is to be written to it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::snapshot;
use crate::keyspace::Db;
use crate::number::i64_bytes;
use crate::resp::encode_command;

/// A log smaller than this is not worth compacting, in bytes.
const REWRITE_FLOOR_BYTES: u64 = 64 * 1024 * 1024;

const FILE_NAME: &str = "appendonly.aof";
const LOCK_NAME: &str = "appendonly.lock";

/// The open log.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Arc<File>,
    /// Held as long as the journal: a second server in the same folder would destroy the log.
    _lock: File,
    /// Closed units, not yet written.
    buffer: Vec<u8>,
    /// The unit that is being built.
    unit: Vec<u8>,
    unit_commands: usize,
    /// The database that the log has selected last; unknown after a fault.
    db: Option<usize>,
    size: u64,
    size_after_rewrite: u64,
    unsynced: Arc<AtomicBool>,
}

/// Syncs the log to the disk; kept by a task that does so every second.
#[derive(Debug)]
pub(crate) struct Syncer {
    file: Arc<File>,
    unsynced: Arc<AtomicBool>,
}

impl Syncer {
    /// Blocks until the disk has what was written so far.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if self.unsynced.swap(false, Ordering::AcqRel) { self.file.sync_data() } else { Ok(()) }
    }
}

impl Journal {
    /// The file of the log in a folder.
    pub(crate) fn path_in(folder: &Path) -> PathBuf {
        folder.join(FILE_NAME)
    }

    /// Takes the folder for this server. Errors with `WouldBlock` when another one has it.
    pub(crate) fn lock(folder: &Path) -> io::Result<File> {
        std::fs::create_dir_all(folder)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK_NAME))?;
        lock.try_lock()?;
        Ok(lock)
    }

    /// Opens the log for appending, behind `size` good bytes; what is behind them is cut off.
    pub(crate) fn open(folder: &Path, size: u64, lock: File) -> io::Result<Self> {
        let path = Self::path_in(folder);
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(size)?;
        Ok(Self {
            path,
            file: Arc::new(file),
            _lock: lock,
            buffer: Vec::new(),
            unit: Vec::new(),
            unit_commands: 0,
            db: None,
            size,
            size_after_rewrite: size,
            unsynced: Arc::new(AtomicBool::new(false)),
        })
    }

    /// Adds a command to the present unit.
    pub(crate) fn append(&mut self, db: usize, args: &[Bytes]) {
        if self.db != Some(db) {
            let index = i64_bytes(i64::try_from(db).unwrap_or(0));
            encode_command(&mut self.unit, &[&b"SELECT"[..], &index]);
            self.db = Some(db);
        }
        encode_command(&mut self.unit, args);
        self.unit_commands += 1;
    }

    /// Closes the unit: all of its commands are replayed, or none.
    pub(crate) fn end_unit(&mut self) {
        match self.unit_commands {
            0 => return,
            1 => self.buffer.append(&mut self.unit),
            _ => {
                encode_command(&mut self.buffer, &[b"MULTI"]);
                self.buffer.append(&mut self.unit);
                encode_command(&mut self.buffer, &[b"EXEC"]);
            }
        }
        self.unit_commands = 0;
    }

    /// Hands the closed units to the operating system. After an error nothing of them is in the file, and they are
    /// tried again with the next call.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if let Err(error) = (&*self.file).write_all(&self.buffer) {
            // A half-written unit in the middle would make all behind it unreadable.
            self.file.set_len(self.size)?;
            return Err(error);
        }
        self.size += self.buffer.len() as u64;
        self.buffer.clear();
        self.unsynced.store(true, Ordering::Release);
        Ok(())
    }

    pub(crate) fn syncer(&self) -> Syncer {
        Syncer { file: Arc::clone(&self.file), unsynced: Arc::clone(&self.unsynced) }
    }

    /// Whether the log has doubled since it was last compacted.
    pub(crate) fn wants_rewrite(&self) -> bool {
        self.size > REWRITE_FLOOR_BYTES && self.size / 2 > self.size_after_rewrite
    }

    /// Replaces the log by the shortest one that gives the present data. On an error the old log stays in use. The
    /// executor stands still meanwhile: roughly a second for each 200 MB of data.
    pub(crate) fn rewrite(&mut self, dbs: &[Db]) -> io::Result<()> {
        self.flush()?;
        let fresh_path = self.path.with_extension("rewrite");
        let fresh = File::create(&fresh_path)?;
        let mut writer = io::BufWriter::with_capacity(1 << 20, fresh);
        snapshot::write(&mut writer, dbs)?;
        writer.flush()?;
        writer.get_ref().sync_all()?;
        std::fs::rename(&fresh_path, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        let file = OpenOptions::new().append(true).open(&self.path)?;
        self.size = file.metadata()?.len();
        self.size_after_rewrite = self.size;
        self.file = Arc::new(file);
        self.db = None;
        Ok(())
    }
}
