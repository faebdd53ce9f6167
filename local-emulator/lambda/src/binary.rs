//! Whether a function's binary is still the one that was started.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What tells one build from the next. A missing file has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Build {
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Build {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let status = std::fs::metadata(path).ok()?;
        Some(Self { inode: status.ino(), size: status.size(), modified: (status.mtime(), status.mtime_nsec()) })
    }
}
