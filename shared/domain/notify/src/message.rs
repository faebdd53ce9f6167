//! Messages of the queue `notify`.

use crate::{Event, MessageId, Notification};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Message, OutboxEntry, QueueName, TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The queue of the function `notify`.
pub const NOTIFY_QUEUE: &str = "notify";
/// Something happened: the body is an [`EventBody`].
pub const EVENT: &str = "notification.event";
/// Some messages are due: the body is a [`WakeBody`].
pub const WAKE: &str = "notification.wake";

/// A notification lies in an inbox: for the queue of the realtime nodes. The body is an [`InboxAddedBody`].
pub const INBOX_ADDED: &str = "inbox.added";

/// The body of [`EVENT`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventBody {
    /// What happened.
    pub event: Event,
}

/// The body of [`WAKE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeBody {
    /// Which messages (or digests, by the id that their message will have): at most 100.
    pub messages: Vec<MessageId>,
}

/// The body of [`INBOX_ADDED`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InboxAddedBody {
    /// Whose inbox.
    pub user: UserId,
    /// What lies in it.
    pub notification: Notification,
}

/// The message that says that something happened. Whoever commits something puts it into its outbox.
pub fn event_message(tenant: &TenantId, event: &Event) -> OutboxEntry {
    let message = Message {
        id: event.id,
        tenant: tenant.clone(),
        kind: EVENT.to_owned(),
        key: event.id.to_string(),
        at: event.at,
        traceparent: None,
        body: json!(EventBody { event: event.clone() }),
    };
    OutboxEntry { queue: queue(), message }
}

/// The message that says that messages are due.
pub fn wake_message(id: Uuid, tenant: &TenantId, messages: Vec<MessageId>, at: DateTime<Utc>) -> OutboxEntry {
    let key = messages.first().map(ToString::to_string).unwrap_or_default();
    let body = json!(WakeBody { messages });
    let message = Message { id, tenant: tenant.clone(), kind: WAKE.to_owned(), key, at, traceparent: None, body };
    OutboxEntry { queue: queue(), message }
}

/// The message that says to the realtime nodes, whose queue is `queue`, that a notification lies in an inbox.
pub fn inbox_added_message(
    queue: QueueName,
    id: Uuid,
    tenant: &TenantId,
    user: &UserId,
    notification: &Notification,
) -> OutboxEntry {
    let message = Message {
        id,
        tenant: tenant.clone(),
        kind: INBOX_ADDED.to_owned(),
        key: user.to_string(),
        at: notification.created_at,
        traceparent: None,
        body: json!(InboxAddedBody { user: user.clone(), notification: notification.clone() }),
    };
    OutboxEntry { queue, message }
}

fn queue() -> QueueName {
    NOTIFY_QUEUE.parse().expect("the constant is a queue name")
}
