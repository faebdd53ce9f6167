//! Everything, in order.

use super::peers::{Peer, Running, Server};
use super::platform::Platform;
use super::{drain, groups, idle, nodes, rate, yjs};
use anyhow::Context;
use clap::ValueEnum;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::path::Path;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Idle,
    Groups,
    Rate,
    Nodes,
    Yjs,
    Drain,
}

/// How much of it.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Nothing measures everything.
    pub(crate) parts: Vec<Part>,
    pub(crate) peers: Vec<Peer>,
    /// Whether the node is left out: to try out the generator.
    pub(crate) peers_only: bool,
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
}

/// Descriptors beside the connections.
const DESCRIPTORS_BESIDE: u64 = 1_000;

/// Measures with the release binaries in `binaries`.
pub(crate) async fn measure(binaries: &Path, wanted: Wanted) -> anyhow::Result<()> {
    let binaries = binaries.canonicalize().with_context(|| binaries.display().to_string())?;
    descriptors(wanted.connections as u64 + DESCRIPTORS_BESIDE)?;
    let folder = binaries.parent().context("the binaries lie below target")?.join("bench");
    let mut peers: Vec<Running> = Vec::new();
    for peer in &wanted.peers {
        match peer.start(&folder).await {
            Ok(running) => peers.push(running),
            Err(error) => println!("{peer:?} could not be measured: {error:#}"),
        }
    }
    let wants = |part: Part| wanted.parts.is_empty() || wanted.parts.contains(&part);
    let platform = if wanted.peers_only { None } else { Some(Platform::start(&binaries).await?) };
    let node = match &platform {
        Some(platform) => Some(platform.node("one node", &[]).await?),
        None => None,
    };

    let mut servers: Vec<Server> = Vec::new();
    if let (Some(platform), Some(node)) = (&platform, &node) {
        servers.push(node.server(platform.tokens(wanted.connections)?));
    }
    servers.extend(peers.iter().filter(|peer| !peer.peer.is_yjs()).map(|peer| peer.server.clone()));
    println!("What each does:\n");
    for server in servers.iter().chain(peers.iter().filter(|peer| peer.peer.is_yjs()).map(|peer| &peer.server)) {
        println!("- {} {}.", server.name, server.does);
    }
    if wants(Part::Idle) {
        idle::measure(&servers, wanted.connections).await?;
    }
    if wants(Part::Groups) {
        groups::measure(&servers, wanted.connections, wanted.seconds).await?;
    }
    if wants(Part::Rate) {
        rate::measure(&servers, wanted.seconds).await?;
    }
    if wants(Part::Yjs) {
        let ours = platform.as_ref().zip(node.as_ref());
        yjs::measure(ours, &peers, wanted.seconds).await?;
    }
    if let Some(node) = node {
        println!("\nThe node's memory after all this: {:.0} MiB.", node.resident());
        node.process.end().await?;
    }
    for peer in peers {
        peer.process.end().await?;
    }
    let Some(platform) = platform else { return Ok(()) };
    if wants(Part::Nodes) {
        nodes::measure(&platform, wanted.seconds).await?;
    }
    if wants(Part::Drain) {
        drain::measure(&platform, wanted.connections).await?;
    }
    platform.stop().await;
    Ok(())
}

/// So many files must be open at once, here and in the processes that are started.
fn descriptors(wanted: u64) -> anyhow::Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < wanted {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, hard.max(wanted))
            .with_context(|| format!("{wanted} files cannot be open at once (now {soft}, at most {hard})"))?;
    }
    Ok(())
}
