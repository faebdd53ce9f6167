//! `cargo xtask faults`: seeded runs in which anything dies, as many as one wants (`tests/tests/faults/seeded.rs`).

use crate::cargo::cargo;
use anyhow::Context;
use std::path::Path;
use std::process::ExitCode;

/// The test that makes the runs.
const TEST: &str = "whatever_dies_nothing_accepted_is_lost_and_nothing_is_shown_that_was_unshared";

/// Makes `runs` runs, the first with `seed` (drawn, and printed, if none is given), each other with the next number. Fails where
/// one found something wrong, whose seed is printed.
pub(crate) fn run(workspace: &Path, seed: Option<u64>, runs: Option<u64>) -> anyhow::Result<ExitCode> {
    let mut command = cargo();
    // The whole workspace, as `cargo test` builds it: nothing is built a second time with other features.
    command.args(["test", "--workspace", "--test", "faults", "--", "--nocapture", TEST]).current_dir(workspace);
    if let Some(seed) = seed {
        command.env("OCTAVO_TEST_SEED", seed.to_string());
    }
    // One seed that is asked for is one run.
    if let Some(runs) = runs.or(seed.map(|_| 1)) {
        command.env("OCTAVO_TEST_RUNS", runs.to_string());
    }
    let status = command.status().context("cargo cannot be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
