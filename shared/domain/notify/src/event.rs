//! Events: something happened, and somebody is to be told.

use crate::{Address, Channel};
use chrono::{DateTime, Utc};
use octavo_domain_calendar::{Length, Zone};
use octavo_domain_kernel::{GroupId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Which event.
pub type EventId = Uuid;

/// What an event is about, for preferences and rules: `approval.requested`. 1 to 64 characters of `a-z`, `0-9`, `.`, `_`, `-`.
pub type Category = String;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Which: drawn by whoever says so. The same event that comes twice is one.
    pub id: EventId,
    /// The caller's own key: two of a tenant with one key are one. 1 to 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it is about.
    pub category: Category,
    /// Which template says it; the one that is called like the category, if none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Who is to be told: 1 to 500, groups counted as one.
    pub recipients: Vec<Recipient>,
    /// What templates may say: at most 64 KiB of JSON.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// Where it leads: a path of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// How urgent it is.
    #[serde(default)]
    pub urgency: Urgency,
    /// Only by these channels; by those of the category's rule and the recipient's preferences, if none are said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<BTreeSet<Channel>>,
    /// Whether it is gathered with others into one message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestRule>,
    /// What it is about, to be asked again at the moment of sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
    /// When it happened.
    pub at: DateTime<Utc>,
}

/// Who is to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case", deny_unknown_fields)]
pub enum Recipient {
    /// A person.
    User {
        /// Which.
        user: UserId,
        /// What templates may say to them alone (a link of theirs): laid over the event's data.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        data: Map<String, Value>,
    },
    /// Everybody that is known to be in a group.
    Group {
        /// Which.
        group: GroupId,
        /// But for these.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        except: BTreeSet<UserId>,
    },
    /// Somebody who is no user.
    Address {
        /// Mail or SMS.
        channel: Channel,
        /// Where.
        address: Address,
        /// What they are called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// In which language; the tenant's, if none is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
        /// In which zone; the tenant's, if none is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<Zone>,
    },
    /// A webhook, a Slack channel, a pager.
    Target {
        /// Its name.
        target: String,
    },
}

/// How urgent something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Whenever it fits.
    Low,
    /// As people set it.
    #[default]
    Normal,
    /// At once, also in quiet hours and also by SMS; never in a digest.
    Urgent,
}

/// Gathers events into one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestRule {
    /// What is gathered together: 1 to 255 characters.
    pub key: String,
    /// For how long after the first; or `None`, until the recipient's digest hour.
    pub period: Option<Length>,
}

/// Something whose state is asked for again at the moment of sending: no reminder of what was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Matter {
    /// To be told only while this approval is open and, where a seat is said, while this seat waits (for the recipient, if
    /// somebody claimed it).
    Approval {
        /// Which approval.
        approval: Uuid,
        /// Which of its seats.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<u32>,
    },
}
