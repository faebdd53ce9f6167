//! Import until searchable, then searches over what was imported.

use anyhow::Context;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

pub(crate) async fn measure(octavo: &Path, folder: &Path) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut emulator = Command::new(octavo)
        .arg("--data")
        .arg(data.path())
        .args(["up", "--port", "0", "--no-build"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(emulator.stdout.take().context("its output is piped")?).lines();
    while let Some(line) = lines.next_line().await? {
        if line.contains("ready in") {
            break;
        }
    }
    let imported = Command::new(octavo).arg("--data").arg(data.path()).arg("import").arg(folder).status().await?;
    anyhow::ensure!(imported.success(), "the import failed");
    let run: serde_json::Value = serde_json::from_slice(&std::fs::read(data.path().join("run.json"))?)?;
    let url = run["url"].as_str().context("the emulator says where it is")?;
    let token = Command::new(octavo)
        .arg("--data")
        .arg(data.path())
        .args(["token", "--tenant", "acme", "--user", "ada"])
        .output()
        .await?;
    crate::search::measure(url, String::from_utf8(token.stdout)?.trim()).await?;
    let pid = emulator.id().context("it runs")?;
    memory(pid)?;
    Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
    emulator.wait().await?;
    Ok(())
}

/// The emulator's own memory; its children's are counted by the system's tools.
fn memory(pid: u32) -> anyhow::Result<()> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown");
    println!("emulator process alone, after the import: {line}");
    Ok(())
}
