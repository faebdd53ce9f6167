//! All hubs of a node, made of its ports.

use super::collaboration::{self, Collaboration};
use super::conformance::{self, Conformance};
use super::kept::Kept;
use super::notifications::{self, Notifications};
use octavo_domain_collaboration::CommentStore;
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{Clock, Ids, TenantId};
use octavo_domain_notify::InboxStore;
use octavo_domain_realtime::{Backplane, Directory, HubName, NodeId};
use parking_lot::RwLock;
use realtime_node_server::{Clients, HubDefinition, Server};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What the hubs need of others.
#[derive(Clone)]
pub(crate) struct HubPorts {
    pub(crate) inbox: Arc<dyn InboxStore>,
    pub(crate) comments: Arc<dyn CommentStore>,
    pub(crate) documents: Arc<dyn DocumentStore>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) backplane: Arc<dyn Backplane>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) node: NodeId,
    /// How often presence is prolonged and rights are looked at again.
    pub(crate) beat: Duration,
}

/// The server that the hubs are served by: hubs are made before it and reach each other through it.
#[derive(Default)]
pub(super) struct Attached(RwLock<Option<Server>>);

impl Attached {
    pub(super) fn server(&self) -> Option<Server> {
        self.0.read().clone()
    }

    pub(super) fn clients(&self, tenant: &TenantId, hub: &HubName) -> Option<Clients> {
        self.0.read().as_ref()?.clients(tenant, hub)
    }
}

/// The hubs of a node.
pub(crate) struct Hubs {
    notifications: Arc<Notifications>,
    collaboration: Arc<Collaboration>,
    conformance: Arc<Conformance>,
    attached: Arc<Attached>,
    kept: Arc<Kept>,
}

impl Hubs {
    pub(crate) fn new(ports: HubPorts) -> Self {
        let attached = Arc::<Attached>::default();
        let kept = Arc::new(Kept::new(ports.backplane.clone()));
        let notifications = Arc::new(Notifications {
            inbox: ports.inbox.clone(),
            backplane: ports.backplane.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            kept: kept.clone(),
        });
        let conformance = Conformance { node: ports.node.clone(), attached: attached.clone() };
        Self {
            collaboration: Arc::new(Collaboration::new(ports, attached.clone(), kept.clone(), notifications.clone())),
            notifications,
            conformance: Arc::new(conformance),
            kept,
            attached,
        }
    }

    /// What the server is made of; with the hub for trying out clients only where that is wanted.
    pub(crate) fn definitions(&self, conformance: bool) -> Vec<HubDefinition> {
        let mut all =
            vec![notifications::hub(self.notifications.clone()), collaboration::hub(self.collaboration.clone())];
        if conformance {
            all.push(conformance::hub(self.conformance.clone()));
        }
        all
    }

    /// The server that serves them: to be called before the first connection.
    pub(crate) fn attach(&self, server: Server) {
        *self.attached.0.write() = Some(server);
    }

    /// People's inboxes.
    pub(crate) fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    /// What happens at documents, told to those who look at them.
    pub(crate) fn collaboration(&self) -> &Arc<Collaboration> {
        &self.collaboration
    }

    /// Keeps the presence of this node's connections alive, in one task, until `stop`; then lets go of the server.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        tokio::select! {
            () = self.collaboration.run(stop) => {}
            () = self.kept.run() => {}
        }
        self.attached.0.write().take();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use octavo_adapters_postgres::{PoolOptions, Postgres};
    use octavo_adapters_redis::{Redis, RedisBackplane, RedisDirectory};
    use octavo_adapters_system::{SystemClock, SystemIds};
    use realtime_node_server::HubDocumentation;

    /// What all hubs declare. Nothing is connected to.
    #[tokio::main(flavor = "current_thread")]
    pub(in super::super) async fn documentation() -> Vec<HubDocumentation> {
        let nowhere = Postgres::connect_lazy("postgres://a:b@127.0.0.1:9/none", &PoolOptions::default()).unwrap();
        let (store, redis) = (Arc::new(nowhere), Redis::new("redis://127.0.0.1:9").unwrap());
        let hubs = Hubs::new(HubPorts {
            inbox: store.clone(),
            comments: store.clone(),
            documents: store,
            directory: Arc::new(RedisDirectory::new(redis.clone())),
            backplane: Arc::new(RedisBackplane::new(redis, Arc::new(|| 7))),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            node: NodeId::of_random(1),
            beat: Duration::from_secs(1),
        });
        hubs.definitions(true).iter().map(HubDefinition::documentation).collect()
    }
}
