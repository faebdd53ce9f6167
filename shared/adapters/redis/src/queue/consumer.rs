//! The poller's side.

use super::entry::{self, Receipt};
use super::keys::{GROUP, dead_key, delayed_entries_key, delayed_key, stream_key};
use super::{FAILURES_MAX, RedisQueue};
use crate::cache::milliseconds;
use async_trait::async_trait;
use octavo_domain_kernel::{Delivery, Failure, PortError, QueueConsumer, QueueName, Retry};
use redis::{RedisError, Script, Value};
use std::error::Error as _;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Most delayed messages that one receive moves back when they are due.
const DUE_MAX: usize = 100;
/// Most messages of one receive: a script that takes more holds up everybody else on the server.
const RECEIVE_MAX: usize = 100;
/// Longest sleep before looking again: what somebody else delayed or died with in the meantime wakes nobody.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A consumer that held nothing and did not ask for this long is forgotten. Nodes come and go with new names.
const CONSUMER_IDLE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Every how many receives is looked for such.
const FORGET_EVERY: u32 = 1024;

static RECEIVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("receive.lua")));
static RETRY: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("held.lua"), include_str!("retry.lua"))));
static BURY: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("held.lua"), include_str!("bury.lua"))));

type Received = (i64, String, Vec<(String, u32, Vec<String>)>);

#[async_trait]
impl QueueConsumer for RedisQueue {
    /// May be dropped while it waits: nothing is taken then.
    async fn receive(
        &self,
        queue: &QueueName,
        consumer: &str,
        max: usize,
        wait: Duration,
        visibility: Duration,
    ) -> Result<Vec<Delivery>, PortError> {
        let began = Instant::now();
        loop {
            let (due, last, taken) = self.take(queue, consumer, max.clamp(1, RECEIVE_MAX), visibility).await?;
            let left = wait.saturating_sub(began.elapsed());
            if !taken.is_empty() || left.is_zero() {
                return self.deliveries(queue, taken).await;
            }
            let due = u64::try_from(due).map_or(LOOK_EVERY, Duration::from_millis);
            let sleep = left.min(due).min(LOOK_EVERY).max(Duration::from_millis(1));
            // Only watches, without the group: a waiting call that is dropped has taken nothing.
            let mut watch = redis::cmd("XREAD");
            watch.arg("COUNT").arg(1).arg("BLOCK").arg(milliseconds(sleep).max(1));
            watch.arg("STREAMS").arg(stream_key(queue)).arg(last);
            self.redis.waiting_query::<Value>(&watch, sleep).await?;
        }
    }

    async fn acknowledge(&self, queue: &QueueName, receipts: &[String]) -> Result<(), PortError> {
        if receipts.is_empty() {
            return Ok(());
        }
        let entries = receipts.iter().map(|receipt| receipt.parse()).collect::<Result<Vec<Receipt>, _>>()?;
        // Also a late answer is one: the work is done, whoever holds the message now.
        let entries: Vec<&str> = entries.iter().map(|receipt| receipt.entry.as_str()).collect();
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("XACK").arg(stream_key(queue)).arg(GROUP).arg(&entries).ignore();
        pipeline.cmd("XDEL").arg(stream_key(queue)).arg(&entries).ignore();
        self.redis.pipeline(&pipeline).await
    }

    async fn retry(&self, queue: &QueueName, retries: &[Retry]) -> Result<(), PortError> {
        if retries.is_empty() {
            return Ok(());
        }
        let receipts = retries.iter().map(|retry| retry.receipt.parse()).collect::<Result<Vec<Receipt>, _>>()?;
        let failures = retries
            .iter()
            .map(|retry| retry.failure.as_ref().map_or(Ok(String::new()), encoded))
            .collect::<Result<Vec<_>, _>>()?;
        let done = self
            .redis
            .script::<()>(&RETRY, |script| {
                script.key(stream_key(queue)).key(delayed_key(queue)).key(delayed_entries_key(queue));
                script.arg(GROUP).arg(FAILURES_MAX);
                for ((retry, receipt), failure) in retries.iter().zip(&receipts).zip(&failures) {
                    script.arg(&receipt.entry).arg(receipt.deliveries).arg(milliseconds(retry.after)).arg(failure);
                }
            })
            .await;
        unless_gone(done)
    }

    async fn bury(&self, queue: &QueueName, receipt: &str, failure: Failure) -> Result<(), PortError> {
        let receipt: Receipt = receipt.parse()?;
        let encoded = encoded(&failure)?;
        let done = self
            .redis
            .script::<()>(&BURY, |script| {
                script.key(stream_key(queue)).key(dead_key(queue));
                script.arg(GROUP).arg(FAILURES_MAX).arg(self.dead_max);
                script.arg(&receipt.entry).arg(receipt.deliveries);
                script.arg(&encoded).arg(failure.at.timestamp_millis());
            })
            .await;
        unless_gone(done)
    }
}

impl RedisQueue {
    async fn take(
        &self,
        queue: &QueueName,
        consumer: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Received, PortError> {
        let forget = self.receives.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1;
        let take = || {
            self.redis.script::<Received>(&RECEIVE, |script| {
                script.key(stream_key(queue)).key(delayed_key(queue)).key(delayed_entries_key(queue));
                script.arg(GROUP).arg(consumer).arg(max).arg(milliseconds(visibility)).arg(DUE_MAX);
                script.arg(if forget { milliseconds(CONSUMER_IDLE_MAX) } else { 0 });
            })
        };
        match take().await {
            Err(error) if is_no_group(&error) => {
                self.make_group(queue).await?;
                take().await
            }
            result => result,
        }
    }

    /// At the first receive, and after somebody emptied the server.
    async fn make_group(&self, queue: &QueueName) -> Result<(), PortError> {
        let mut create = redis::cmd("XGROUP");
        // From the very first entry: what was sent before the first consumer came is delivered too.
        create.arg("CREATE").arg(stream_key(queue)).arg(GROUP).arg("0").arg("MKSTREAM");
        match self.redis.query::<()>(&create).await {
            // Another consumer was faster.
            Err(error) if has_code(&error, "BUSYGROUP") => Ok(()),
            result => result,
        }
    }

    /// An entry that is none of ours is taken out of the way and logged: it would come again for ever.
    async fn deliveries(
        &self,
        queue: &QueueName,
        taken: Vec<(String, u32, Vec<String>)>,
    ) -> Result<Vec<Delivery>, PortError> {
        let mut deliveries = Vec::with_capacity(taken.len());
        for (id, count, fields) in taken {
            match entry::delivery(&id, count, fields) {
                Ok(delivery) => deliveries.push(delivery),
                Err(error) => {
                    tracing::error!(%queue, entry = id, %error, "an entry that nobody of ours wrote was removed");
                    self.acknowledge(queue, &[format!("{id}/{count}")]).await?;
                }
            }
        }
        Ok(deliveries)
    }
}

fn encoded(failure: &Failure) -> Result<String, PortError> {
    serde_json::to_string(failure).map_err(PortError::corrupt)
}

/// Where the group is gone (somebody emptied the server), so is what was held: there is nothing to answer for.
fn unless_gone(done: Result<(), PortError>) -> Result<(), PortError> {
    match done {
        Err(error) if is_no_group(&error) => Ok(()),
        done => done,
    }
}

fn is_no_group(error: &PortError) -> bool {
    has_code(error, "NOGROUP")
}

fn has_code(error: &PortError, code: &str) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<RedisError>());
    // From within a script some servers put the code into the text.
    source.is_some_and(|error| error.code() == Some(code) || error.to_string().contains(code))
}
