//! This node among the others: it says that it lives, and knows who else does.

use octavo_domain_kernel::PortError;
use octavo_domain_realtime::{Directory, NodeId, NodeRecord};
use parking_lot::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How often a node says that it lives, and looks who else does.
const BEAT: Duration = Duration::from_secs(2);
/// After so long in silence a node counts as dead.
const TTL: Duration = Duration::from_secs(10);

/// A node that is not known may be newer than the last beat: the directory is asked for it, though not more often.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Whoever waits for that answer does not wait for longer.
const LOOK_WITHIN: Duration = Duration::from_secs(1);

/// Who lives, as it was known at the last beat.
pub(crate) struct Membership {
    directory: Arc<dyn Directory>,
    own: NodeRecord,
    draining: AtomicBool,
    others: RwLock<Vec<NodeRecord>>,
    connections: OnceLock<Box<dyn Fn() -> u64 + Send + Sync>>,
    /// When somebody looked for a node that was not known.
    looked: Mutex<Option<Instant>>,
}

impl Membership {
    /// `own` is this node.
    pub(crate) fn new(directory: Arc<dyn Directory>, own: NodeRecord) -> Self {
        let (others, connections) = (RwLock::default(), OnceLock::new());
        Self { directory, own, draining: AtomicBool::new(false), others, connections, looked: Mutex::default() }
    }

    /// `connections` says how many this node holds: said once, when there is something that holds them.
    pub(crate) fn counts(&self, connections: impl Fn() -> u64 + Send + Sync + 'static) {
        let _ = self.connections.set(Box::new(connections));
    }

    /// Beats until `stop`. While the directory is away the others are as they were last seen: they are probably there.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "the other nodes do not hear of this one");
            }
            tokio::select! { () = stop.cancelled() => break, () = tokio::time::sleep(BEAT) => {} }
        }
    }

    /// Says that this node lives and looks who else does, now.
    pub(crate) async fn beat(&self) -> Result<(), PortError> {
        self.directory.node_beat(&self.record(), TTL).await?;
        self.look().await
    }

    async fn look(&self) -> Result<(), PortError> {
        let mut all = self.directory.node_list().await?;
        all.retain(|node| node.id != self.own.id);
        *self.others.write() = all;
        Ok(())
    }

    /// This node as it is now.
    pub(crate) fn record(&self) -> NodeRecord {
        NodeRecord {
            draining: self.draining.load(Ordering::SeqCst),
            connections: self.connections.get().map_or(0, |count| count()),
            ..self.own.clone()
        }
    }

    /// This node takes nobody any more.
    pub(crate) async fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
        if let Err(error) = self.beat().await {
            tracing::warn!(%error, "the other nodes do not hear that this one drains");
        }
    }

    /// This node ends.
    pub(crate) async fn leave(&self) {
        if let Err(error) = self.directory.node_leave(&self.own.id).await {
            tracing::debug!(%error, "the node is forgotten when its time is over");
        }
    }

    /// A node that lives.
    pub(crate) fn find(&self, id: &NodeId) -> Option<NodeRecord> {
        self.others.read().iter().find(|node| node.id == *id).cloned()
    }

    /// The same, also one that has only just come.
    pub(crate) async fn search(&self, id: &NodeId) -> Option<NodeRecord> {
        if let Some(node) = self.find(id) {
            return Some(node);
        }
        let mut looked = self.looked.lock().await;
        if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            *looked = Some(Instant::now());
            // What the directory does not say is not known.
            let _ = tokio::time::timeout(LOOK_WITHIN, self.look()).await;
        }
        self.find(id)
    }

    /// The others that live.
    pub(crate) fn others(&self) -> Vec<NodeRecord> {
        self.others.read().clone()
    }

    /// Where the next connection goes instead of here: the emptiest of the others that take any.
    pub(crate) fn emptiest(&self) -> Option<NodeRecord> {
        let others = self.others.read();
        others.iter().filter(|node| !node.draining).min_by_key(|node| node.connections).cloned()
    }
}
