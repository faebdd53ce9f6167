//! Targets: what is told something and is no person.

use crate::Channel;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An endpoint of the tenant's.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// 1 to 64 characters of `a-z`, `0-9`, `-`.
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
    /// Whether it is told anything.
    pub active: bool,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}

/// What a target is. Its secrets are sealed where it is stored (`seal` of the whole), and shown to nobody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TargetKind {
    /// An HTTP endpoint, signed after the Standard Webhooks specification.
    Webhook {
        /// Where.
        url: String,
        /// What it is signed with: `whsec_` and Base64 of 24 to 64 bytes.
        secret: String,
    },
    /// An incoming webhook of Slack's.
    Slack {
        /// Where; it is a secret itself.
        url: String,
    },
    /// A service of PagerDuty's.
    Pagerduty {
        /// The integration's key.
        routing_key: String,
        /// `critical`, `error`, `warning` or `info`.
        severity: String,
    },
}

impl TargetKind {
    /// Its channel.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Webhook { .. } => Channel::Webhook,
            Self::Slack { .. } => Channel::Slack,
            Self::Pagerduty { .. } => Channel::Pagerduty,
        }
    }
}
