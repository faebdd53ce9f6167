//! Which peers there are.

use super::install::NodePeers;
use super::{restate, script};
use crate::database::Server;
use crate::figures::Figures;
use crate::install::python;
use clap::ValueEnum;
use std::path::Path;
use tokio::process::Command;

/// How many workflows are in flight, load after load.
pub(crate) const IN_FLIGHT: [usize; 3] = [1, 16, 64];

const DBOS: &str = "dbos==3.4.0";

/// A peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// DBOS Transact for Python
    Dbos,
    /// Graphile Worker
    GraphileWorker,
    /// Restate's server and its SDK for Node.js
    Restate,
}

/// What one came to.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// What it does for a workflow, as it was set up here.
    pub(crate) does: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// One load.
pub(crate) struct Row {
    pub(crate) in_flight: usize,
    /// Workflows a second.
    pub(crate) rate: f64,
    /// From the start of each until whoever started it has its result.
    pub(crate) figures: Figures,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dbos => "DBOS 3.4.0 (Python)",
            Self::GraphileWorker => "Graphile Worker 0.18.0",
            Self::Restate => "Restate 1.7.12, SDK for Node.js 1.17.2",
        }
    }

    fn does(self) -> &'static str {
        match self {
            Self::Dbos => {
                "a library: the steps are functions of the two calling processes; one transaction for the workflow's start, one a \
                 step's result, one for its end, on PostgreSQL; 20 connections each"
            }
            Self::GraphileWorker => {
                "jobs, no workflows: three in a row, each of which adds the next; adding and completing are transactions of \
                 their own, so that a crash in between does a step again; the result is kept nowhere; worker and caller are \
                 one process; 24 jobs at once, local queue and batched completion as its page on performance has them"
            }
            Self::Restate => {
                "a server with its own log and RocksDB, write-ahead log synced, one node, its defaults but for addresses and \
                 telemetry; it calls the steps' process over HTTP/2 and has each step's result in its log before the next one; \
                 started over HTTP by our load generator"
            }
        }
    }

    /// Installs it where it is not there, and measures it, each load for `seconds`.
    pub(crate) async fn measure(self, folder: &Path, server: &Server, seconds: u64) -> anyhow::Result<Measured> {
        std::fs::create_dir_all(folder)?;
        let rows = match self {
            Self::Dbos => {
                let mut command = Command::new(python(folder, "dbos", &[DBOS]).await?);
                let path = folder.join("dbos/dbos_steps.py");
                std::fs::write(&path, include_str!("dbos_steps.py"))?;
                command.arg(path);
                script::run(&mut command, &server.empty("dbos").await?, seconds).await?
            }
            Self::GraphileWorker => {
                let peers = NodePeers::install(folder).await?;
                let mut command = peers.script("graphile_worker.mjs", include_str!("graphile_worker.mjs"))?;
                script::run(&mut command, &server.empty("graphile").await?, seconds).await?
            }
            Self::Restate => restate::measure(&NodePeers::install(folder).await?, seconds).await?,
        };
        Ok(Measured { name: self.name(), does: self.does(), rows })
    }
}
