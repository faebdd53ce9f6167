//! What notifications need of a store.

use crate::{
    Address, Attempt, AttemptStatus, Category, Channel, Event, EventId, Matter, Message, MessageId, MessageStatus,
    NewNotification, Outcome, Preferences, Reason, Settings,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{OutboxEntry, PortError, TenantId, UserId};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// A message as it is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// It; `status` is `Planned` or `Dropped`.
    pub message: Message,
    /// The digest that gathers it, instead of a message of its own.
    pub digest: Option<PlannedDigest>,
}

/// The digest that an event is gathered into: opened if none of these is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDigest {
    /// What is gathered together, for one recipient and channel.
    pub key: String,
    /// When it is sent, if it is opened by this.
    pub due_at: DateTime<Utc>,
}

/// An event as it lies there.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// It.
    pub event: Event,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
    /// How many messages it has, by status.
    pub messages: Vec<(MessageStatus, u32)>,
}

/// A message that this worker may work on.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// It.
    pub message: Message,
    /// Its event; of a digest, all that were gathered, oldest first, at most 100. Shared: an event to 500 people is one.
    pub events: Vec<Arc<Event>>,
    /// How many were gathered in all.
    pub gathered: u32,
    /// The attempts so far. The last one may have no end: its worker died.
    pub attempts: Vec<Attempt>,
}

/// What became of the start of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It is written down: make it.
    Yes,
    /// The lease is another's by now, or the message is over.
    No,
}

/// How a worker leaves a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// Which.
    pub id: MessageId,
    /// Where it stands then. `Sending`: only its attempt ended, and the worker asks the next provider at once: the lease stays as
    /// it is, and so does everything else of the message.
    pub status: MessageStatus,
    /// Why.
    pub reason: Option<Reason>,
    /// When something is to be done about it again.
    pub due_at: Option<DateTime<Utc>>,
    /// The end of the attempt of this number, if one was made.
    pub attempt: Option<(u32, Outcome)>,
    /// The address that is no good any more.
    pub suppress: Option<Suppression>,
    /// The inbox of this user gets this in the same transaction: `Channel::InApp` is delivered by its commit. It is called
    /// [`notification_id`](crate::notification_id) of the message and the moment of closing there.
    pub inbox: Option<(UserId, NewNotification)>,
    /// What is published after the commit.
    pub messages: Vec<OutboxEntry>,
}

/// An address that is not to be told anything by a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// By which channel.
    pub channel: Channel,
    /// Where.
    pub address: Address,
    /// Only of this category, if one is named: it unsubscribed from that.
    pub category: Option<Category>,
    /// `bounce`, `complaint`, `unsubscribe` or `manual`.
    pub why: String,
    /// What the provider said.
    pub detail: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a provider says of an attempt later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackNews {
    /// The message, as the provider was told it; else it is found by what the provider calls it.
    pub message: Option<MessageId>,
    /// Whose.
    pub provider: String,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// What became of it: `Accepted`, `Delivered`, `Bounced` or `Rejected`. Never takes a later state back: what arrived or
    /// bounced stays so.
    pub status: AttemptStatus,
    /// Its code.
    pub code: Option<String>,
    /// What it said.
    pub detail: Option<String>,
    /// The address that is no good any more.
    pub suppress: Option<Suppression>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which messages are listed; all conditions hold together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MessageQuery {
    /// Of this event.
    pub event: Option<EventId>,
    /// To this user.
    pub user: Option<UserId>,
    /// By this channel.
    pub channel: Option<Channel>,
    /// In one of these states; empty is any.
    pub statuses: Vec<MessageStatus>,
    /// Of this category.
    pub category: Option<Category>,
    /// Behind this one: newest first.
    pub after: Option<MessageId>,
    /// How many at most, 1 to 200.
    pub limit: u32,
}

/// A template of the tenant's, in one language. Takes the place of the platform's own.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTemplate {
    /// Which: as a category is written.
    pub name: String,
    /// BCP 47.
    pub language: String,
    /// Its parts, by name; at most 128 KiB in all.
    pub parts: Map<String, Value>,
    /// From 1 on: whoever changes it says which they saw.
    pub revision: u32,
    /// When.
    pub updated_at: DateTime<Utc>,
    /// By whom.
    pub updated_by: UserId,
}

/// Keeps events, messages, attempts, and what tenant and people set. Every call is of one tenant and sees nothing of another.
/// PostgreSQL implements this; that something is due is found across tenants by its `DueWork`.
#[async_trait]
pub trait NotifyStore: Send + Sync {
    /// Takes an event to be told: with its outbox row, for [`event_message`](crate::event_message), in one transaction. The id of
    /// the event that has its key already, instead of its own: keys are known for as long as
    /// events are kept, 90 days.
    async fn event_accept(&self, tenant: &TenantId, event: &Event, at: DateTime<Utc>) -> Result<EventId, PortError>;
    /// Keeps what an event became, in one transaction: the event, its messages, the digests that it is gathered into. `worker`
    /// holds what is due by `at`, until `until`, and gets it. What is there already stays as it is, and nothing of it is held:
    /// the event came twice. A digest is opened once, whoever plans at the same time.
    async fn event_plan(
        &self,
        tenant: &TenantId,
        event: &Event,
        planned: &[Planned],
        at: DateTime<Utc>,
        worker: &str,
        until: DateTime<Utc>,
    ) -> Result<Vec<Claim>, PortError>;
    /// Whether an event was planned: then it need not be planned again.
    async fn event_known(&self, tenant: &TenantId, event: EventId) -> Result<bool, PortError>;
    /// An event.
    async fn event_get(&self, tenant: &TenantId, event: EventId) -> Result<Option<StoredEvent>, PortError>;
    /// Events, newest first, behind `after`. At most 200.
    async fn event_list(
        &self,
        tenant: &TenantId,
        category: Option<&str>,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, PortError>;

    /// Leases those of `messages` (at most 1,000) that are due and nobody holds; what is due within half a second is due, since
    /// clocks differ. A digest is closed by this: what comes later opens another.
    async fn messages_claim(
        &self,
        tenant: &TenantId,
        messages: &[MessageId],
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Claim>, PortError>;
    /// Writes down that an attempt begins, of the next number, if the lease still holds; where the message goes is kept with it.
    async fn attempt_start(
        &self,
        tenant: &TenantId,
        message: MessageId,
        worker: &str,
        attempt: &Attempt,
        address: &Address,
    ) -> Result<Started, PortError>;
    /// Leaves messages, all in one transaction; those whose lease is another's by now stay as they are. Answers those that were
    /// left so. A notification whose key is in the inbox already is not put there twice.
    async fn messages_close(
        &self,
        tenant: &TenantId,
        worker: &str,
        closed: &[Closed],
        at: DateTime<Utc>,
    ) -> Result<Vec<MessageId>, PortError>;
    /// One, with its attempts and events.
    async fn message_get(&self, tenant: &TenantId, message: MessageId) -> Result<Option<Claim>, PortError>;
    /// Some, without attempts and events.
    async fn message_list(&self, tenant: &TenantId, query: &MessageQuery) -> Result<Vec<Message>, PortError>;
    /// A message that is over and was not delivered (failed, unknown, bounced or dropped) is to be tried again at once, by a
    /// person's word: false if it is none. Its attempts go on being counted.
    async fn message_retry(&self, tenant: &TenantId, message: MessageId, at: DateTime<Utc>) -> Result<bool, PortError>;
    /// Takes what providers say. Answers how many were about a message that is known.
    async fn callbacks_take(&self, tenant: &TenantId, news: &[CallbackNews]) -> Result<u32, PortError>;
    /// How many messages of a category went to a user by a channel since then, urgent ones not counted, for the throttle.
    async fn messages_since(
        &self,
        tenant: &TenantId,
        user: &UserId,
        category: &str,
        channel: Channel,
        since: DateTime<Utc>,
    ) -> Result<u32, PortError>;
    /// Whether a matter is as it was, so that this user is still to be told of it. By what is true at this moment.
    async fn matter_stands(&self, tenant: &TenantId, matter: &Matter, user: Option<&UserId>)
    -> Result<bool, PortError>;

    /// Suppressions of these addresses.
    async fn suppressions_of(
        &self,
        tenant: &TenantId,
        addresses: &[(Channel, Address)],
    ) -> Result<Vec<Suppression>, PortError>;
    /// Newest first, behind this moment. At most 200.
    async fn suppression_list(
        &self,
        tenant: &TenantId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Suppression>, PortError>;
    /// Keeps one; one that is there stays.
    async fn suppression_put(&self, tenant: &TenantId, suppression: &Suppression) -> Result<(), PortError>;
    /// Deletes all of an address; false if there is none.
    async fn suppression_delete(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &Address,
    ) -> Result<bool, PortError>;

    /// The preferences of these users; of whoever chose nothing, none.
    async fn preferences_get(
        &self,
        tenant: &TenantId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Preferences)>, PortError>;
    /// Sets a user's.
    async fn preferences_put(
        &self,
        tenant: &TenantId,
        user: &UserId,
        preferences: &Preferences,
        at: DateTime<Utc>,
    ) -> Result<(), PortError>;
    /// The tenant's settings with their revision (0 if it set none).
    async fn settings_get(&self, tenant: &TenantId) -> Result<(Settings, u32), PortError>;
    /// Sets them, if `revision` is still the present one: the new revision, else none.
    async fn settings_put(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        revision: u32,
        by: &UserId,
        at: DateTime<Utc>,
    ) -> Result<Option<u32>, PortError>;

    /// The tenant's templates of this name (of all, for none), in all languages. At most 500 a tenant.
    async fn templates(&self, tenant: &TenantId, name: Option<&str>) -> Result<Vec<StoredTemplate>, PortError>;
    /// Sets one, if `template.revision` is one more than the present one's (1 for a new one); false if it is not.
    async fn template_put(&self, tenant: &TenantId, template: &StoredTemplate) -> Result<bool, PortError>;
    /// Deletes one: the platform's own holds again. False if there is none.
    async fn template_delete(&self, tenant: &TenantId, name: &str, language: &str) -> Result<bool, PortError>;

    /// The tenant's targets; of these names, or all. At most 100 a tenant. Sealed where they lie: `seal` and `open` are the
    /// caller's, so that the store never sees a secret.
    async fn targets(&self, tenant: &TenantId, names: Option<&[String]>) -> Result<Vec<SealedTarget>, PortError>;
    /// Sets one.
    async fn target_put(&self, tenant: &TenantId, target: &SealedTarget) -> Result<(), PortError>;
    /// Deletes one; false if there is none.
    async fn target_delete(&self, tenant: &TenantId, name: &str) -> Result<bool, PortError>;
}

/// A [`Target`](crate::Target) as it lies there.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedTarget {
    /// Its name.
    pub name: String,
    /// Its channel.
    pub channel: Channel,
    /// [`TargetKind`](crate::TargetKind) as JSON, sealed.
    pub sealed: bytes::Bytes,
    /// Whether it is told anything.
    pub active: bool,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}

/// How fast a provider may be asked, over all processes. Redis implements this.
#[async_trait]
pub trait Rates: Send + Sync {
    /// Takes one of `per_second` of this key; or says how long to wait for one. When it cannot be asked it lets through: a
    /// provider that is asked too often says so itself.
    async fn take(&self, key: &str, per_second: u32) -> Result<(), Duration>;
}
