//! Events as clients see them.

use crate::messages::MessageView;
use chrono::{DateTime, Utc};
use octavo_domain_notify::{Category, EventId, MessageStatus, Recipient, StoredEvent, Urgency};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An event was taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Accepted {
    /// Its identifier: that of the event with this key, where one was taken before.
    #[schema(value_type = uuid::Uuid)]
    pub(crate) id: EventId,
}

/// Something happened, and somebody was told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EventView {
    /// Its identifier.
    #[schema(value_type = uuid::Uuid)]
    id: EventId,
    /// Its key.
    key: Option<String>,
    /// What it is about.
    #[schema(example = "approval.requested")]
    category: Category,
    /// Which template says it, if it is not the category's.
    template: Option<String>,
    /// Who was to be told. What is said to one of them alone is not shown: it may hold links that are theirs.
    #[schema(value_type = Vec<Object>)]
    recipients: Vec<Value>,
    /// What templates may say.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// Where it leads.
    link: Option<String>,
    /// How urgent it is.
    urgency: Urgency,
    /// When it happened.
    at: DateTime<Utc>,
    /// When it was taken.
    taken_at: DateTime<Utc>,
    /// How many messages it has, by status.
    #[schema(value_type = Object, example = json!({"delivered": 3, "sent": 1}))]
    counts: BTreeMap<MessageStatus, u32>,
    /// Its messages, the first 100; only where a single event is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<MessageView>>,
}

impl EventView {
    pub(super) fn of(stored: StoredEvent, messages: Option<Vec<MessageView>>) -> Self {
        let StoredEvent { event, taken_at, messages: counts } = stored;
        Self {
            id: event.id,
            key: event.key,
            category: event.category,
            template: event.template,
            recipients: event.recipients.iter().map(shown_recipient).collect(),
            data: event.data,
            link: event.link,
            urgency: event.urgency,
            at: event.at,
            taken_at,
            counts: counts.into_iter().collect(),
            messages,
        }
    }
}

/// A recipient without what is said to them alone.
pub(crate) fn shown_recipient(recipient: &Recipient) -> Value {
    let mut value = json!(recipient);
    if let Some(members) = value.as_object_mut() {
        members.remove("data");
    }
    value
}
