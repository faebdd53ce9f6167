//! Peers that are a library: a script of ours in their language is both the service and its load.

use super::peer::{IN_FLIGHT, Row};
use crate::figures::Figures;
use crate::load::WARM_UP;
use anyhow::Context;
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Start and end of a script, beside its loads.
const BESIDE: Duration = Duration::from_secs(60);

/// Runs it with the database, the seconds of a load and the numbers in flight; reads a line of JSON for each of these.
pub(super) async fn run(command: &mut Command, database: &str, seconds: u64) -> anyhow::Result<Vec<Row>> {
    command.arg(database).arg(seconds.to_string()).args(IN_FLIGHT.map(|number| number.to_string()));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    let loads = (Duration::from_secs(seconds) + WARM_UP) * u32::try_from(IN_FLIGHT.len())?;
    let output = tokio::time::timeout(loads + BESIDE, command.output()).await.context("it takes too long")??;
    anyhow::ensure!(output.status.success(), "it ended with {}", output.status);
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{"));
    let rows = lines.map(row).collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(rows.len() == IN_FLIGHT.len(), "it measured {} of {} loads", rows.len(), IN_FLIGHT.len());
    Ok(rows)
}

fn row(line: &[u8]) -> anyhow::Result<Row> {
    let said: Value = serde_json::from_slice(line)?;
    let took = said["us"].as_array().context("a load says what its workflows took")?;
    let mut figures = Figures::new();
    for us in took {
        figures.add(Duration::from_micros(us.as_u64().context("in whole microseconds")?));
    }
    let in_flight = said["in_flight"].as_u64().context("a load says how many were in flight")?;
    let lasted = said["seconds"].as_f64().context("a load says how long it was")?;
    Ok(Row { in_flight: usize::try_from(in_flight)?, rate: figures.count() as f64 / lasted, figures })
}
