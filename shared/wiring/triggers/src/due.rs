//! Rings for work that rests in a store and is due: timers, deadlines, tasks whose worker died.

use crate::backoff::{Backoff, Random};
use crate::poller::LastError;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Clock, Due, DueWork, Message, PortError, Queue, QueueName};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a bell works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BellOptions {
    /// Most pieces of work at a time. Default 200.
    pub batch: u32,
    /// For how long claimed work is kept from other bells: rung for again if nobody has done it by then. Default 10 s.
    pub hold: Duration,
    /// How often is looked when nothing was due, and so the latest that a timer is which was made since. Default 250 ms.
    pub idle: Duration,
    /// The pause when store or queue is away. Default from 200 ms to 30 s.
    pub pause: Backoff,
}

impl Default for BellOptions {
    fn default() -> Self {
        Self {
            batch: 200,
            hold: Duration::from_secs(10),
            idle: Duration::from_millis(250),
            pause: Backoff { base: Duration::from_millis(200), cap: Duration::from_secs(30) },
        }
    }
}

/// A snapshot: counters since the start of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BellStatus {
    /// Whether it runs.
    pub running: bool,
    /// Messages sent.
    pub rung: u64,
    /// Times that store or queue did not do as asked.
    pub errors: u64,
    /// The last of these.
    pub last_error: Option<LastError>,
    /// When it looked last and everything answered.
    pub last_pass_at: Option<DateTime<Utc>>,
}

/// Sends a message for whatever is due. The store is the truth: a message that is lost is made again after
/// [`BellOptions::hold`], one that comes twice finds nothing to do. Many may run beside each other.
#[derive(Clone)]
pub struct Bell(Arc<Inner>);

struct Inner {
    work: Arc<dyn DueWork>,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    random: Random,
    options: BellOptions,
    status: Mutex<BellStatus>,
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").field("options", &self.0.options).finish()
    }
}

impl Bell {
    /// A bell for `work`, heard through `queue`.
    pub fn new(
        work: Arc<dyn DueWork>,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        random: Random,
        options: BellOptions,
    ) -> Self {
        Self(Arc::new(Inner { work, queue, clock, random, options, status: Mutex::default() }))
    }

    /// What it did so far.
    pub fn status(&self) -> BellStatus {
        self.0.status.lock().clone()
    }

    /// Runs until `stop`; a pass that is under way is ended.
    pub async fn run(&self, stop: CancellationToken) {
        let inner = &self.0;
        inner.status.lock().running = true;
        let mut failures = 0;
        while !stop.is_cancelled() {
            let pause = match self.pass().await {
                Ok(due) => {
                    failures = 0;
                    pause(&due, inner.clock.now(), inner.options)
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

    /// Rings for what is due, at most one batch; answers what that was.
    pub async fn pass(&self) -> Result<Due, PortError> {
        let inner = &self.0;
        let hold_ms = u64::try_from(inner.options.hold.as_millis()).unwrap_or(u64::MAX);
        let due = inner.work.due_claim(inner.options.batch, hold_ms).await?;
        let mut queues = BTreeMap::<QueueName, Vec<Message>>::new();
        for entry in &due.entries {
            queues.entry(entry.queue.clone()).or_default().push(entry.message.clone());
        }
        let mut failed = None;
        for (queue, messages) in queues {
            match inner.queue.send(&queue, &messages).await {
                Ok(()) => inner.status.lock().rung += messages.len() as u64,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        inner.status.lock().last_pass_at = Some(inner.clock.now());
        Ok(due)
    }
}

/// How long nothing needs to be looked at.
fn pause(due: &Due, now: DateTime<Utc>, options: BellOptions) -> Duration {
    if due.entries.len() >= options.batch as usize {
        return Duration::ZERO;
    }
    match due.next_at {
        // A millisecond late rather than early: what is not due yet would be looked for twice.
        Some(at) => ((at - now).to_std().unwrap_or_default() + Duration::from_millis(1)).min(options.idle),
        None => options.idle,
    }
}

impl Inner {
    fn failed(&self, error: &PortError) {
        tracing::warn!(%error, "nobody was told of work that is due");
        let mut status = self.status.lock();
        status.errors += 1;
        status.last_error = Some(LastError { at: self.clock.now(), error: error.to_string() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn it_waits_for_the_next_moment_and_no_longer_than_its_idle_time() {
        let (now, options) = (DateTime::<Utc>::UNIX_EPOCH, BellOptions { batch: 1, ..BellOptions::default() });
        let next = |milliseconds| Due { next_at: Some(now + TimeDelta::milliseconds(milliseconds)), ..Due::default() };
        assert_eq!(pause(&Due::default(), now, options), options.idle);
        assert_eq!(pause(&next(60_000), now, options), options.idle);
        assert_eq!(pause(&next(100), now, options), Duration::from_millis(101));
        assert_eq!(pause(&next(-100), now, options), Duration::from_millis(1));
    }
}
