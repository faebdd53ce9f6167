//! Where a running emulator is: written when it is ready, so that the other commands find it.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

const NAME: &str = "run.json";

/// What the other commands need to know of a running emulator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunFile {
    /// The emulator's process.
    pub(crate) pid: u32,
    /// The address of the HTTP API and the console.
    pub(crate) url: String,
}

impl RunFile {
    /// Writes it into the data folder, whole or not at all.
    pub(crate) fn write(&self, data: &Path) -> anyhow::Result<()> {
        let fresh = data.join("run.json.new");
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, data.join(NAME))?;
        Ok(())
    }

    /// The emulator that runs on the data folder.
    pub(crate) fn read(data: &Path) -> anyhow::Result<Self> {
        let none = || format!("no emulator runs on {}: start one with `cargo octavo up`", data.display());
        let bytes = fs::read(data.join(NAME)).with_context(none)?;
        let run: Self = serde_json::from_slice(&bytes).with_context(none)?;
        if !Path::new(&format!("/proc/{}", run.pid)).exists() && cfg!(target_os = "linux") {
            anyhow::bail!(none());
        }
        Ok(run)
    }

    /// Removes it.
    pub(crate) fn remove(data: &Path) {
        let _ = fs::remove_file(data.join(NAME));
    }
}
