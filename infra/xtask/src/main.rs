//! Tasks of this repository that are not the product: `cargo xtask tidy`.
//!
//! It knows the repository's layout and nothing of what the crates do. One more task is one more folder beside `tidy`
//! and one more case of [`Task`].

mod tidy;

use std::path::Path;
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
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().task {
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
fn workspace() -> std::path::PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the task lies in infra/xtask of the workspace").to_path_buf()
}
