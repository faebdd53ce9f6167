//! Start to ready of the whole emulator.

use crate::figures::Figures;
use anyhow::Context;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const RUNS: usize = 5;

pub(crate) async fn measure(octavo: &Path) -> anyhow::Result<()> {
    for (name, fresh) in [("with a new data folder", true), ("with a known data folder", false)] {
        let known = tempfile::tempdir()?;
        let mut figures = Figures::new();
        for run in 0..=RUNS {
            let own = tempfile::tempdir()?;
            let data = if fresh { own.path() } else { known.path() };
            let started = Instant::now();
            let mut child = Command::new(octavo)
                .arg("--data")
                .arg(data)
                .args(["up", "--port", "0", "--no-build"])
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()?;
            let mut lines = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
            while let Some(line) = lines.next_line().await? {
                if line.contains("ready in") {
                    break;
                }
            }
            let took = started.elapsed();
            let pid = child.id().context("it runs")?;
            Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
            child.wait().await?;
            // The first run of a known folder makes it.
            if fresh || run > 0 {
                figures.add(took);
            }
        }
        figures.line(&format!("emulator, start to ready {name}"));
    }
    Ok(())
}
