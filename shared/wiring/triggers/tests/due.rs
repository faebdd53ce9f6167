//! From due work to queues. The store is a list: what PostgreSQL makes of it is that adapter's test.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod fakes;

use async_trait::async_trait;
use fakes::{no_jitter, until};
use octavo_domain_kernel::{
    Due, DueWork, Message, OutboxEntry, PortError, PortErrorKind, Queue, QueueDepth, QueueName,
};
use octavo_testing::build::message;
use octavo_testing::time::ManualClock;
use octavo_wiring_triggers::{Backoff, Bell, BellOptions};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Work that is due until a message for it was sent.
#[derive(Default)]
struct Fake {
    due: Mutex<Vec<OutboxEntry>>,
    sent: Mutex<Vec<(QueueName, Message)>>,
    claims: Mutex<Vec<(u32, u64)>>,
    away: Mutex<Option<PortErrorKind>>,
}

#[async_trait]
impl DueWork for Fake {
    async fn due_claim(&self, limit: u32, hold_ms: u64) -> Result<Due, PortError> {
        self.claims.lock().push((limit, hold_ms));
        let mut due = self.due.lock();
        let many = due.len().min(limit as usize);
        Ok(Due { entries: due.drain(..many).collect(), next_at: None })
    }
}

#[async_trait]
impl Queue for Fake {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        if let Some(kind) = *self.away.lock() {
            return Err(kind.into());
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

fn entry(queue: &str, key: &str) -> OutboxEntry {
    OutboxEntry { queue: queue.parse().unwrap(), message: Message { key: key.to_owned(), ..message(1) } }
}

fn bell(fake: &Arc<Fake>, clock: &Arc<ManualClock>, options: BellOptions) -> Bell {
    Bell::new(fake.clone(), fake.clone(), clock.clone(), no_jitter(), options)
}

#[tokio::test]
async fn what_is_due_is_rung_for_on_its_queue() {
    let (fake, clock) = (Arc::new(Fake::default()), Arc::new(ManualClock::default()));
    *fake.due.lock() = vec![entry("step", "1"), entry("notify", "2"), entry("step", "3")];
    let bell = bell(&fake, &clock, BellOptions { batch: 2, hold: Duration::from_secs(7), ..BellOptions::default() });
    assert_eq!(bell.pass().await.unwrap().entries.len(), 2);
    assert_eq!(bell.pass().await.unwrap().entries.len(), 1);
    let sent: Vec<_> =
        fake.sent.lock().iter().map(|(queue, message)| (queue.to_string(), message.key.clone())).collect();
    let expected = [("notify", "2"), ("step", "1"), ("step", "3")];
    assert_eq!(sent, expected.map(|(queue, key)| (queue.to_owned(), key.to_owned())));
    assert_eq!(*fake.claims.lock(), [(2, 7_000), (2, 7_000)]);
    assert_eq!(bell.status().rung, 3);
}

#[tokio::test]
async fn with_the_queue_away_it_says_so_and_goes_on() {
    let (fake, clock) = (Arc::new(Fake::default()), Arc::new(ManualClock::default()));
    let pause = Backoff { base: Duration::from_millis(10), cap: Duration::from_millis(20) };
    *fake.away.lock() = Some(PortErrorKind::Unavailable);
    *fake.due.lock() = vec![entry("step", "1")];
    let (bell, stop) = (bell(&fake, &clock, BellOptions { pause, ..BellOptions::default() }), CancellationToken::new());
    let (running, token) = (bell.clone(), stop.clone());
    let task = tokio::spawn(async move { running.run(token).await });
    until("the failure is counted", async || bell.status().errors >= 1).await;
    assert!(bell.status().last_error.is_some() && bell.status().rung == 0);
    // The store has it due again after the hold.
    *fake.away.lock() = None;
    fake.due.lock().push(entry("step", "1"));
    until("it is rung for", async || bell.status().rung == 1).await;
    stop.cancel();
    task.await.unwrap();
    assert!(!bell.status().running);
}
