//! Sends mails by a mail server.

use super::mime::{content, message_id};
use super::pool::{Lent, Pool};
use super::server::Server;
use super::verdict::{Stage, Trouble, verdict};
use crate::letter::{Letter, Mailbox};
use crate::{InvalidProvider, SmtpOptions};
use async_trait::async_trait;
use lettre::Address;
use octavo_domain_kernel::Clock;
use octavo_domain_notify::{Accepted, Channel, Outgoing, Provider, SendError};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long it may take until the server asks for the content, waiting for a connection included. Nothing is sent by then.
const ENVELOPE_TIME: Duration = Duration::from_secs(10);
/// How long the server may take to take the content, in seconds, at most and unless it is said. Shorter than RFC 5321's ten
/// minutes: whoever holds the message's lease waits.
const CONTENT_SECONDS_MAX: u64 = 30;
/// How long sending one mail by SMTP may take in all: a lease must be longer.
pub const SMTP_SEND_TIME_MAX: Duration = Duration::from_secs(45);
/// How long a connection may take to become ready for the next mail after a refusal.
const RESET_TIME: Duration = Duration::from_secs(2);

/// Sends mails by a mail server.
pub(crate) struct Smtp {
    name: String,
    per_second: Option<u32>,
    from: Mailbox,
    clock: Arc<dyn Clock>,
    content_time: Duration,
    pool: Pool,
}

impl Smtp {
    pub(crate) fn new(clock: Arc<dyn Clock>, options: &SmtpOptions, public_url: &str) -> Result<Self, InvalidProvider> {
        let from = Mailbox::parse(&options.from)
            .ok_or_else(|| InvalidProvider::new(&options.name, "'from' is no mail address"))?;
        let seconds = options.answer_seconds.unwrap_or(CONTENT_SECONDS_MAX);
        if !(1..=CONTENT_SECONDS_MAX).contains(&seconds) {
            return Err(InvalidProvider::new(&options.name, "'answer_seconds' is 1 to 30"));
        }
        let pool = Pool::new(Server::new(options, public_url)?);
        let content_time = Duration::from_secs(seconds);
        Ok(Self { name: options.name.clone(), per_second: options.per_second, from, clock, content_time, pool })
    }

    /// A connection on which the server waits for the content.
    async fn ready(&self, from: &Address, to: &Address) -> Result<Lent<'_>, SendError> {
        loop {
            let lent = self.pool.lend().await;
            let mut lent = lent.map_err(|(stage, trouble)| verdict(stage, trouble, true))?;
            let Err((stage, trouble)) = lent.connection.envelope(from, to).await else { return Ok(lent) };
            if lent.used && trouble.ends_connection() {
                // The server closed it while it was idle, and the others with it. Nothing was sent: on a new one, then.
                self.pool.forget();
                continue;
            }
            if !trouble.ends_connection() {
                self.keep(lent).await;
            }
            return Err(verdict(stage, trouble, true));
        }
    }

    /// Keeps a connection after a refusal.
    async fn keep(&self, mut lent: Lent<'_>) {
        if timeout(RESET_TIME, lent.connection.reset()).await.unwrap_or(false) {
            self.pool.give_back(lent);
        }
    }
}

#[async_trait]
impl Provider for Smtp {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn per_second(&self) -> Option<u32> {
        self.per_second
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let letter = Letter::of(message, &self.from)?;
        let content = content(message, &letter, self.clock.now())?;
        let ready = timeout(ENVELOPE_TIME, self.ready(&letter.from.address, &letter.to.address));
        let ready = ready.await.unwrap_or_else(|_| {
            let trouble = Trouble::broken("the server did not ask for the mail in time");
            Err(verdict(Stage::Data, trouble, true))
        });
        let mut lent = ready?;
        // From here on the dot may leave.
        let sent = timeout(self.content_time, lent.connection.content(&content)).await;
        let trouble = match sent {
            Ok(Ok(_)) => {
                self.pool.give_back(lent);
                return Ok(Accepted { provider_id: Some(message_id(message, &letter)), delivered: false });
            }
            Ok(Err(trouble)) => trouble,
            Err(_) => Trouble::broken("no answer to the mail in time"),
        };
        let short = lent.connection.is_short();
        if !trouble.ends_connection() {
            self.pool.give_back(lent);
        }
        Err(verdict(Stage::Content, trouble, short))
    }
}
