//! What happens to a document while people are at it.

use super::super::missed;
use super::documents::living_access;
use super::hub::{Collaboration, group, name};
use super::join::depart;
use super::place::Places;
use super::presence::{has_still, through};
use octavo_domain_documents::{Access, Document};
use octavo_domain_kernel::{DocumentId, PortError};
use octavo_domain_realtime::{Channel, Command, ConnectionId, Envelope};
use realtime_node_server::{Caller, Clients};
use serde_json::json;

impl Collaboration {
    /// A document changed to what it is now: whoever lost it is put out, on whichever node, and the others are told. To be
    /// called once for a change, by one node; `clients` are the tenant's of this hub.
    pub(crate) async fn document_changed(&self, clients: &Clients, document: &Document) -> Result<(), PortError> {
        for caller in self.here.at(clients.tenant(), document.id) {
            let principal = caller.principal();
            if living_access(document, &principal) > Access::None {
                let through = through(document, &principal);
                caller.state(|places: &mut Places| places.refresh(document.id, through));
            } else {
                self.put_out(&caller, document.id, Some(document)).await;
            }
        }
        let listed = self.listed(clients.tenant(), document.id).await?;
        for (connection, written) in listed {
            if !connection.is_of(&self.ports.node) && !has_still(document, &written) {
                self.put_out_elsewhere(clients, document, connection).await?;
            }
        }
        let kind = match document {
            Document { deleted_at: Some(_), .. } => "deleted",
            Document { revision: 1, .. } => "created",
            _ => "changed",
        };
        let told = json!({
            "id": document.id, "revision": document.revision, "version": document.version, "kind": kind,
        });
        missed::send(&clients.group(&group(document.id)), "document", &told).await;
        Ok(())
    }

    /// A connection of this node is not to hear of the document any more.
    pub(super) async fn put_out(&self, caller: &Caller, document: DocumentId, found: Option<&Document>) {
        caller.leave(&group(document));
        depart(self, caller, document).await;
        let closed = json!({ "document": document, "reason": reason(found) });
        if let Err(error) = caller.send("closed", (closed,)) {
            tracing::debug!(%error, "somebody was put out without a word");
        }
    }

    /// The same of another node's. There it is at the document until the next beat, which finds the same; but it hears
    /// nothing from now on.
    async fn put_out_elsewhere(
        &self,
        clients: &Clients,
        document: &Document,
        connection: ConnectionId,
    ) -> Result<(), PortError> {
        let envelope = Envelope {
            origin: self.ports.node.clone(),
            tenant: clients.tenant().clone(),
            hub: name().to_string(),
            sent_at: self.ports.clock.now().timestamp_millis(),
            command: Command::Leave { group: Some(group(document.id)), connection: Some(connection) },
        };
        self.ports.backplane.publish(&Channel::node(&connection.node()), envelope.encode()).await?;
        self.erase(clients.tenant(), document.id, &connection).await;
        let left = json!({ "document": document.id, "connection": connection });
        missed::send(&clients.group(&group(document.id)), "left", &left).await;
        let closed = json!({ "document": document.id, "reason": reason(Some(document)) });
        missed::send(&clients.connection(connection), "closed", &closed).await;
        Ok(())
    }
}

fn reason(document: Option<&Document>) -> &'static str {
    match document {
        Some(document) if document.deleted_at.is_none() => "access",
        _ => "deleted",
    }
}
