//! Installations of what is measured beside ours.

use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// An installation that is not done by then is given up.
const INSTALL_MAX: Duration = Duration::from_secs(15 * 60);
/// Of what a failed step said.
const SAID_BYTES: usize = 400;

/// Runs one; an error tells the end of what it said.
pub(crate) async fn step(command: &mut Command) -> anyhow::Result<()> {
    eprintln!("installing: {:?}", command.as_std());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let ended = tokio::time::timeout(INSTALL_MAX, command.output()).await;
    let output = ended.context("its installation takes too long")?.context("its installer cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let from = said.char_indices().map(|(at, _)| at).find(|at| said.len() - at <= SAID_BYTES).unwrap_or_default();
    anyhow::ensure!(output.status.success(), "its installation failed: {}", said[from..].trim());
    Ok(())
}

/// A Python with these packages in it.
pub(crate) async fn python(folder: &Path, name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let home = folder.join(name);
    let done = home.join("installed");
    if !done.exists() {
        step(Command::new("python3").args(["-m", "venv"]).arg(&home)).await?;
        step(Command::new(home.join("bin/pip")).args(["install", "-q"]).args(packages)).await?;
        std::fs::write(done, packages.join("\n"))?;
    }
    Ok(home.join("bin/python"))
}
