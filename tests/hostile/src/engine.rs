//! Bodies of searches, to the embedded search engine.

use crate::Run;
use local_emulator_elasticsearch::fuzz::Searched;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Gone when the property is.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An engine of its own in a folder of its own.
pub(crate) fn ready() -> Run {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("octavo-fuzz-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = Folder(std::env::temp_dir().join(name));
    let searched = Searched::new(&folder.0);
    Box::new(move |body| {
        let _ = &folder;
        searched.search(body);
    })
}
