//! What the server wrote: a bounded file, and the last lines in memory for the console.

use crate::Error;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tokio::sync::broadcast;

/// Bytes of the log file; then it becomes the one before, and the one before goes.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Lines kept in memory.
const LINES_MAX: usize = 500;
/// Bytes of one line; the rest of it is dropped.
const LINE_BYTES_MAX: u64 = 16 * 1024;
/// Lines that a slow follower may be behind before it misses some.
const FOLLOWER_LINES_MAX: usize = 256;
/// Lines shown in an error.
const TAIL_LINES: usize = 8;

pub(crate) struct Log {
    inner: Mutex<Inner>,
    follow: broadcast::Sender<String>,
}

struct Inner {
    path: PathBuf,
    file: File,
    bytes: u64,
    lines: VecDeque<String>,
}

impl Log {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(Error::io("open", path))?;
        let bytes = file.metadata().map_err(Error::io("look at", path))?.len();
        let inner = Inner { path: path.to_owned(), file, bytes, lines: VecDeque::new() };
        Ok(Self { inner: Mutex::new(inner), follow: broadcast::Sender::new(FOLLOWER_LINES_MAX) })
    }

    /// Takes lines until the other side closes.
    pub(crate) fn drain(&self, source: impl Read) {
        let mut source = BufReader::new(source);
        loop {
            let mut line = Vec::new();
            match source.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    if line.last() != Some(&b'\n') && source.skip_until(b'\n').is_err() {
                        return;
                    }
                    self.line(String::from_utf8_lossy(&line).trim_end());
                }
            }
        }
    }

    pub(crate) fn line(&self, line: &str) {
        tracing::debug!(target: "postgres", "{line}");
        self.inner.lock().write(line);
        // Nobody listening is no error.
        let _ = self.follow.send(line.to_owned());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.inner.lock().lines.iter().cloned().collect()
    }

    pub(crate) fn follow(&self) -> broadcast::Receiver<String> {
        self.follow.subscribe()
    }

    /// The last lines in one, for an error.
    pub(crate) fn tail(&self) -> String {
        let inner = self.inner.lock();
        let skip = inner.lines.len().saturating_sub(TAIL_LINES);
        inner.lines.iter().skip(skip).map(String::as_str).collect::<Vec<_>>().join(" | ")
    }
}

impl Inner {
    fn write(&mut self, line: &str) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
        if self.bytes >= FILE_BYTES_MAX {
            self.rotate();
        }
        // A full disk must not stop the server's own work, so a log line that cannot be kept is given up.
        if writeln!(self.file, "{line}").is_ok() {
            self.bytes += line.len() as u64 + 1;
        }
    }

    fn rotate(&mut self) {
        let before = self.path.with_added_extension("1");
        if fs::rename(&self.path, before).is_ok()
            && let Ok(file) = OpenOptions::new().append(true).create(true).open(&self.path)
        {
            self.file = file;
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stays_below_its_limit_and_a_long_line_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postgres.log");
        let log = Log::open(&path).unwrap();
        let long = "x".repeat(LINE_BYTES_MAX as usize + 100);
        let source = format!("{long}\nafter\n");
        log.drain(source.as_bytes());
        let lines = log.lines();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len() as u64, LINE_BYTES_MAX);
        assert_eq!(lines[1], "after");

        for _ in 0..=(FILE_BYTES_MAX / LINE_BYTES_MAX) {
            log.line(&lines[0]);
        }
        assert!(path.metadata().unwrap().len() < FILE_BYTES_MAX);
        assert!(folder.path().join("postgres.log.1").metadata().unwrap().len() >= FILE_BYTES_MAX);
        assert_eq!(log.lines().len(), LINES_MAX.min(3 + (FILE_BYTES_MAX / LINE_BYTES_MAX) as usize));
    }
}
