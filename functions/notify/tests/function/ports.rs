//! A queue, rates and callbacks that do as a test says.

use async_trait::async_trait;
use octavo_domain_kernel::{Message, PortError, Queue, QueueDepth, QueueName, TenantId};
use octavo_domain_notify::{Callback, CallbackNews, CallbackRefused, CallbackVerifier, Rates};
use parking_lot::Mutex;
use std::time::Duration;

/// Keeps what is sent.
#[derive(Default)]
pub(crate) struct Sent(pub(crate) Mutex<Vec<(String, Message)>>);

#[async_trait]
impl Queue for Sent {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        self.0.lock().extend(messages.iter().map(|message| (queue.as_str().to_owned(), message.clone())));
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// Lets so many through, then says how long to wait; without a number, everything.
#[derive(Default)]
pub(crate) struct Turns {
    pub(crate) left: Mutex<Option<u32>>,
    pub(crate) wait: Mutex<Duration>,
}

#[async_trait]
impl Rates for Turns {
    async fn take(&self, _: &str, _: u32) -> Result<(), Duration> {
        match &mut *self.left.lock() {
            None => Ok(()),
            Some(0) => Err(*self.wait.lock()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

/// Believes whoever sends `proof: good`, and then says what it is told to.
#[derive(Default)]
pub(crate) struct Believes {
    pub(crate) news: Mutex<Vec<(TenantId, CallbackNews)>>,
    /// The address and the reference that the last one came to.
    pub(crate) seen: Mutex<Option<(String, Option<String>)>>,
}

#[async_trait]
impl CallbackVerifier for Believes {
    async fn verify(&self, callback: &Callback<'_>) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused> {
        if callback.provider != "mail" {
            return Err(CallbackRefused::NoProvider);
        }
        *self.seen.lock() = Some((callback.url.to_owned(), callback.reference.map(str::to_owned)));
        let proof = callback.headers.iter().find(|(name, _)| name == "proof").map(|(_, value)| value.as_str());
        match proof {
            Some("good") => Ok(self.news.lock().clone()),
            Some("odd") => Err(CallbackRefused::Unreadable("told to".to_owned())),
            Some("away") => Err(CallbackRefused::Unavailable(PortError::unavailable("told to"))),
            _ => Err(CallbackRefused::Unproved("told to".to_owned())),
        }
    }
}
