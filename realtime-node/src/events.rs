//! What functions tell the nodes by the queue `realtime`: one node takes a message and tells all who are connected, to
//! whichever node.
//!
//! To add an event: its kind in [`Events::take`].

use crate::hubs::{Hubs, collaboration, notifications};
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_approvals::{APPROVAL_CHANGED, ApprovalChanged};
use octavo_domain_documents::{CHANGED, Changed, DocumentStore};
use octavo_domain_generate::{PROGRESS, ProgressBody};
use octavo_domain_kernel::{Message, PortError, QueueName, Reader};
use octavo_domain_notify::{INBOX_ADDED, InboxAddedBody};
use octavo_domain_realtime::{REALTIME_QUEUE, SlowReader};
use octavo_domain_workflow::engine::{EXECUTION_CHANGED, Progress};
use octavo_wiring_triggers::{Cause, InvokeError, Invoker, Mapping};
use realtime_node_collaboration::Rooms;
use realtime_node_server::Server;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Messages that are taken at once: each is a read and a push.
const BATCH: usize = 50;
/// How often a message that cannot be taken is tried: it is news, and old soon.
const RECEIVES_MAX: u32 = 5;
/// What one batch may take.
const WITHIN: Duration = Duration::from_secs(20);
const VISIBILITY: Duration = Duration::from_secs(30);

/// How the node polls its own queue.
pub(crate) fn mapping() -> Mapping {
    let queue: QueueName = REALTIME_QUEUE.parse().expect("the constant is a queue name");
    let mut mapping = Mapping::new(queue, REALTIME_QUEUE);
    mapping.batch_size = BATCH;
    mapping.batch_window = Duration::ZERO;
    mapping.max_receive_count = RECEIVES_MAX;
    mapping.concurrency = 2;
    mapping.function_timeout = WITHIN;
    mapping.visibility = VISIBILITY;
    mapping
}

/// Takes the messages.
pub(crate) struct Events {
    pub(crate) server: Server,
    pub(crate) hubs: Arc<Hubs>,
    pub(crate) rooms: Rooms,
    pub(crate) documents: Arc<dyn DocumentStore>,
}

/// An SQS event, as far as it is of interest.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
}

#[async_trait]
impl Invoker for Events {
    async fn invoke(&self, _function: &str, payload: Bytes, _causes: &[Cause]) -> Result<Bytes, InvokeError> {
        let event: Event = serde_json::from_slice(&payload)
            .map_err(|error| InvokeError::Unavailable(format!("the event cannot be read: {error}")))?;
        let mut failures = Vec::new();
        for record in event.records {
            let outcome = match serde_json::from_str::<Message>(&record.body) {
                Ok(message) => self.take(&message).await,
                Err(error) => Err(PortError::corrupt(error)),
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, message = record.message_id, "an event was not told");
                failures.push(json!({ "itemIdentifier": record.message_id }));
            }
        }
        Ok(json!({ "batchItemFailures": failures }).to_string().into())
    }
}

impl Events {
    async fn take(&self, message: &Message) -> Result<(), PortError> {
        match message.kind.as_str() {
            CHANGED => self.document_changed(message).await,
            PROGRESS => self.generation_progressed(message).await,
            EXECUTION_CHANGED => self.execution_changed(message).await,
            APPROVAL_CHANGED => self.approval_changed(message).await,
            INBOX_ADDED => self.inbox_added(message).await,
            // A newer function tells more than this node knows.
            other => {
                tracing::debug!(kind = other, "an event that this node does not know");
                Ok(())
            }
        }
    }

    async fn document_changed(&self, message: &Message) -> Result<(), PortError> {
        let changed: Changed = serde_json::from_value(message.body.clone()).map_err(PortError::corrupt)?;
        // Read anew: what is told is what is true now, whatever the order of the messages was.
        let Some(document) = self.documents.document_get(&message.tenant, changed.document).await? else {
            return Ok(());
        };
        // The rooms of this node; those of others hear of it by their own looks: at every write's right, at every save.
        self.rooms.document_changed(&message.tenant, document.id, document.version);
        self.rooms.permissions_changed(&message.tenant, document.id);
        if document.deleted_at.is_some() {
            self.rooms.document_deleted(&message.tenant, document.id);
        }
        match self.server.clients(&message.tenant, &collaboration::name()) {
            Some(clients) => self.hubs.collaboration().document_changed(&clients, &document).await,
            None => Ok(()),
        }
    }

    async fn generation_progressed(&self, message: &Message) -> Result<(), PortError> {
        let body: ProgressBody = serde_json::from_value(message.body.clone()).map_err(PortError::corrupt)?;
        let Some(clients) = self.server.clients(&message.tenant, &notifications::name()) else { return Ok(()) };
        let sent = clients.user(&body.requester).slow(SlowReader::LatestWins).send("generation", (&body,)).await;
        sent.map_err(PortError::unavailable)
    }

    async fn approval_changed(&self, message: &Message) -> Result<(), PortError> {
        let changed: ApprovalChanged = serde_json::from_value(message.body.clone()).map_err(PortError::corrupt)?;
        let Some(clients) = self.server.clients(&message.tenant, &notifications::name()) else { return Ok(()) };
        let news = json!({ "approval": changed.approval, "seq": changed.seq });
        for reader in &changed.readers {
            let to = match reader {
                Reader::User(user) => clients.user(user),
                // Whoever is in it has joined it under this name.
                group @ Reader::Group(_) => clients.group(&group.to_string()),
            };
            to.slow(SlowReader::LatestWins).send("approvals", (&news,)).await.map_err(PortError::unavailable)?;
        }
        Ok(())
    }

    async fn inbox_added(&self, message: &Message) -> Result<(), PortError> {
        let added: InboxAddedBody = serde_json::from_value(message.body.clone()).map_err(PortError::corrupt)?;
        if let Some(clients) = self.server.clients(&message.tenant, &notifications::name()) {
            self.hubs.notifications().announce(&clients, &added.user, &added.notification).await;
        }
        Ok(())
    }

    async fn execution_changed(&self, message: &Message) -> Result<(), PortError> {
        let progress: Progress = serde_json::from_value(message.body.clone()).map_err(PortError::corrupt)?;
        let Some(clients) = self.server.clients(&message.tenant, &notifications::name()) else { return Ok(()) };
        // Each names what moved, so that none may be left out; who misses one reads the history.
        let sent =
            clients.user(&progress.started_by).slow(SlowReader::DropOldest).send("execution", (&progress,)).await;
        sent.map_err(PortError::unavailable)
    }
}
