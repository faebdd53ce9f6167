//! Messages in a file, one a line: on the disk before their sender is answered, so that whatever was taken is there after a
//! process was killed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::log::Entry;
use super::sent::Sent;

/// The file's name in its folder.
const FILE: &str = "messages.jsonl";

/// Larger it does not grow: further messages are refused until it is emptied.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Messages that wait for the disk at most; further senders wait before.
const WAITING_MAX: usize = 1_024;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path}")]
pub struct JournalError {
    /// What was opened.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: std::io::Error,
}

/// The file is full, or the disk does not take it: the message cannot be kept and so is not taken.
#[derive(Debug, thiserror::Error)]
#[error("the message cannot be kept")]
pub(crate) struct Full;

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    sent: Sent,
    raw: String,
}

enum Job {
    Keep(Vec<u8>, oneshot::Sender<bool>),
    Empty(oneshot::Sender<bool>),
}

/// The file, by a thread that writes what waits and syncs once for all of it.
#[derive(Debug, Clone)]
pub(crate) struct Journal(mpsc::Sender<Job>);

impl Journal {
    /// Opens the file of a folder, which is made if it is not there; `each` gets what it has, oldest first.
    pub(crate) fn open(folder: &Path, each: impl FnMut(Entry)) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let failed = |source| JournalError { path: path.clone(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let bytes = read(&file, each).map_err(failed)?;
        // What was cut in the middle when the process died was never answered.
        file.set_len(bytes).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        let (sender, jobs) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("notify-journal".to_owned())
            .spawn(move || write(file, bytes, jobs))
            .map_err(failed)?;
        Ok(Self(sender))
    }

    /// Returns when the message is on the disk.
    pub(crate) async fn keep(&self, entry: &Entry) -> Result<(), Full> {
        let line = Line { sent: entry.first().clone(), raw: STANDARD.encode(&entry.raw) };
        let mut line = serde_json::to_vec(&line).map_err(|_| Full)?;
        line.push(b'\n');
        self.job(|done| Job::Keep(line, done)).await
    }

    pub(crate) async fn empty(&self) -> Result<(), Full> {
        self.job(Job::Empty).await
    }

    async fn job(&self, job: impl FnOnce(oneshot::Sender<bool>) -> Job) -> Result<(), Full> {
        let (done, ended) = oneshot::channel();
        self.0.send(job(done)).await.map_err(|_| Full)?;
        if ended.await.unwrap_or(false) { Ok(()) } else { Err(Full) }
    }
}

/// Where the last whole line of the file ends.
fn read(file: &File, mut each: impl FnMut(Entry)) -> std::io::Result<u64> {
    let (mut bytes, mut line) = (0, Vec::new());
    let mut reader = BufReader::new(file);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        let Ok(Line { sent, raw }) = serde_json::from_slice::<Line>(&line) else { break };
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        bytes += read as u64;
        each(Entry::new(sent, Bytes::from(STANDARD.decode(raw).unwrap_or_default())));
    }
    Ok(bytes)
}

fn write(mut file: File, mut bytes: u64, mut jobs: mpsc::Receiver<Job>) {
    let mut waiting = Vec::new();
    while let Some(job) = jobs.blocking_recv() {
        waiting.push(job);
        while let Ok(job) = jobs.try_recv() {
            waiting.push(job);
        }
        let mut done = Vec::with_capacity(waiting.len());
        let mut written = Ok(());
        for job in waiting.drain(..) {
            match job {
                Job::Keep(line, sender) => {
                    let fits = bytes + line.len() as u64 <= FILE_BYTES_MAX;
                    if fits && written.is_ok() {
                        written = file.write_all(&line);
                        bytes += line.len() as u64;
                    }
                    done.push((sender, fits));
                }
                Job::Empty(sender) => {
                    if written.is_ok() {
                        written = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map(|_| ());
                        bytes = 0;
                    }
                    done.push((sender, true));
                }
            }
        }
        if let Err(error) = written.and_then(|()| file.sync_data()) {
            tracing::error!(%error, "fake notification providers: the disk does not take a message");
            // A half-written line would hide what follows it: nothing more is written.
            for (sender, _) in done {
                let _ = sender.send(false);
            }
            return;
        }
        for (sender, kept) in done {
            // Whoever does not wait any more is not told.
            let _ = sender.send(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Kind, Origin, State};

    fn entry(number: u64) -> Entry {
        let json = serde_json::json!({
            "number": number, "at": 1, "provider": "smtp", "kind": Kind::Mail, "state": State::Accepted, "id": "a", "to": ["b"],
            "from": "c", "subject": "", "text": "line\nline", "html": "", "headers": [["A", "b"]], "attachments": [], "tags": {},
            "body": null, "origin": Origin::default(), "status": 250, "refused": null, "fault": null, "callbacks": [],
        });
        Entry::new(serde_json::from_value(json).unwrap(), Bytes::from_static(b"\x00raw\n"))
    }

    #[tokio::test]
    async fn what_was_kept_is_there_again_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let mut found = Vec::new();
            let journal = Journal::open(folder.path(), |entry| found.push(entry)).unwrap();
            (journal, found)
        };
        let (journal, before) = open();
        assert!(before.is_empty());
        journal.keep(&entry(1)).await.unwrap();
        journal.keep(&entry(2)).await.unwrap();
        let path = folder.path().join(FILE);
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(br#"{"number": 3, "#).unwrap();
        let (journal, found) = open();
        assert_eq!(found.iter().map(|entry| entry.first().number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((found[0].first(), &found[0].raw), (entry(1).first(), &entry(1).raw));
        journal.keep(&entry(4)).await.unwrap();
        let (journal, found) = open();
        assert_eq!(found.iter().map(|entry| entry.first().number).collect::<Vec<_>>(), [1, 2, 4]);
        journal.empty().await.unwrap();
        assert!(open().1.is_empty());
    }
}
