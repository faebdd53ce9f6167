//! The commands, and what each does.

use super::{ai, dead, fault, import, lifecycle, realtime, reindex, status, token, up, workflow};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Where an emulator keeps its data unless told otherwise: below the project.
const DATA_DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.octavo");

/// Octavo on one machine: documents, search and AI, with every engine they need
#[derive(Debug, Parser)]
#[command(name = "octavo", bin_name = "cargo octavo", version)]
struct Arguments {
    /// The folder that the emulator keeps its data in
    #[arg(long, global = true, default_value = DATA_DEFAULT, value_name = "DIR")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(Box<up::Arguments>),
    Import(import::Arguments),
    Token(token::Arguments),
    Status(status::Arguments),
    Dead(dead::Arguments),
    Fault(fault::Arguments),
    Ai(ai::Arguments),
    Lifecycle(lifecycle::Arguments),
    Realtime(realtime::Arguments),
    Reindex(Box<reindex::Arguments>),
    Workflow(workflow::Arguments),
}

/// Reads the process's arguments and does what they say.
pub async fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let data = arguments.data;
    match arguments.command {
        Command::Up(up) => up::up(&data, *up).await,
        Command::Import(import) => import::import(&data, &import).await,
        Command::Token(token) => token::token(&data, &token),
        Command::Status(status) => status::status(&data, &status).await,
        Command::Dead(dead) => dead::dead(&data, &dead).await,
        Command::Fault(fault) => fault::fault_command(&data, &fault).await,
        Command::Ai(ai) => ai::ai(&data, &ai).await,
        Command::Lifecycle(lifecycle) => lifecycle::lifecycle(&data, &lifecycle).await,
        Command::Realtime(realtime) => realtime::realtime(&data, &realtime).await,
        Command::Reindex(reindex) => reindex::reindex(&data, &reindex).await,
        Command::Workflow(workflow) => workflow::workflow(&data, &workflow).await,
    }
}
