//! `cargo xtask relevance`: builds the evaluation of `infra/relevance` in release and runs it.

use crate::cargo::cargo;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The package whose pages the judged queries are asked of.
const PACKAGE: &str = "postgresql-doc-15";
/// Where it keeps them.
const PAGES: &str = "usr/share/doc/postgresql-doc-15/html";

/// Builds and runs; `arguments` go to the evaluation as they are. Fails where it fails: a figure was lost.
pub(crate) fn run(workspace: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let build = ["build", "--release", "--package", "octavo-relevance"];
    let status = cargo().args(build).current_dir(workspace).status().context("cargo cannot be started")?;
    if !status.success() {
        bail!("the build failed");
    }
    let pages = pages(workspace)?;
    let status = Command::new(workspace.join("target/release/relevance"))
        .arg("--data")
        .arg(workspace.join("infra/relevance"))
        .arg("--postgresql")
        .arg(pages)
        .args(arguments)
        .status()
        .context("the evaluation cannot be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder of the pages: where the package is installed, or unpacked below `target`.
fn pages(workspace: &Path) -> anyhow::Result<PathBuf> {
    let installed = Path::new("/").join(PAGES);
    if installed.is_dir() {
        return Ok(installed);
    }
    let folder = workspace.join("target/relevance");
    let unpacked = folder.join(PAGES);
    if unpacked.is_dir() {
        return Ok(unpacked);
    }
    std::fs::create_dir_all(&folder)?;
    let got = Command::new("apt-get").args(["download", PACKAGE]).current_dir(&folder).status();
    if !got.is_ok_and(|status| status.success()) {
        bail!("{PACKAGE} is not installed and cannot be had by apt-get: its pages are what is searched");
    }
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            let status = Command::new("dpkg-deb").arg("-x").arg(&path).arg(&folder).status();
            if !status.is_ok_and(|status| status.success()) {
                bail!("{} cannot be unpacked", path.display());
            }
        }
    }
    Ok(unpacked)
}
