//! Messages as clients see them.

use crate::events::shown_recipient;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::UserId;
use octavo_domain_notify::{
    Attempt, AttemptStatus, Category, Channel, Claim, EventId, Message, MessageId, MessageStatus, Reason, Urgency,
};
use serde::Serialize;
use serde_json::Value;

/// A message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MessageView {
    /// Its identifier.
    #[schema(value_type = uuid::Uuid)]
    id: MessageId,
    /// Of which event; of a digest, the first.
    #[schema(value_type = uuid::Uuid)]
    event: EventId,
    /// What it is about.
    #[schema(example = "approval.requested")]
    category: Category,
    /// By what.
    channel: Channel,
    /// To whom.
    #[schema(value_type = Object)]
    recipient: Value,
    /// The user, if it is one.
    #[schema(value_type = Option<String>, example = "ada")]
    user: Option<UserId>,
    /// Where it goes.
    #[schema(example = "ada@acme.example")]
    address: Option<String>,
    /// How urgent it is.
    urgency: Urgency,
    /// Whether it goes whatever the recipient chose.
    mandatory: bool,
    /// Whether it gathers several events.
    digest: bool,
    /// Where it stands.
    status: MessageStatus,
    /// Why, where that needs saying.
    reason: Option<Reason>,
    /// When it was planned.
    created_at: DateTime<Utc>,
    /// When something is to be done about it; null where it is over.
    due_at: Option<DateTime<Utc>>,
    /// How often it was tried.
    attempts: u32,
    /// When its status changed last.
    updated_at: DateTime<Utc>,
    /// What was tried, oldest first; only where a single message is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries: Option<Vec<AttemptView>>,
    /// The events that it gathers, oldest first, at most 100; only where a single message is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<uuid::Uuid>>)]
    events: Option<Vec<EventId>>,
}

/// A try to have a message delivered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AttemptView {
    /// From 1 on.
    number: u32,
    /// By which provider.
    #[schema(example = "sendgrid")]
    provider: String,
    /// When it began.
    started_at: DateTime<Utc>,
    /// When it ended; null where nobody knows of its end.
    ended_at: Option<DateTime<Utc>>,
    /// What became of it.
    status: AttemptStatus,
    /// What the provider calls it.
    provider_id: Option<String>,
    /// The provider's code.
    #[schema(example = "550 5.1.1")]
    code: Option<String>,
    /// What the provider said.
    detail: Option<String>,
}

impl MessageView {
    /// As in a list.
    pub(crate) fn of(message: Message) -> Self {
        Self {
            id: message.id,
            event: message.event,
            category: message.category,
            channel: message.channel,
            recipient: shown_recipient(&message.recipient),
            user: message.user,
            address: message.address.map(|address| address.0),
            urgency: message.urgency,
            mandatory: message.mandatory,
            digest: message.digest.is_some(),
            status: message.status,
            reason: message.reason,
            created_at: message.created_at,
            due_at: message.due_at,
            attempts: message.attempts,
            updated_at: message.updated_at,
            tries: None,
            events: None,
        }
    }

    /// By itself.
    pub(super) fn whole(claim: Claim) -> Self {
        let Claim { message, events, gathered: _, attempts } = claim;
        let tries = attempts.into_iter().map(AttemptView::of).collect();
        let events = events.iter().map(|event| event.id).collect();
        Self { tries: Some(tries), events: Some(events), ..Self::of(message) }
    }
}

impl AttemptView {
    fn of(attempt: Attempt) -> Self {
        let Attempt { number, provider, started_at, ended_at, status, provider_id, code, detail } = attempt;
        Self { number, provider, started_at, ended_at, status, provider_id, code, detail }
    }
}
