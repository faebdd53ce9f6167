//! What the operations work with.

use crate::fault::RealtimeFault;
use crate::hubs::Hubs;
use crate::nodes::Cluster;
use octavo_adapters_signalr::Tokens;
use octavo_domain_kernel::{Clock, TenantId};
use octavo_domain_realtime::{Audience, Backplane, Channel, Command, Directory, Envelope, HubName, NodeId};
use octavo_wiring_edge::{EdgeFault, Problem, Request};
use realtime_node_server::{Clients, Server};
use std::sync::Arc;

/// What the operations work with.
pub(crate) struct Deps {
    pub(crate) server: Server,
    pub(crate) backplane: Arc<dyn Backplane>,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) cluster: Cluster,
    pub(crate) hubs: Arc<Hubs>,
    pub(crate) tokens: Tokens,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) node: NodeId,
}

impl Deps {
    /// The tenant's side of the hub that the path names.
    pub(super) fn clients(&self, tenant: &TenantId, request: &Request) -> Result<(HubName, Clients), Problem> {
        let hub: HubName = request.param("hub")?;
        let clients = self.server.clients(tenant, &hub).ok_or(RealtimeFault::NoHub)?;
        Ok((hub, clients))
    }

    /// Has a command done for an audience, here and on the other nodes.
    pub(super) async fn command(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        audience: &Audience,
        command: Command,
    ) -> Result<(), Problem> {
        let channel = Channel::new(tenant, hub, audience)
            .map_err(|error| EdgeFault::malformed("path:group", error.to_string()))?;
        let envelope = Envelope {
            origin: self.node.clone(),
            tenant: tenant.clone(),
            hub: hub.to_string(),
            sent_at: self.clock.now().timestamp_millis(),
            command,
        };
        self.server.apply(&channel, &envelope);
        self.backplane.publish(&channel, envelope.encode()).await.map_err(RealtimeFault::BackplaneAway)?;
        Ok(())
    }
}
