//! What the function needs from outside.

use crate::Memory;
use octavo_domain_kernel::{Authenticator, BlobStore, Clock, Ids, Queue, Sealer};
use octavo_domain_workflow::catalogue::{AccessKeyStore, Activities, Aliases, Catalogue, Connections, Tags};
use octavo_domain_workflow::engine::ports::{ExecutionReads, ExecutionStore, Machines};
use std::sync::Arc;

/// The ports of the function.
pub struct Deps {
    /// Running executions.
    pub executions: Arc<dyn ExecutionStore>,
    /// Executions as they are looked at.
    pub reads: Arc<dyn ExecutionReads>,
    /// State machines, as executions need them.
    pub machines: Arc<dyn Machines>,
    /// What of them this process remembers.
    pub memory: Memory,
    /// State machines and their versions.
    pub catalogue: Arc<dyn Catalogue>,
    /// Aliases of state machines.
    pub aliases: Arc<dyn Aliases>,
    /// Activities.
    pub activities: Arc<dyn Activities>,
    /// Tags of state machines and activities.
    pub tags: Arc<dyn Tags>,
    /// Access keys of the stock clients.
    pub access_keys: Arc<dyn AccessKeyStore>,
    /// What HTTP tasks prove themselves with.
    pub connections: Arc<dyn Connections>,
    /// Seals access keys and connections.
    pub sealer: Arc<dyn Sealer>,
    /// Accepts bearer tokens where requests are not signed.
    pub authenticator: Arc<dyn Authenticator>,
    /// Long histories, and files that workflows read or write.
    pub blobs: Arc<dyn BlobStore>,
    /// Where doorbells are rung.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// The region that names carry.
    pub region: String,
    /// Whether progress is told to the realtime nodes: only where nodes run that take the messages.
    pub announces: bool,
}
