//! The emulator's engines, and nodes on them.

use super::client::Target;
use super::dialect::Dialect;
use super::peers::Server;
use crate::memory::Memory;
use crate::process::{Process, free_port};
use anyhow::Context;
use local_emulator::{Emulator, Functions, Options, TokenRequest};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Command;

const TENANT: &str = "acme";
/// Connections that share a user: below the node's limit of 100, some for a measurement's helpers.
const PER_USER: usize = 50;
/// The load comes from few connections and few users; what is logged costs.
const OVERRIDES: [(&str, &str); 4] = [
    ("OCTAVO_NODE_RECORDS_PER_SECOND", "1000000"),
    ("OCTAVO_NODE_CONNECTIONS_PER_USER", "2000"),
    ("OCTAVO_NODE_DRAIN_MS", "30000"),
    ("OCTAVO_LOG", "warn"),
];
/// A node that is not ready by then does not come.
const READY_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

const DOES: &str = "verifies a signed token, keeps tenant and user, knows the connection's groups on every node, has limits, \
    keep-alive, a slow-reader policy and metrics, publishes each message to Redis for other nodes";

/// The engines, the issuer of tokens and the functions.
pub(super) struct Platform {
    emulator: Emulator,
    node: PathBuf,
    variables: Vec<(String, String)>,
    _data: tempfile::TempDir,
}

/// A node's process.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) process: Process,
}

impl Platform {
    /// Starts everything but a node, with the release binaries in `binaries`.
    pub(super) async fn start(binaries: &Path) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let options = Options {
            data: Some(data.path().to_owned()),
            functions: Functions::Folder(binaries.to_owned()),
            realtime: false,
            ..Options::default()
        };
        let emulator = Emulator::start(options).await.context("the emulator")?;
        let mut variables = emulator.node_environment();
        variables.extend(OVERRIDES.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(Self { emulator, node: binaries.join("realtime-node"), variables, _data: data })
    }

    /// Starts a node and waits until it is ready.
    pub(super) async fn node(&self, name: &str, extra: &[(&str, &str)]) -> anyhow::Result<Node> {
        let address: SocketAddr = ([127, 0, 0, 1], free_port().await?).into();
        let mut command = Command::new(&self.node);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("OCTAVO_NODE_NAME", name).env("OCTAVO_NODE_LISTEN", address.to_string());
        command.env("OCTAVO_NODE_PUBLIC_URL", format!("http://{address}")).envs(extra.iter().copied());
        let mut process = Process::quiet(&mut command)?;
        process.listens(&address.to_string()).await.with_context(|| format!("node {name}"))?;
        let (began, url) = (Instant::now(), format!("http://{address}/health/ready"));
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
            anyhow::ensure!(began.elapsed() < READY_MAX, "node {name} does not become ready");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(Node { name: name.to_owned(), address, process })
    }

    /// Tokens enough for so many connections.
    pub(super) fn tokens(&self, connections: usize) -> anyhow::Result<Arc<Vec<String>>> {
        let users = connections.div_ceil(PER_USER).max(1);
        let tokens = (0..users).map(|user| self.emulator.token(&TokenRequest::new(TENANT, &format!("user-{user}"))));
        Ok(Arc::new(tokens.collect::<anyhow::Result<_>>()?))
    }

    /// Makes a document of the first user's.
    pub(super) async fn document(&self, title: &str) -> anyhow::Result<String> {
        let token = self.tokens(1)?;
        let body = json!({ "title": title, "content": "", "content_type": "text/markdown" });
        let request = reqwest::Client::new().post(format!("{}/v1/documents", self.emulator.url()));
        let answer = request.bearer_auth(&token[0]).json(&body).send().await?.error_for_status()?;
        let document: Value = serde_json::from_slice(&answer.bytes().await?)?;
        Ok(document["id"].as_str().context("a document has an id")?.to_owned())
    }

    /// Stops everything.
    pub(super) async fn stop(self) {
        self.emulator.stop().await;
    }
}

impl Node {
    /// As one of the servers that are measured.
    pub(super) fn server(&self, tokens: Arc<Vec<String>>) -> Server {
        Server {
            name: format!("Octavo, {}", self.name),
            does: DOES,
            target: Target { address: self.address, dialect: Dialect::SignalR, tokens },
            pid: self.process.id(),
        }
    }

    /// MiB.
    pub(super) fn resident(&self) -> f64 {
        Memory::of(self.process.id(), None).resident
    }
}
