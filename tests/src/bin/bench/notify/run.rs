//! Everything, in order.

use super::peers::Peer;
use super::{approvals, decided, decision, inbox, inboxes, layers, mails};
use crate::database::Server;
use anyhow::Context;
use clap::ValueEnum;
use std::path::Path;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// From a decision until the workflow's next function runs
    Decision,
    /// What a decision asks of the store
    Decided,
    /// From a notification until it is in an open window
    Inbox,
    /// Mails a second: each layer alone, beside the peers
    Layers,
    /// Mails a second, through everything
    Mail,
    /// A million notifications and a million approvals
    Stored,
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
    if wants(Part::Decision) {
        decision::measure(&binaries, wanted.seconds).await?;
    }
    if wants(Part::Decided) {
        let server = Server::start().await?;
        decided::measure(&server).await?;
        server.stop().await?;
    }
    if wants(Part::Inbox) {
        inbox::measure(&binaries, wanted.seconds).await?;
    }
    if wants(Part::Layers) {
        let server = Server::start().await?;
        layers::measure(&server, &folder, &wanted.peers).await?;
        server.stop().await?;
    }
    if wants(Part::Mail) {
        mails::measure(&binaries).await?;
    }
    if wants(Part::Stored) {
        let server = Server::start().await?;
        inboxes::measure(&server).await?;
        approvals::measure(&server).await?;
        server.stop().await?;
    }
    Ok(())
}
