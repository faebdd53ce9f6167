//! The loop: receive, invoke, settle.

use super::mapping::{InvalidMapping, Mapping};
use super::settle::{Settlement, cut, exhausted, settlement};
use super::status::{LastError, PollerStatus};
use crate::backoff::{Backoff, Random};
use crate::event::sqs_record;
use crate::invoker::{Cause, InvokeError, Invoker};
use bytes::Bytes;
use octavo_domain_kernel::{Clock, Delivery, Failure, PortError, QueueConsumer};
use parking_lot::Mutex;
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long one receive waits for a message: also the longest that an idle poller takes to stop.
const RECEIVE_WAIT: Duration = Duration::from_millis(500);
/// Largest event in bytes, well below the 6 MB that a function takes: a larger batch becomes several events.
const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long the queue is told again what became of a batch when it does not answer. Then the visibility ends it: the
/// messages come again.
const SETTLE_MAX: Duration = Duration::from_secs(20);
/// How much longer than its deadline a function is waited for: the invoker reports the deadline itself.
const TIMEOUT_GRACE: Duration = Duration::from_secs(5);

/// What a poller works with.
#[derive(Clone)]
pub struct PollerPorts {
    /// The queue.
    pub consumer: Arc<dyn QueueConsumer>,
    /// The function.
    pub invoker: Arc<dyn Invoker>,
    /// For the times of failures.
    pub clock: Arc<dyn Clock>,
    /// For jitter.
    pub random: Random,
}

/// Feeds one function from one queue.
#[derive(Clone)]
pub struct Poller(Arc<Inner>);

struct Inner {
    mapping: Mapping,
    ports: PollerPorts,
    consumer: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    status: PollerStatus,
    /// Batches in a row that failed as a whole.
    failed_in_a_row: u32,
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("mapping", &self.0.mapping).field("consumer", &self.0.consumer).finish()
    }
}

impl Poller {
    /// A poller that is called `consumer` in the queue's group: one name a node, the same after a restart.
    pub fn new(mapping: Mapping, ports: PollerPorts, consumer: impl Into<String>) -> Result<Self, InvalidMapping> {
        mapping.check()?;
        Ok(Self(Arc::new(Inner { mapping, ports, consumer: consumer.into(), state: Mutex::default() })))
    }

    /// What it feeds from where.
    pub fn mapping(&self) -> &Mapping {
        &self.0.mapping
    }

    /// What it did so far.
    pub fn status(&self) -> PollerStatus {
        self.0.state.lock().status.clone()
    }

    /// Runs until `stop`, then ends the batches that are under way.
    pub async fn run(&self, stop: CancellationToken) {
        let inner = &self.0;
        inner.state.lock().status.running = true;
        let permits = Arc::new(Semaphore::new(inner.mapping.concurrency));
        let mut batches = JoinSet::new();
        let mut queue_failures = 0;
        while !stop.is_cancelled() {
            let permit = tokio::select! {
                () = stop.cancelled() => break,
                permit = permits.clone().acquire_owned() => permit.expect("nobody closes it"),
            };
            if !inner.rest(&stop).await {
                break;
            }
            // Not dropped at the stop: what was just received would be held by nobody.
            match inner.receive(&stop).await {
                Ok(batch) if batch.is_empty() => queue_failures = 0,
                Ok(batch) => {
                    queue_failures = 0;
                    let inner = inner.clone();
                    batches.spawn(async move {
                        inner.process(batch).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    queue_failures += 1;
                    inner.queue_failed(&error);
                    let pause = inner.mapping.pause.pause(queue_failures, (inner.ports.random)());
                    tokio::select! { () = stop.cancelled() => break, () = tokio::time::sleep(pause) => {} }
                }
            }
            while batches.try_join_next().is_some() {}
        }
        batches.join_all().await;
        inner.state.lock().status.running = false;
    }
}

impl Inner {
    /// Pauses while batches fail as a whole, so that a function that cannot start is not started in a tight loop. False
    /// when it is time to stop.
    async fn rest(&self, stop: &CancellationToken) -> bool {
        let failed = self.state.lock().failed_in_a_row;
        if failed == 0 {
            return true;
        }
        let pause = self.mapping.pause.pause(failed, (self.ports.random)());
        tokio::select! { () = stop.cancelled() => false, () = tokio::time::sleep(pause) => true }
    }

    async fn receive(&self, stop: &CancellationToken) -> Result<Vec<Delivery>, PortError> {
        let mapping = &self.mapping;
        let receive =
            |max, wait| self.ports.consumer.receive(&mapping.queue, &self.consumer, max, wait, mapping.visibility);
        let mut batch = receive(mapping.batch_size, RECEIVE_WAIT).await?;
        let full_at = Instant::now() + mapping.batch_window;
        while !batch.is_empty() && batch.len() < mapping.batch_size && !stop.is_cancelled() {
            let left = full_at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match receive(mapping.batch_size - batch.len(), left.min(RECEIVE_WAIT)).await {
                Ok(more) => batch.extend(more),
                // What is there already must not wait for the queue to be back.
                Err(error) => {
                    self.queue_failed(&error);
                    break;
                }
            }
        }
        self.state.lock().status.received += batch.len() as u64;
        Ok(batch)
    }

    async fn process(&self, batch: Vec<Delivery>) {
        let (exhausted, batch) = exhausted(&self.mapping, batch);
        if !exhausted.is_empty() {
            let failure = |delivery: &Delivery| Failure {
                at: self.ports.clock.now(),
                error: format!("delivered {} times without an answer", delivery.receive_count - 1),
            };
            let bury = exhausted.iter().map(|delivery| (delivery.receipt.clone(), failure(delivery))).collect();
            self.settle(Settlement { bury, ..Settlement::default() }).await;
        }
        for part in parts(batch) {
            let settlement = self.invoke(&part).await;
            self.settle(settlement).await;
        }
    }

    async fn invoke(&self, batch: &[Delivery]) -> Settlement {
        let mapping = &self.mapping;
        let causes: Vec<_> = batch.iter().map(|delivery| Cause::of(&mapping.queue, delivery)).collect();
        let records = batch.iter().zip(&causes);
        let records: Vec<_> =
            records.map(|(delivery, cause)| sqs_record(&mapping.queue, delivery, cause.as_ref())).collect();
        let causes: Vec<Cause> = causes.into_iter().flatten().collect();
        let event = Bytes::from(json!({ "Records": records }).to_string());
        {
            let mut state = self.state.lock();
            state.status.invocations += 1;
            state.status.in_flight += 1;
        }
        let deadline = mapping.function_timeout + TIMEOUT_GRACE;
        let invoked = self.ports.invoker.invoke(&mapping.function, event, &causes);
        let answer = match tokio::time::timeout(deadline, invoked).await {
            Ok(answer) => answer,
            Err(_) => Err(InvokeError::Timeout),
        };
        let now = self.ports.clock.now();
        let settlement = settlement(mapping, batch, &answer, now, || (self.ports.random)());
        let mut state = self.state.lock();
        state.status.in_flight -= 1;
        state.status.last_invocation_at = Some(now);
        match &settlement.failed_whole {
            None => state.failed_in_a_row = 0,
            Some(error) => {
                state.failed_in_a_row = state.failed_in_a_row.saturating_add(1);
                state.status.invocations_failed += 1;
                state.status.last_error = Some(LastError { at: now, error: cut(error) });
                tracing::warn!(queue = %mapping.queue, function = mapping.function, error, "a batch failed");
            }
        }
        settlement
    }

    /// Tells the queue, again and again for a while where it does not answer.
    async fn settle(&self, settlement: Settlement) {
        let (consumer, queue) = (&self.ports.consumer, &self.mapping.queue);
        let acknowledged = self
            .insist(|| consumer.acknowledge(queue, &settlement.acknowledge), settlement.acknowledge.is_empty())
            .await;
        let retried = self.insist(|| consumer.retry(queue, &settlement.retry), settlement.retry.is_empty()).await;
        let mut buried = 0;
        for (receipt, failure) in &settlement.bury {
            if self.insist(|| consumer.bury(queue, receipt, failure.clone()), false).await {
                buried += 1;
                tracing::error!(%queue, receipt, error = failure.error, "a message went to the dead letters");
            }
        }
        let mut state = self.state.lock();
        let status = &mut state.status;
        if acknowledged {
            status.succeeded += settlement.acknowledge.len() as u64;
        }
        let retries = if retried { settlement.retry.len() as u64 } else { 0 };
        *(if settlement.returned { &mut status.returned } else { &mut status.retried }) += retries;
        status.buried += buried;
    }

    async fn insist<F: Future<Output = Result<(), PortError>>>(&self, tell: impl Fn() -> F, nothing: bool) -> bool {
        if nothing {
            return true;
        }
        let backoff = Backoff { base: Duration::from_millis(100), cap: Duration::from_secs(2) };
        let began = Instant::now();
        for attempt in 1.. {
            match tell().await {
                Ok(()) => return true,
                Err(error) => {
                    self.queue_failed(&error);
                    if !error.is_retryable() || began.elapsed() > SETTLE_MAX.min(self.mapping.visibility) {
                        return false;
                    }
                    tokio::time::sleep(backoff.pause(attempt, (self.ports.random)())).await;
                }
            }
        }
        false
    }

    fn queue_failed(&self, error: &PortError) {
        tracing::warn!(queue = %self.mapping.queue, %error, "the queue did not do as asked");
        let mut state = self.state.lock();
        state.status.queue_errors += 1;
        state.status.last_error = Some(LastError { at: self.ports.clock.now(), error: cut(&error.to_string()) });
    }
}

/// Cuts a batch so that each part fits into an event. JSON in JSON: quotes are escaped, so twice the size is reckoned.
fn parts(batch: Vec<Delivery>) -> Vec<Vec<Delivery>> {
    let (mut parts, mut bytes) = (Vec::<Vec<Delivery>>::new(), 0);
    for delivery in batch {
        let size = delivery.body.len() * 2;
        match parts.last_mut() {
            Some(part) if bytes + size <= EVENT_BYTES_MAX => {
                bytes += size;
                part.push(delivery);
            }
            _ => {
                bytes = size;
                parts.push(vec![delivery]);
            }
        }
    }
    parts
}
