//! Messages and the attempts to deliver them.

use crate::{Address, Category, Channel, EventId, Matter, Recipient, Urgency};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which message: the same for the same event, recipient and channel, however often it is planned.
pub type MessageId = Uuid;

/// One event (or a digest of several) to one recipient by one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// Of which event; of a digest, the first.
    pub event: EventId,
    /// What it is about.
    pub category: Category,
    /// By what.
    pub channel: Channel,
    /// To whom: a user, an address, a target; never a group.
    pub recipient: Recipient,
    /// The user, if it is one.
    pub user: Option<UserId>,
    /// Where it goes, as it was known when it was planned or last sent.
    pub address: Option<Address>,
    /// How urgent.
    pub urgency: Urgency,
    /// What is asked again before it is sent.
    pub matter: Option<Matter>,
    /// Whether the recipient may unsubscribe from its category.
    pub mandatory: bool,
    /// The digest that it is, if it is one.
    pub digest: Option<Uuid>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why, where that needs saying.
    pub reason: Option<Reason>,
    /// When it was planned.
    pub created_at: DateTime<Utc>,
    /// When something is to be done about it; none where it is over.
    pub due_at: Option<DateTime<Utc>>,
    /// How often it was tried.
    pub attempts: u32,
    /// When its status changed last.
    pub updated_at: DateTime<Utc>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// It waits for its time: at once, or after quiet hours, or for another try.
    Planned,
    /// An attempt is under way.
    Sending,
    /// A provider took it.
    Sent,
    /// The provider says that it arrived.
    Delivered,
    /// The provider says that it did not.
    Bounced,
    /// Every try failed definitely, or was refused for good: a dead letter, which a person may send again.
    Failed,
    /// Nobody knows whether an attempt arrived. Not sent again by itself; what a provider says later settles it.
    Unknown,
    /// Not sent, for [`Reason`].
    Dropped,
}

/// Why a message stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The recipient chose not to be told.
    Preference,
    /// The address bounced, complained or unsubscribed before.
    Suppressed,
    /// No address of the channel is known.
    NoAddress,
    /// What it was about was settled meanwhile.
    Settled,
    /// The target is not there, or is not active.
    NoTarget,
    /// No provider of the channel is set up.
    NoProvider,
    /// The template cannot be rendered with this data.
    Template,
    /// It waits: for the end of quiet hours.
    QuietHours,
    /// It waits: there were too many in so long.
    Throttled,
    /// It waits: for its digest.
    Digest,
    /// It waits: no provider takes it now.
    Retry,
}

/// A try to have a message delivered by one provider. Written down before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1 on, within the message.
    pub number: u32,
    /// Whose.
    pub provider: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What became of it.
    pub status: AttemptStatus,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// Its code, as the provider says it: `550 5.1.1`, `21610`.
    pub code: Option<String>,
    /// What the provider said; at most 1,000 characters.
    pub detail: Option<String>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptStatus {
    /// It has no end yet. Whoever finds it so after its time knows no more than that.
    Started,
    /// The provider took it.
    Accepted,
    /// The provider refused it definitely, for good.
    Rejected,
    /// The provider did not take it, definitely, and may another time.
    NotTaken,
    /// Nobody knows.
    Unknown,
    /// The provider says that it arrived.
    Delivered,
    /// The provider says that it did not.
    Bounced,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub status: AttemptStatus,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// What the provider said.
    pub detail: Option<String>,
    /// When it ended.
    pub at: DateTime<Utc>,
}
