//! The port of what delivers.

use crate::{Address, CallbackNews, Channel, MessageId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use serde_json::Value;
use std::time::Duration;

/// A message as a provider gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which. Providers that know such a thing are told it (a Message-ID, a custom argument, a deduplication key), and say it in
    /// their callbacks.
    pub id: MessageId,
    /// From 1 on.
    pub attempt: u32,
    /// Where to.
    pub to: Address,
    /// What the recipient is called.
    pub name: Option<String>,
    /// What.
    pub content: OutgoingContent,
}

/// What is delivered.
#[derive(Debug, Clone, PartialEq)]
pub enum OutgoingContent {
    /// A mail.
    Email {
        /// `Name <address>`; the provider's own where none is said.
        from: Option<String>,
        /// `Reply-To`.
        reply_to: Option<String>,
        /// One line.
        subject: String,
        /// Plain text.
        text: String,
        /// HTML.
        html: String,
        /// Further headers, such as `List-Unsubscribe`.
        headers: Vec<(String, String)>,
    },
    /// A text message.
    Sms {
        /// At most 1,600 characters.
        text: String,
    },
    /// A POST, signed.
    Webhook {
        /// Where.
        url: String,
        /// What it is signed with.
        secret: String,
        /// The body.
        body: Value,
    },
    /// A message of Slack's.
    Slack {
        /// Where.
        url: String,
        /// What `text` says: shown in notices.
        text: String,
        /// `blocks`.
        blocks: Value,
    },
    /// An event of PagerDuty's.
    Pagerduty {
        /// The integration's key.
        routing_key: String,
        /// `trigger`, `acknowledge` or `resolve`.
        action: String,
        /// What it is about: the same while it lasts.
        dedup_key: String,
        /// One line: at most 1,024 characters.
        summary: String,
        /// `critical`, `error`, `warning` or `info`.
        severity: String,
        /// Where it comes from.
        source: String,
        /// More.
        details: Value,
        /// Where it leads.
        link: Option<String>,
    },
}

/// A provider took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// Whether it arrived, by that: a webhook's answer says so; a mail server's does not.
    pub delivered: bool,
}

/// A provider did not take a message, or nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Definitely refused, for this recipient: no other provider would do better.
    #[error("the recipient was refused: {detail}")]
    Recipient {
        /// The provider's code.
        code: Option<String>,
        /// What it said.
        detail: String,
        /// Whether the address is no good for ever: it goes to the suppression list.
        suppress: bool,
    },
    /// Definitely refused, for something of ours or of the provider's (credentials, content, account): another provider may
    /// take it.
    #[error("refused: {detail}")]
    Rejected {
        /// The provider's code.
        code: Option<String>,
        /// What it said.
        detail: String,
    },
    /// Definitely not taken, for now: it was not reached, or it asks to wait. Another provider may take it.
    #[error("not taken now: {detail}")]
    NotTaken {
        /// The provider's code.
        code: Option<String>,
        /// What it said.
        detail: String,
        /// After how long it may be asked again.
        retry_after: Option<Duration>,
    },
    /// The request was (or may have been) made and its answer is not known: it may have been delivered.
    #[error("nobody knows whether it was taken: {detail}")]
    Unknown {
        /// What happened.
        detail: String,
    },
}

/// Something that delivers messages of one channel: one file each in `shared/adapters/channels`.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What it is called in attempts and settings: `smtp`, `sendgrid`. 1 to 64 characters.
    fn name(&self) -> &str;
    /// Its channel.
    fn channel(&self) -> Channel;
    /// Messages a second that it takes; none where it takes what comes.
    fn per_second(&self) -> Option<u32> {
        None
    }
    /// Has a message delivered. Bounded in time by the provider itself.
    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError>;
    /// What became of an attempt whose end is not known, if the provider can be asked: taken (true), or definitely not (false).
    async fn taken(&self, message: &Outgoing) -> Option<Result<Accepted, SendError>> {
        let _ = message;
        None
    }
}

/// What came to `/v1/notification-callbacks/{provider}[/{reference}]`, as it came: nothing of it is believed yet.
#[derive(Debug, Clone, Copy)]
pub struct Callback<'a> {
    /// Which provider is said to call: [`Provider::name`].
    pub provider: &'a str,
    /// What stands behind it in the path: `{tenant}.{message}`, where a provider is told an address for each message.
    pub reference: Option<&'a str>,
    /// The address that was called, as the provider knows it: some sign it.
    pub url: &'a str,
    /// The headers, names in lower case; what is no text is left out.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
    /// The present: signatures grow old.
    pub now: DateTime<Utc>,
}

/// Why a callback is not believed.
#[derive(Debug, thiserror::Error)]
pub enum CallbackRefused {
    /// No provider of this name is set up here, or it does not call.
    #[error("no such provider calls here")]
    NoProvider,
    /// It does not prove that it comes from the provider. The text is for the log.
    #[error("the caller does not prove who it is: {0}")]
    Unproved(String),
    /// It comes from the provider and cannot be understood.
    #[error("the callback cannot be read: {0}")]
    Unreadable(String),
    /// It cannot be checked now (a certificate cannot be fetched).
    #[error("callbacks cannot be checked now")]
    Unavailable(#[source] PortError),
}

/// Checks callbacks and takes them apart: one file a provider in `shared/adapters/channels`.
#[async_trait]
pub trait CallbackVerifier: Send + Sync {
    /// What it says of which tenants' messages; nothing, where it says nothing of ours (a confirmation, an event of no
    /// interest). At most 1,000 pieces of news.
    async fn verify(&self, callback: &Callback<'_>) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused>;
}
