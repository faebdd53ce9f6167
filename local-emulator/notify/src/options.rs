//! Where to listen, and what the fakes know of their customers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Tells the time, in milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Where to listen, and what the fakes know of their customers.
#[derive(Clone)]
pub struct Options {
    /// HTTP. Port 0 takes a free one: ask [`Server::url`](crate::Server::url).
    pub http: SocketAddr,
    /// SMTP, likewise: [`Server::smtp_address`](crate::Server::smtp_address).
    pub smtp: SocketAddr,
    /// Whether the mail server offers STARTTLS, with a certificate of its own for localhost and 127.0.0.1:
    /// [`Server::smtp_certificate`](crate::Server::smtp_certificate). Nobody has to use it.
    pub smtp_tls: bool,
    /// Where messages and signing keys are kept. Without it they are in memory only; with it, a message is on the disk before
    /// its sender is answered.
    pub data: Option<PathBuf>,
    /// Who may send.
    pub accounts: Accounts,
    /// Where the providers call.
    pub callbacks: Callbacks,
    /// How long each step of a message's life takes: queued, sent, delivered.
    pub step: Duration,
    /// What times are told by.
    pub clock: Clock,
    /// Part of every identifier, together with the time of the start.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            http: SocketAddr::from(([127, 0, 0, 1], 0)),
            smtp: SocketAddr::from(([127, 0, 0, 1], 0)),
            smtp_tls: false,
            data: None,
            accounts: Accounts::default(),
            callbacks: Callbacks::default(),
            step: Duration::from_millis(50),
            clock: Arc::new(system_milliseconds),
            seed: 0,
        }
    }
}

/// Who may send, and by which key: one customer a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// SMTP: user and password. Whoever does not log in may send too, unless `smtp_login` is set.
    pub smtp_user: String,
    /// See `smtp_user`.
    pub smtp_password: String,
    /// Whether one must log in.
    pub smtp_login: bool,
    /// SES: access key; the secret is `ses_secret`.
    pub ses_access_key: String,
    /// See `ses_access_key`.
    pub ses_secret: String,
    /// SendGrid's API key.
    pub sendgrid_key: String,
    /// Postmark's server token.
    pub postmark_token: String,
    /// Twilio: account (`AC` and 32 hexadecimal digits); the token is `twilio_token`.
    pub twilio_account: String,
    /// See `twilio_account`. Callbacks are signed with it.
    pub twilio_token: String,
    /// The numbers that the account has: messages come from one of these, or from a messaging service (`MG...`).
    pub twilio_numbers: Vec<String>,
    /// Secrets of webhooks (`whsec_...`) by their name. What comes to `/webhook/{name}` without one is not verified.
    pub webhook_secrets: BTreeMap<String, String>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            smtp_user: "mailer".to_owned(),
            smtp_password: "mailer-password".to_owned(),
            smtp_login: false,
            ses_access_key: "AKIAFAKESESACCESSKEY".to_owned(),
            ses_secret: "fake-ses-secret".to_owned(),
            sendgrid_key: "SG.fake-sendgrid-key".to_owned(),
            postmark_token: "11111111-2222-3333-4444-555555555555".to_owned(),
            twilio_account: "AC00000000000000000000000000000001".to_owned(),
            twilio_token: "fake-twilio-token".to_owned(),
            twilio_numbers: vec!["+15005550006".to_owned()],
            webhook_secrets: BTreeMap::new(),
        }
    }
}

/// Where the providers call. Twilio is told so with each message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callbacks {
    /// SendGrid's event webhook.
    pub sendgrid: Option<String>,
    /// Postmark's webhook.
    pub postmark: Option<String>,
    /// Postmark's user there, and its password: HTTP basic authentication.
    pub postmark_user: Option<String>,
    /// See `postmark_user`.
    pub postmark_password: Option<String>,
    /// The subscription of the SNS topic to which SES tells its events.
    pub ses: Option<String>,
    /// The topic.
    pub ses_topic: String,
}

impl Default for Callbacks {
    fn default() -> Self {
        Self {
            sendgrid: None,
            postmark: None,
            postmark_user: None,
            postmark_password: None,
            ses: None,
            ses_topic: "arn:aws:sns:eu-west-1:123456789012:mail-events".to_owned(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the server reads the clock; Options::clock replaces it"
)]
fn system_milliseconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
