//! Publishes what was committed and not yet published.

use crate::backoff::{Backoff, Random};
use crate::poller::LastError;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Clock, Message, Outbox, OutboxEntry, PortError, PortErrorKind, Queue, QueueName};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How a relay works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayOptions {
    /// Entries younger than this are left to the function that committed them, which publishes them itself. Default 2 s.
    pub older_than: Duration,
    /// For how long claimed entries are kept from other relays. Default 30 s.
    pub lease: Duration,
    /// Most entries at a time. Default 100.
    pub batch: u32,
    /// How often is looked when there was nothing. Default 2 s.
    pub idle: Duration,
    /// How often rows whose time is over are swept out. Default 60 s.
    pub sweep_every: Duration,
    /// The pause when database or queue is away. Default from 200 ms to 30 s.
    pub pause: Backoff,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            older_than: Duration::from_secs(2),
            lease: Duration::from_secs(30),
            batch: 100,
            idle: Duration::from_secs(2),
            sweep_every: Duration::from_secs(60),
            pause: Backoff { base: Duration::from_millis(200), cap: Duration::from_secs(30) },
        }
    }
}

/// A snapshot: counters since the start of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RelayStatus {
    /// Whether it runs.
    pub running: bool,
    /// Entries published and deleted.
    pub published: u64,
    /// Rows swept out.
    pub swept: u64,
    /// Times that database or queue did not do as asked.
    pub errors: u64,
    /// The last of these.
    pub last_error: Option<LastError>,
    /// When it looked last and everything answered.
    pub last_pass_at: Option<DateTime<Utc>>,
}

/// Moves entries from the outbox to their queues: sends, then deletes, so that a crash in between sends twice and never
/// loses. Many may run beside each other.
#[derive(Clone)]
pub struct OutboxRelay(Arc<Inner>);

struct Inner {
    outbox: Arc<dyn Outbox>,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    random: Random,
    options: RelayOptions,
    status: Mutex<RelayStatus>,
}

impl fmt::Debug for OutboxRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxRelay").field("options", &self.0.options).finish()
    }
}

impl OutboxRelay {
    /// A relay from `outbox` to `queue`.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        random: Random,
        options: RelayOptions,
    ) -> Self {
        Self(Arc::new(Inner { outbox, queue, clock, random, options, status: Mutex::default() }))
    }

    /// What it did so far.
    pub fn status(&self) -> RelayStatus {
        self.0.status.lock().clone()
    }

    /// Runs until `stop`; a pass that is under way is ended.
    pub async fn run(&self, stop: CancellationToken) {
        let inner = &self.0;
        inner.status.lock().running = true;
        let (mut failures, mut swept) = (0, Instant::now());
        while !stop.is_cancelled() {
            let mut passed = self.pass().await;
            if passed.is_ok() && swept.elapsed() >= inner.options.sweep_every {
                swept = Instant::now();
                passed = self.sweep().await.and(passed);
            }
            let pause = match passed {
                Ok(full) => {
                    failures = 0;
                    if full { Duration::ZERO } else { inner.options.idle }
                }
                Err(error) => {
                    failures += 1;
                    inner.failed(&error);
                    inner.options.pause.pause(failures, (inner.random)())
                }
            };
            tokio::select! { () = stop.cancelled() => {} () = tokio::time::sleep(pause) => {} }
        }
        inner.status.lock().running = false;
    }

    /// Publishes what waits, at most one batch. True if the batch was full: there may be more.
    pub async fn pass(&self) -> Result<bool, PortError> {
        let inner = &self.0;
        let options = inner.options;
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let claimed =
            inner.outbox.outbox_claim(options.batch, millis(options.older_than), millis(options.lease)).await?;
        let full = claimed.len() >= options.batch as usize;
        let mut failed = None;
        for (queue, messages) in by_queue(claimed) {
            let (sent, error) = inner.send(&queue, &messages).await;
            if !sent.is_empty() {
                inner.outbox.outbox_delete(&sent).await?;
                inner.status.lock().published += sent.len() as u64;
            }
            failed = failed.or(error);
        }
        // The others went; what did not go is claimed again after the lease.
        if let Some(error) = failed {
            return Err(error);
        }
        inner.status.lock().last_pass_at = Some(inner.clock.now());
        Ok(full)
    }

    async fn sweep(&self) -> Result<(), PortError> {
        let swept = self.0.outbox.sweep().await?;
        self.0.status.lock().swept += swept;
        Ok(())
    }
}

impl Inner {
    /// The ids of what was sent, and why the rest was not.
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> (Vec<Uuid>, Option<PortError>) {
        match self.queue.send(queue, messages).await {
            Ok(()) => (messages.iter().map(|message| message.id).collect(), None),
            // One that no queue takes must not hold up the others.
            Err(error) if error.kind == PortErrorKind::Corrupt && messages.len() > 1 => {
                let (mut sent, mut failed) = (Vec::new(), None);
                for message in messages {
                    match self.queue.send(queue, std::slice::from_ref(message)).await {
                        Ok(()) => sent.push(message.id),
                        Err(error) => {
                            tracing::error!(%queue, message = %message.id, %error, "an outbox entry cannot be sent");
                            failed = Some(error);
                        }
                    }
                }
                (sent, failed)
            }
            Err(error) => (Vec::new(), Some(error)),
        }
    }

    fn failed(&self, error: &PortError) {
        tracing::warn!(%error, "the outbox was not relayed");
        let mut status = self.status.lock();
        status.errors += 1;
        status.last_error = Some(LastError { at: self.clock.now(), error: error.to_string() });
    }
}

fn by_queue(entries: Vec<OutboxEntry>) -> BTreeMap<QueueName, Vec<Message>> {
    let mut queues = BTreeMap::<_, Vec<_>>::new();
    for entry in entries {
        queues.entry(entry.queue).or_default().push(entry.message);
    }
    queues
}
