//! From an outbox to queues. The outbox is a list: what PostgreSQL makes of it is that adapter's test.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod fakes;

use async_trait::async_trait;
use fakes::{no_jitter, until};
use octavo_domain_kernel::{Message, Outbox, OutboxEntry, PortError, PortErrorKind, Queue, QueueDepth, QueueName};
use octavo_testing::build::message;
use octavo_testing::time::ManualClock;
use octavo_wiring_triggers::{Backoff, OutboxRelay, RelayOptions};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[derive(Default)]
struct Fake {
    entries: Mutex<Vec<OutboxEntry>>,
    sent: Mutex<Vec<(QueueName, Message)>>,
    claims: Mutex<u32>,
    sweeps: Mutex<u32>,
    /// What the queue says to a message with this key.
    refuse: Mutex<Option<(String, PortErrorKind)>>,
    away: Mutex<bool>,
}

#[async_trait]
impl Outbox for Fake {
    async fn outbox_claim(&self, limit: u32, _: u64, _: u64) -> Result<Vec<OutboxEntry>, PortError> {
        *self.claims.lock() += 1;
        if *self.away.lock() {
            return Err(PortError::unavailable("away"));
        }
        Ok(self.entries.lock().iter().take(limit as usize).cloned().collect())
    }

    async fn outbox_delete(&self, ids: &[Uuid]) -> Result<(), PortError> {
        self.entries.lock().retain(|entry| !ids.contains(&entry.message.id));
        Ok(())
    }

    async fn sweep(&self) -> Result<u64, PortError> {
        *self.sweeps.lock() += 1;
        Ok(3)
    }
}

#[async_trait]
impl Queue for Fake {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        if let Some((key, kind)) = &*self.refuse.lock()
            && messages.iter().any(|message| message.key == *key)
        {
            return Err((*kind).into());
        }
        self.sent.lock().extend(messages.iter().map(|message| (queue.clone(), message.clone())));
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

fn relay(fake: &Arc<Fake>, options: RelayOptions) -> OutboxRelay {
    OutboxRelay::new(fake.clone(), fake.clone(), Arc::new(ManualClock::default()), no_jitter(), options)
}

fn fill(fake: &Fake, queue: &str, numbers: std::ops::Range<u64>) {
    let entry = |n| OutboxEntry { queue: queue.parse().unwrap(), message: message(n) };
    fake.entries.lock().extend(numbers.map(entry));
}

#[tokio::test]
async fn each_goes_to_its_queue_and_is_deleted() {
    let fake = Arc::<Fake>::default();
    fill(&fake, "index", 0..3);
    fill(&fake, "audit", 3..5);
    let relay = relay(&fake, RelayOptions { batch: 4, ..RelayOptions::default() });
    assert!(relay.pass().await.unwrap(), "full: there may be more");
    assert!(!relay.pass().await.unwrap());
    assert!(fake.entries.lock().is_empty());
    let sent = fake.sent.lock();
    let to = |queue: &str| sent.iter().filter(|(name, _)| name.as_str() == queue).count();
    assert_eq!((to("index"), to("audit"), relay.status().published), (3, 2, 5));
}

#[tokio::test]
async fn what_cannot_be_sent_stays_and_holds_up_nobody() {
    let fake = Arc::<Fake>::default();
    fill(&fake, "index", 0..3);
    fill(&fake, "audit", 3..4);
    *fake.refuse.lock() = Some(("document-1".to_owned(), PortErrorKind::Corrupt));
    let relay = relay(&fake, RelayOptions::default());
    assert_eq!(relay.pass().await.unwrap_err().kind, PortErrorKind::Corrupt);
    assert_eq!(fake.sent.lock().len(), 3);
    assert_eq!(fake.entries.lock().len(), 1);
    *fake.refuse.lock() = None;
    relay.pass().await.unwrap();
    assert!(fake.entries.lock().is_empty());
}

#[tokio::test]
async fn idles_quietly_backs_off_and_recovers() {
    let fake = Arc::<Fake>::default();
    let options = RelayOptions {
        idle: Duration::from_millis(20),
        sweep_every: Duration::from_millis(30),
        pause: Backoff { base: Duration::from_millis(20), cap: Duration::from_millis(200) },
        ..RelayOptions::default()
    };
    let relay = relay(&fake, options);
    let stop = CancellationToken::new();
    let (running, token) = (relay.clone(), stop.clone());
    let task = tokio::spawn(async move { running.run(token).await });
    until("it sweeps", async || *fake.sweeps.lock() > 0).await;
    *fake.away.lock() = true;
    until("it notices", async || relay.status().errors > 0).await;
    let before = *fake.claims.lock();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(*fake.claims.lock() - before <= 5, "backs off");
    fill(&fake, "index", 0..2);
    *fake.away.lock() = false;
    until("it publishes", async || relay.status().published == 2).await;
    stop.cancel();
    task.await.unwrap();
    let status = relay.status();
    assert!(!status.running && status.swept >= 3 && status.last_error.is_some());
}
