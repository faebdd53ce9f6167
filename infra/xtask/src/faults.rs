//! `cargo xtask faults`: seeded runs in which everything dies, as many as one wants (`tests/tests/faults/seeded.rs`).

use anyhow::{Context, bail};
use std::path::Path;
use std::process::Command;

/// The test that makes the runs.
const TEST: &str = "whatever_dies_nothing_accepted_is_lost_and_nothing_is_shown_that_was_unshared";

/// Makes `runs` runs, the first with `seed` (drawn, and printed, if none is given), each other with the next number.
pub(crate) fn run(workspace: &Path, seed: Option<u64>, runs: Option<u64>) -> anyhow::Result<()> {
    let mut command = Command::new("cargo");
    command.args(["test", "--package", "octavo-tests", "--test", "faults", "--", "--nocapture", TEST]);
    command.current_dir(workspace);
    if let Some(seed) = seed {
        command.env("OCTAVO_TEST_SEED", seed.to_string());
    }
    // One seed that is asked for is one run.
    if let Some(runs) = runs.or(seed.map(|_| 1)) {
        command.env("OCTAVO_TEST_RUNS", runs.to_string());
    }
    let status = command.status().context("cargo cannot be started")?;
    if !status.success() {
        bail!("a run found something wrong: its seed is above");
    }
    Ok(())
}
