//! Everything, in order.

use super::interpreter;
use super::peers::Peer;
use super::{emulated, steps, stored, tasks, transitions};
use crate::database::Server;
use anyhow::Context;
use clap::ValueEnum;
use std::path::Path;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The interpreter alone
    Interpreter,
    /// Transitions a second
    Transitions,
    /// Tasks a second, and how soon the first one begins
    Tasks,
    /// A million stored executions
    Stored,
    /// Through the emulator, over HTTP
    Http,
    /// Three steps, beside the peers
    Steps,
}

/// How much of it.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Nothing measures everything.
    pub(crate) parts: Vec<Part>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) seconds: u64,
}

/// Measures with the release binaries in `binaries`.
pub(crate) async fn measure(binaries: &Path, wanted: Wanted) -> anyhow::Result<()> {
    // Peers run in folders of their own.
    let binaries = binaries.canonicalize().with_context(|| binaries.display().to_string())?;
    let folder = binaries.parent().context("the binaries lie below target")?.join("bench");
    let wants = |part: Part| wanted.parts.is_empty() || wanted.parts.contains(&part);
    if wants(Part::Interpreter) {
        interpreter::measure()?;
    }
    let server = Server::start().await?;
    if wants(Part::Transitions) {
        transitions::measure(&server, wanted.seconds).await?;
    }
    if wants(Part::Tasks) {
        tasks::measure(&server, &binaries, wanted.seconds).await?;
    }
    if wants(Part::Stored) {
        stored::measure(&server).await?;
    }
    if wants(Part::Steps) {
        steps::measure(&server, &binaries, &folder, &wanted.peers, wanted.seconds).await?;
    }
    server.stop().await?;
    if wants(Part::Http) {
        emulated::measure(&binaries, wanted.seconds).await?;
    }
    Ok(())
}
