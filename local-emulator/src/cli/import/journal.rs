//! What has been imported: one line a file, appended as it is done, so that an import can be stopped and resumed.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// A file that became a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The file's path below the imported folder.
    pub(super) path: String,
    /// Bytes of the file, and when it was changed last, in nanoseconds since 1970: if both are as they were, so is it.
    pub(super) size: u64,
    pub(super) modified_ns: u128,
    /// BLAKE3 of what was sent.
    pub(super) hash: String,
    /// The document.
    pub(super) document: String,
}

pub(super) struct Journal {
    file: File,
    known: HashMap<String, Entry>,
}

impl Journal {
    /// Opens the journal at `path`; the newest line of a file counts, and a last line that was cut by a crash does not.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut known = HashMap::new();
        let mut ends_whole = true;
        if let Ok(file) = File::open(path) {
            let mut reader = BufReader::new(file);
            let mut line = String::new();
            while reader.read_line(&mut line)? > 0 {
                ends_whole = line.ends_with('\n');
                if let Ok(entry) = serde_json::from_str::<Entry>(&line) {
                    known.insert(entry.path.clone(), entry);
                }
                line.clear();
            }
        }
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
        if !ends_whole {
            file.write_all(b"\n")?;
        }
        Ok(Self { file, known })
    }

    pub(super) fn get(&self, path: &str) -> Option<&Entry> {
        self.known.get(path)
    }

    pub(super) fn add(&mut self, entry: Entry) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.known.insert(entry.path.clone(), entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_line_costs_one_file_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let entry = |path: &str, hash: &str| Entry {
            path: path.to_owned(),
            size: 1,
            modified_ns: 2,
            hash: hash.to_owned(),
            document: "d".to_owned(),
        };
        let mut journal = Journal::open(&path).unwrap();
        journal.add(entry("a", "1")).unwrap();
        journal.add(entry("a", "2")).unwrap();
        journal.add(entry("b", "1")).unwrap();
        drop(journal);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(journal.get("a").map(|entry| entry.hash.as_str()), Some("2"));
        assert_eq!(journal.get("b"), None);
        journal.add(entry("b", "3")).unwrap();
        drop(journal);
        assert_eq!(Journal::open(&path).unwrap().get("b").map(|entry| entry.hash.as_str()), Some("3"));
    }
}
