//! One message as it is shown.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By SMTP, SES, SendGrid or Postmark.
    Mail,
    /// By Twilio.
    Sms,
    /// To `/webhook/{name}`.
    Webhook,
    /// By a webhook of Slack's.
    Slack,
    /// To PagerDuty.
    Pager,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was not taken.
    Refused,
    /// It was taken.
    Accepted,
    /// It is on its way.
    Sent,
    /// It arrived.
    Delivered,
    /// It did not.
    Bounced,
    /// It arrived, and its recipient called it spam.
    Complained,
}

/// The request, or the SMTP session, that brought a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// HTTP method; `SMTP`.
    pub method: String,
    /// Path and query; for SMTP, who it said it is.
    pub path: String,
    /// Names in lower case; the values of secrets are `***`.
    pub headers: BTreeMap<String, String>,
    /// As whom it proved itself: an account, an access key, a user; of bearer tokens, nothing.
    pub user: Option<String>,
}

/// A callback that a provider made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// When it ended: milliseconds since 1970.
    pub at: u64,
    /// Where.
    pub url: String,
    /// What it told, by the provider's own name: `delivered`, `Bounce`, `HardBounce`.
    pub event: String,
    /// HTTP status of the last answer; none if there was none.
    pub status: Option<u16>,
    /// How often it was tried.
    pub tries: u32,
}

/// A message that was taken or refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// From 1, in order of arrival, refused ones among them. Goes on behind what a folder has.
    pub number: u64,
    /// When: milliseconds since 1970.
    pub at: u64,
    /// `smtp`, `ses`, `sendgrid`, `postmark`, `twilio`, `slack`, `pagerduty` or `webhook`.
    pub provider: String,
    /// What it is.
    pub kind: Kind,
    /// What became of it.
    pub state: State,
    /// What the provider calls it: its answer told the sender.
    pub id: String,
    /// Mail addresses, telephone numbers; the name of a webhook; the secret path of a Slack webhook; a routing key.
    pub to: Vec<String>,
    /// From whom, as it was said.
    pub from: String,
    /// A mail's subject, a pager's summary.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// A mail's HTML.
    pub html: String,
    /// A mail's headers, in order; of mails that come as JSON, the further ones.
    pub headers: Vec<(String, String)>,
    /// The names of a mail's attachments.
    pub attachments: Vec<String>,
    /// By what it is known: `message_id` of mails, SendGrid's `custom_args`, Postmark's `metadata`, SES's tags, `webhook_id`,
    /// `dedup_key`, `status_callback`.
    pub tags: BTreeMap<String, String>,
    /// What came, if it is JSON; of Twilio, the form.
    pub body: Option<Value>,
    /// Which request brought it.
    pub origin: Origin,
    /// Status of the answer: HTTP's, or SMTP's reply; 0 if there was none.
    pub status: u16,
    /// Why it was not taken.
    pub refused: Option<String>,
    /// The fault that changed what happened.
    pub fault: Option<u64>,
    /// The callbacks about it so far.
    pub callbacks: Vec<Called>,
}

/// A message as a provider understood it, before it is known what becomes of it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) to: Vec<String>,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) attachments: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) body: Option<Value>,
    pub(crate) user: Option<String>,
    pub(crate) raw: Bytes,
}

impl Draft {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            to: Vec::new(),
            from: String::new(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            headers: Vec::new(),
            attachments: Vec::new(),
            tags: BTreeMap::new(),
            body: None,
            user: None,
            raw: Bytes::new(),
        }
    }
}

/// Which messages are shown; all conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those with a higher number.
    pub since: u64,
    /// Only these.
    pub kind: Option<Kind>,
    /// Only of this provider.
    pub provider: Option<String>,
    /// Only to somebody whose address has this in it; upper and lower case are one.
    pub to: Option<String>,
    /// Only those that were taken, or only those that were not.
    pub accepted: Option<bool>,
}

impl Filter {
    pub(crate) fn takes(&self, sent: &Sent) -> bool {
        let wanted = self.to.as_ref().map(|to| to.to_lowercase());
        sent.number > self.since
            && self.kind.is_none_or(|kind| kind == sent.kind)
            && self.provider.as_ref().is_none_or(|provider| *provider == sent.provider)
            && wanted.is_none_or(|wanted| sent.to.iter().any(|to| to.to_lowercase().contains(&wanted)))
            && self.accepted.is_none_or(|accepted| accepted == (sent.refused.is_none()))
    }
}

impl Sent {
    /// Whether the provider took it.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.refused.is_none()
    }
}
