//! Providers that do as a test says, and keep what they took.

use crate::life::Life;
use async_trait::async_trait;
use octavo_domain_notify::{Accepted, Address, Channel, MessageId, Outgoing, OutgoingContent, Provider, SendError};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What a provider does with a message.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Take,
    Refuse,
    RefuseRecipient {
        for_ever: bool,
    },
    NotNow {
        after: Option<Duration>,
    },
    /// It takes it, and its answer is lost.
    TakeInSilence,
}

/// A provider.
pub(crate) struct Fake {
    name: &'static str,
    channel: Channel,
    per_second: Option<u32>,
    /// Whether it can be asked what became of a message.
    asked: bool,
    life: Arc<Life>,
    next: Mutex<VecDeque<Does>>,
    pub(crate) usual: Mutex<Does>,
    /// What it took, in order.
    pub(crate) took: Mutex<Vec<Outgoing>>,
    /// Every message that it was asked to take.
    pub(crate) calls: Mutex<Vec<MessageId>>,
}

impl Fake {
    pub(crate) fn new(name: &'static str, channel: Channel, life: &Arc<Life>) -> Self {
        Self {
            name,
            channel,
            per_second: None,
            asked: false,
            life: life.clone(),
            next: Mutex::default(),
            usual: Mutex::new(Does::Take),
            took: Mutex::default(),
            calls: Mutex::default(),
        }
    }

    pub(crate) fn asked(mut self) -> Self {
        self.asked = true;
        self
    }

    pub(crate) fn per_second(mut self, messages: u32) -> Self {
        self.per_second = Some(messages);
        self
    }

    /// What it does next, before what it usually does.
    pub(crate) fn next(&self, does: impl IntoIterator<Item = Does>) {
        self.next.lock().extend(does);
    }

    pub(crate) fn usually(&self, does: Does) {
        *self.usual.lock() = does;
    }

    /// How often it took this message.
    pub(crate) fn times(&self, message: MessageId) -> usize {
        self.took.lock().iter().filter(|taken| taken.id == message).count()
    }

    pub(crate) fn count(&self) -> usize {
        self.took.lock().len()
    }

    /// The mail that it took last: subject, text and headers.
    pub(crate) fn mail(&self) -> (String, String, Vec<(String, String)>) {
        match self.took.lock().last().expect("it took something").content.clone() {
            OutgoingContent::Email { subject, text, headers, .. } => (subject, text, headers),
            other => panic!("no mail: {other:?}"),
        }
    }

    /// The same with its HTML instead.
    pub(crate) fn page(&self) -> (String, String, Vec<(String, String)>) {
        match self.took.lock().last().expect("it took something").content.clone() {
            OutgoingContent::Email { subject, html, headers, .. } => (subject, html, headers),
            other => panic!("no mail: {other:?}"),
        }
    }

    pub(crate) fn addresses(&self) -> Vec<Address> {
        let mut found: Vec<_> = self.took.lock().iter().map(|taken| taken.to.clone()).collect();
        found.sort();
        found
    }

    fn answer(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        self.calls.lock().push(message.id);
        let does = self.next.lock().pop_front().unwrap_or_else(|| self.usual.lock().clone());
        let detail = "told to".to_owned();
        match does {
            Does::Take | Does::TakeInSilence => {
                self.took.lock().push(message.clone());
                match does {
                    Does::Take => Ok(self.accepted(message)),
                    _ => Err(SendError::Unknown { detail }),
                }
            }
            Does::Refuse => Err(SendError::Rejected { code: Some("554".to_owned()), detail }),
            Does::RefuseRecipient { for_ever } => {
                Err(SendError::Recipient { code: Some("550".to_owned()), detail, suppress: for_ever })
            }
            Does::NotNow { after } => Err(SendError::NotTaken { code: None, detail, retry_after: after }),
        }
    }

    fn accepted(&self, message: &Outgoing) -> Accepted {
        let id = format!("{}-{}", self.name, message.id);
        Accepted { provider_id: Some(id), delivered: self.channel.is_idempotent() }
    }
}

#[async_trait]
impl Provider for Fake {
    fn name(&self) -> &str {
        self.name
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn per_second(&self) -> Option<u32> {
        self.per_second
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        self.life.step(async { self.answer(message) }).await
    }

    async fn taken(&self, message: &Outgoing) -> Option<Result<Accepted, SendError>> {
        if !self.asked {
            return None;
        }
        let detail = "it has no such message".to_owned();
        let known = self.times(message.id) > 0;
        Some(if known {
            Ok(self.accepted(message))
        } else {
            Err(SendError::NotTaken { code: None, detail, retry_after: None })
        })
    }
}
