//! Tasks of this repository that are not the product: `cargo xtask tidy`, `cargo xtask bench`, `cargo xtask relevance`.
//!
//! It knows the repository's layout and nothing of what the crates do. One more task is one more file or folder here
//! and one more case of [`Task`].

mod bench;
mod cargo;
mod faults;
mod relevance;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "xtask", about = "Tasks of this repository that are not the product")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the rules of the house that the compiler does not check; exits with 1 where one is broken.
    Tidy,
    /// Measure what BENCHMARKS.md keeps; takes minutes, and wants the machine for itself.
    Bench {
        /// What to measure; everything if nothing is named
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<bench::Part>,
        /// The folder that is imported; the toolchain's documentation if not given
        #[arg(long)]
        folder: Option<PathBuf>,
        /// The address of `cargo lambda watch` running the echo example, to measure beside ours
        #[arg(long)]
        watch: Option<String>,
    },
    /// Let anything die while people work, in runs that a seed decides; fails where something was lost, or shown to the wrong ones.
    Faults {
        /// The seed of the first run; drawn, and printed, if not given. Alone it makes that run again
        #[arg(long)]
        seed: Option<u64>,
        /// How many runs, each with the next number as its seed; a few if not given
        #[arg(long)]
        runs: Option<u64>,
    },
    /// Measure how good the order of hits is; fails where more than 2% of a figure was lost.
    Relevance {
        /// What the evaluation is told: `--short`, `--accept`, `--elasticsearch URL`, `--help` and more
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().task {
        Task::Bench { only, folder, watch } => bench::run(&workspace(), bench::Wanted { only, folder, watch }),
        Task::Faults { seed, runs } => faults::run(&workspace(), seed, runs),
        Task::Relevance { arguments } => relevance::run(&workspace(), &arguments),
        Task::Tidy => {
            let findings = tidy::run(&workspace())?;
            for finding in &findings {
                println!("{finding}");
            }
            if findings.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            println!("\n{} finding(s)", findings.len());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The folder of the workspace, wherever the task was started.
fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the task lies in infra/xtask of the workspace").to_path_buf()
}
