//! Channels.

use serde::{Deserialize, Serialize};
use std::fmt;

/// By what somebody is told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Mail.
    Email,
    /// Text messages to a telephone.
    Sms,
    /// The inbox of the application.
    InApp,
    /// An HTTP endpoint of the tenant's.
    Webhook,
    /// A Slack channel, by its incoming webhook.
    Slack,
    /// A PagerDuty service, by Events API v2.
    Pagerduty,
}

impl Channel {
    /// As text: `in_app`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::InApp => "in_app",
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Pagerduty => "pagerduty",
        }
    }

    /// Whether the receiver knows one thing that is told twice as one: then an attempt whose end nobody knows is made again
    /// instead of left unknown.
    pub fn is_idempotent(self) -> bool {
        matches!(self, Self::InApp | Self::Webhook | Self::Pagerduty)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a message goes: a mail address, a telephone number in E.164's form (`+4366012345`), a user's id for the inbox, a
/// target's name for the rest. 1 to 320 characters; mail addresses are compared in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address(pub String);

impl Address {
    /// An address of a channel, in the spelling that is compared: a mail address in lower case.
    pub fn new(channel: Channel, text: &str) -> Self {
        match channel {
            Channel::Email => Self(text.to_ascii_lowercase()),
            _ => Self(text.to_owned()),
        }
    }
}
