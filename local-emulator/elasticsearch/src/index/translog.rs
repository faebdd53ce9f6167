//! The write-ahead log of an index.
//!
//! A generation is one file of records: length (u32, little endian), CRC-32 of the payload (u32), payload. The payload
//! is a JSON header, a line feed, and the document's source (nothing for a delete). A record that was cut off by a
//! crash ends the log: it was never acknowledged.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Guards the reader against a length that a damaged file makes up. In bytes.
const RECORD_BYTES_MAX: usize = 256 * 1024 * 1024;

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) seq_no: u64,
    pub(super) delete: bool,
}

pub(super) struct Translog {
    folder: PathBuf,
    pub(super) generation: u64,
    file: BufWriter<File>,
    unsynced: bool,
    pub(super) bytes: u64,
}

fn path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("translog-{generation}.log"))
}

fn open(folder: &Path, generation: u64) -> std::io::Result<BufWriter<File>> {
    let file = OpenOptions::new().create(true).write(true).truncate(true).open(path(folder, generation))?;
    Ok(BufWriter::with_capacity(256 * 1024, file))
}

/// The generations that a folder has, in order.
pub(super) fn generations(folder: &Path) -> std::io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number: Option<u64> =
            name.to_str().and_then(|name| name.strip_prefix("translog-")?.strip_suffix(".log")?.parse().ok());
        found.extend(number);
    }
    found.sort_unstable();
    Ok(found)
}

/// The whole records of one generation.
pub(super) fn read(folder: &Path, generation: u64) -> std::io::Result<Vec<(Record, Vec<u8>)>> {
    let mut bytes = Vec::new();
    File::open(path(folder, generation))?.read_to_end(&mut bytes)?;
    let mut records = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((header, tail)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let crc = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        if length > RECORD_BYTES_MAX {
            break;
        }
        let Some((payload, next)) = tail.split_at_checked(length) else { break };
        if crc32fast::hash(payload) != crc {
            break;
        }
        let Some(line) = payload.iter().position(|&byte| byte == b'\n') else { break };
        let Ok(record) = serde_json::from_slice(&payload[..line]) else { break };
        records.push((record, payload[line + 1..].to_vec()));
        rest = next;
    }
    Ok(records)
}

impl Translog {
    /// Begins a new generation; earlier ones stay until [`Translog::drop_before`].
    pub(super) fn create(folder: &Path, generation: u64) -> std::io::Result<Self> {
        Ok(Self { folder: folder.to_owned(), generation, file: open(folder, generation)?, unsynced: false, bytes: 0 })
    }

    pub(super) fn append(&mut self, record: &Record, source: &[u8]) -> std::io::Result<()> {
        let mut header = serde_json::to_vec(record)?;
        header.push(b'\n');
        let length = u32::try_from(header.len() + source.len()).map_err(std::io::Error::other)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header);
        crc.update(source);
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(&crc.finalize().to_le_bytes())?;
        self.file.write_all(&header)?;
        self.file.write_all(source)?;
        self.bytes += u64::from(length) + 8;
        self.unsynced = true;
        Ok(())
    }

    /// Hands what was appended to the operating system: it then survives the death of this process.
    pub(super) fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }

    /// As [`Translog::flush`], and waits for the disk: it then survives the machine's.
    pub(super) fn sync(&mut self) -> std::io::Result<()> {
        if self.unsynced {
            self.file.flush()?;
            self.file.get_ref().sync_data()?;
            self.unsynced = false;
        }
        Ok(())
    }

    pub(super) fn rotate(&mut self) -> std::io::Result<()> {
        self.sync()?;
        self.file = open(&self.folder, self.generation + 1)?;
        self.generation += 1;
        self.bytes = 0;
        Ok(())
    }

    pub(super) fn drop_before(&self, generation: u64) -> std::io::Result<()> {
        for old in generations(&self.folder)?.into_iter().filter(|&old| old < generation) {
            std::fs::remove_file(path(&self.folder, old))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq_no: u64) -> Record {
        Record { id: format!("d{seq_no}"), version: 1, seq_no, delete: false }
    }

    #[test]
    fn crc32_is_the_standard_one() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_log_cut_at_any_byte_yields_its_whole_records() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Translog::create(folder.path(), 1).unwrap();
        for seq_no in 0..3 {
            log.append(&record(seq_no), b"{\"a\":\n1}").unwrap();
        }
        log.sync().unwrap();
        let whole = std::fs::read(path(folder.path(), 1)).unwrap();
        let size = whole.len() / 3;
        for cut in 0..=whole.len() {
            std::fs::write(path(folder.path(), 2), &whole[..cut]).unwrap();
            let records = read(folder.path(), 2).unwrap();
            assert_eq!(records.len(), cut / size, "cut at {cut}");
            assert!(records.iter().all(|(_, source)| source == b"{\"a\":\n1}"));
        }
    }

    #[test]
    fn a_damaged_record_ends_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Translog::create(folder.path(), 1).unwrap();
        log.append(&record(0), b"{}").unwrap();
        log.append(&record(1), b"{}").unwrap();
        log.sync().unwrap();
        let mut bytes = std::fs::read(path(folder.path(), 1)).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(path(folder.path(), 1), bytes).unwrap();
        assert_eq!(read(folder.path(), 1).unwrap().len(), 1);
    }
}
