//! Rebuilds when sources are saved.

use crate::cargo;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::mpsc;

/// Editors write a file in several steps, and tools many files: what comes within this is one change.
const QUIET: Duration = Duration::from_millis(150);

/// Watches folders and runs a build after each change, one at a time. Stops when it is dropped.
pub struct Watcher {
    _watcher: RecommendedWatcher,
    task: tokio::task::JoinHandle<()>,
}

impl Watcher {
    /// Watches `folders` for changes of `.rs`, `.toml` and `.sql` files, and runs `cargo ARGUMENTS` after each. The
    /// compiler's output goes to this process's standard error; a failed build leaves the binaries as they are.
    pub fn start(folders: &[PathBuf], arguments: Vec<String>) -> notify::Result<Self> {
        let (changed, mut changes) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let relevant = event.is_ok_and(|event| {
                !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|path| is_source(path))
            });
            if relevant {
                // Full means that a build is due already.
                let _ = changed.try_send(());
            }
        })?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        let task = tokio::spawn(async move {
            while changes.recv().await.is_some() {
                while tokio::time::timeout(QUIET, changes.recv()).await.is_ok_and(|change| change.is_some()) {}
                let status = Command::from(cargo()).args(&arguments).kill_on_drop(true).status().await;
                match status {
                    Ok(status) if status.success() => eprintln!("octavo: rebuilt"),
                    Ok(_) => eprintln!("octavo: the build failed; what runs stays as it is"),
                    Err(error) => eprintln!("octavo: cargo cannot be started: {error}"),
                }
            }
        });
        Ok(Self { _watcher: watcher, task })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn is_source(path: &Path) -> bool {
    let in_target = path.components().any(|part| part.as_os_str() == "target" || part.as_os_str() == ".git");
    !in_target
        && path.extension().is_some_and(|extension| extension == "rs" || extension == "toml" || extension == "sql")
}
