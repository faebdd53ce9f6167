//! Other servers, measured in the same run. What one lacks is not held against it in a table: what each does is printed
//! beside the figures. They are installed below `target/bench` from npm, in the versions named here, once.

use super::client::Target;
use super::dialect::Dialect;
use crate::install::step;
use crate::memory::Memory;
use crate::process::{Process, free_port};
use clap::ValueEnum;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::process::Command;

/// A server that is measured.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) does: &'static str,
    pub(super) target: Target,
    pub(super) pid: u32,
}

impl Server {
    /// MiB.
    pub(super) fn resident(&self) -> f64 {
        Memory::of(self.pid, None).resident
    }

    /// Bytes that it has allocated and not freed, if it says so.
    pub(super) async fn allocated(&self) -> Option<f64> {
        if self.target.dialect != Dialect::SignalR {
            return None;
        }
        let answer = reqwest::get(format!("http://{}/metrics", self.target.address)).await.ok()?.text().await.ok()?;
        let mut lines = answer.lines().filter(|line| !line.starts_with('#'));
        let (_, value) = lines.find_map(|line| line.split_once("memory_allocated_bytes "))?;
        value.trim().parse().ok()
    }
}

/// A peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    SocketIo,
    Ws,
    YWebsocket,
    Hocuspocus,
}

/// A peer that runs.
pub(super) struct Running {
    pub(super) peer: Peer,
    pub(super) server: Server,
    pub(super) process: Process,
}

impl Peer {
    fn script(self) -> (&'static str, &'static str) {
        match self {
            Self::SocketIo => ("socket_io.mjs", include_str!("peers/socket_io.mjs")),
            Self::Ws => ("ws.mjs", include_str!("peers/ws.mjs")),
            Self::YWebsocket => ("y_websocket.cjs", include_str!("peers/y_websocket.cjs")),
            Self::Hocuspocus => ("hocuspocus.mjs", include_str!("peers/hocuspocus.mjs")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::SocketIo => "Socket.IO 4.8.4",
            Self::Ws => "ws 8.23.0",
            Self::YWebsocket => "y-websocket 2.1.0",
            Self::Hocuspocus => "Hocuspocus 4.7.0",
        }
    }

    fn does(self) -> &'static str {
        match self {
            Self::SocketIo => "lets everybody in, one node: no adapter for others; rooms, keep-alive; no limits",
            Self::Ws => "lets everybody in; groups are a map of ours; no limits, no keep-alive, no other nodes",
            Self::YWebsocket => "lets everybody in, keeps documents in memory, stores nothing",
            Self::Hocuspocus => "lets everybody in by an empty hook, keeps documents in memory, stores nothing",
        }
    }

    /// Whether it edits documents, and nothing else.
    pub(super) fn is_yjs(self) -> bool {
        matches!(self, Self::YWebsocket | Self::Hocuspocus)
    }

    /// Starts it; its packages go below `folder`.
    pub(super) async fn start(self, folder: &Path) -> anyhow::Result<Running> {
        let home = install(folder).await?;
        let (name, script) = self.script();
        let program = home.join(name);
        std::fs::write(&program, script)?;
        let address = format!("127.0.0.1:{}", free_port().await?);
        let mut command = Command::new("node");
        let (_, port) = address.split_once(':').unwrap_or_default();
        command.arg(program).arg(port).current_dir(&home).env("NODE_ENV", "production");
        let (process, _) = Process::until(&mut command, |line| line == "ready").await?;
        let dialect = if self == Self::SocketIo { Dialect::SocketIo } else { Dialect::Plain };
        let target = Target { address: address.parse()?, dialect, tokens: Arc::default() };
        let server = Server { name: self.name().to_owned(), does: self.does(), target, pid: process.id() };
        Ok(Running { peer: self, server, process })
    }
}

/// All of them in one folder.
async fn install(folder: &Path) -> anyhow::Result<PathBuf> {
    let home = folder.join("realtime-peers");
    if home.join("node_modules/.package-lock.json").exists() {
        return Ok(home);
    }
    std::fs::create_dir_all(&home)?;
    let package = json!({
        "private": true,
        "dependencies": {
            "@hocuspocus/server": "4.7.0", "socket.io": "4.8.4", "ws": "8.23.0", "y-websocket": "2.1.0", "yjs": "13.6.33"
        }
    });
    std::fs::write(home.join("package.json"), package.to_string())?;
    step(Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(&home)).await?;
    Ok(home)
}
