//! Which peers there are.

use super::super::bodies::{MODEL, small, streamed};
use super::super::target::{Connection, Target};
use super::{litellm, litellm_rs, portkey};
use crate::memory::Memory;
use crate::process::Process;
use clap::ValueEnum;
use std::path::Path;

/// A peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// The Python proxy of LiteLLM
    Litellm,
    /// Portkey's open gateway on Node
    Portkey,
    /// litellm-rs: a gateway in Rust of the same interface
    LitellmRs,
}

/// A peer that answers.
pub(crate) struct Running {
    pub(crate) target: Target,
    /// What it does for a request, as it was set up here.
    pub(crate) does: &'static str,
    pub(super) process: Process,
    /// What it needs for as long as it runs.
    pub(super) _folder: tempfile::TempDir,
}

impl Peer {
    /// Installs it where it is not there, starts it on the providers at `upstreams`, and asks it both kinds of request once.
    pub(crate) async fn start(self, folder: &Path, upstreams: &str) -> anyhow::Result<Running> {
        std::fs::create_dir_all(folder)?;
        let running = match self {
            Self::Litellm => litellm::start(folder, upstreams).await?,
            Self::Portkey => portkey::start(folder, upstreams).await?,
            Self::LitellmRs => litellm_rs::start(folder, upstreams).await?,
        };
        let mut connection = Connection::new(&running.target);
        connection.ask(small(MODEL)).await?.good(&running.target)?;
        let answer = connection.ask(streamed(3)).await?.good(&running.target)?;
        anyhow::ensure!(answer.pieces() > 0, "{} does not stream", running.target.name);
        Ok(running)
    }
}

impl Running {
    /// Of it and all its processes.
    pub(crate) fn memory(&self) -> Memory {
        Memory::of(self.process.id(), None)
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.process.end().await
    }
}
