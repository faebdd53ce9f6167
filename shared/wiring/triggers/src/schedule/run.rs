//! The loop: lead, see what is due, invoke.

use super::expression::Expression;
use crate::backoff::{Backoff, Random};
use crate::event::scheduled;
use crate::invoker::{InvokeError, Invoker};
use crate::poller::LastError;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Clock, FireLog, Ids, Lease, PortError};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The lease's name, and how long it holds. A node that dies is followed by another after this.
const LEASE: &str = "scheduler";
const LEASE_TTL: Duration = Duration::from_secs(15);
/// Longest sleep between two looks: a third of the lease, so that it is prolonged in time.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Shortest, so that a fire that cannot be invoked is not tried in a tight loop.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// The pause while the lease's or the log's store is away.
const AWAY: Backoff = Backoff { base: Duration::from_millis(500), cap: Duration::from_secs(10) };

/// What fires when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Unique; what the fire log knows it by.
    pub name: String,
    /// When.
    pub expression: Expression,
    /// The function that gets the event.
    pub function: String,
    /// The event's `detail`: an object.
    pub detail: Value,
}

/// What a scheduler works with.
#[derive(Clone)]
pub struct SchedulerPorts {
    /// The functions.
    pub invoker: Arc<dyn Invoker>,
    /// Who leads.
    pub lease: Arc<dyn Lease>,
    /// What fired.
    pub fires: Arc<dyn FireLog>,
    /// What is due.
    pub clock: Arc<dyn Clock>,
    /// For the events' ids.
    pub ids: Arc<dyn Ids>,
    /// For jitter.
    pub random: Random,
}

/// A snapshot of one schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ScheduleStatus {
    /// When it was due last, as this node knows.
    pub last_due: Option<DateTime<Utc>>,
    /// When it is due next.
    pub next_due: Option<DateTime<Utc>>,
    /// Whether its function runs now.
    pub running: bool,
    /// Fires since the start of the process.
    pub fired: u64,
    /// Fires whose function failed.
    pub failed: u64,
}

/// A snapshot: counters since the start of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SchedulerStatus {
    /// Whether it runs.
    pub running: bool,
    /// Whether this node sees to the schedules.
    pub leading: bool,
    /// Each schedule by name.
    pub schedules: BTreeMap<String, ScheduleStatus>,
    /// The last thing that went wrong.
    pub last_error: Option<LastError>,
}

/// Fires schedules. Runs on every node; the one that holds the lease acts. A fire is logged after its function ended, so
/// a node that dies meanwhile fires again: a function bears being invoked twice. What was missed while no node ran fires
/// once. A schedule does not fire while its function still runs from the fire before.
#[derive(Clone)]
pub struct Scheduler(Arc<Inner>);

struct Inner {
    schedules: Vec<Schedule>,
    ports: SchedulerPorts,
    holder: String,
    status: Mutex<SchedulerStatus>,
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler").field("schedules", &self.0.schedules).field("holder", &self.0.holder).finish()
    }
}

/// Invocations under way.
type Running = JoinSet<()>;

impl Scheduler {
    /// A scheduler on the node `holder`; a name that no other running node has.
    pub fn new(schedules: Vec<Schedule>, ports: SchedulerPorts, holder: impl Into<String>) -> Self {
        Self(Arc::new(Inner { schedules, ports, holder: holder.into(), status: Mutex::default() }))
    }

    /// What it did so far.
    pub fn status(&self) -> SchedulerStatus {
        self.0.status.lock().clone()
    }

    /// Runs until `stop`, then waits for the functions that are under way and gives up the lease.
    pub async fn run(&self, stop: CancellationToken) {
        let inner = &self.0;
        inner.status.lock().running = true;
        let (mut running, mut failures) = (Running::new(), 0);
        while !stop.is_cancelled() {
            let pause = match self.look(&mut running).await {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(error) => {
                    failures += 1;
                    inner.failed(format!("the schedules' store: {error}"));
                    AWAY.pause(failures, (inner.ports.random)())
                }
            };
            tokio::select! { () = stop.cancelled() => {} () = tokio::time::sleep(pause) => {} }
        }
        while tokio::time::timeout(LOOK_EVERY, running.join_next()).await.is_ok_and(|ended| ended.is_some())
            || !running.is_empty()
        {
            // Until its functions have ended no other node may fire them again.
            if let Err(error) = inner.ports.lease.lease_take(LEASE, &inner.holder, LEASE_TTL).await {
                inner.failed(format!("the schedules' store: {error}"));
            }
        }
        if let Err(error) = inner.ports.lease.lease_release(LEASE, &inner.holder).await {
            // It ends by itself.
            tracing::debug!(%error, "the scheduler's lease was not given up");
        }
        let mut status = inner.status.lock();
        (status.running, status.leading) = (false, false);
    }

    /// Leads if it may, and starts what is due. Gives how long until it should look again.
    async fn look(&self, running: &mut Running) -> Result<Duration, PortError> {
        let inner = &self.0;
        while running.try_join_next().is_some() {}
        let leads = inner.ports.lease.lease_take(LEASE, &inner.holder, LEASE_TTL).await?;
        {
            let mut status = inner.status.lock();
            if !leads || !status.leading {
                // Another node may have fired meanwhile: what is known is asked for again.
                status.schedules.values_mut().for_each(|schedule| schedule.last_due = None);
            }
            status.leading = leads;
        }
        if !leads {
            return Ok(LOOK_EVERY);
        }
        let mut pause = LOOK_EVERY;
        for schedule in &inner.schedules {
            let last = inner.last_due(schedule).await?;
            let now = inner.ports.clock.now();
            let next = schedule.expression.next(last);
            let idle = {
                let mut status = inner.status.lock();
                let known = status.schedules.entry(schedule.name.clone()).or_default();
                known.next_due = next;
                !known.running
            };
            match schedule.expression.latest(last, now) {
                Some(due) if idle => {
                    inner.status.lock().schedules.entry(schedule.name.clone()).or_default().running = true;
                    let (inner, schedule) = (inner.clone(), schedule.clone());
                    running.spawn(async move { inner.fire(&schedule, due).await });
                    pause = pause.min(LOOK_PAUSE);
                }
                Some(_) => pause = pause.min(LOOK_PAUSE),
                None => {
                    let left = next.and_then(|next| (next - now).to_std().ok());
                    pause = pause.min(left.unwrap_or(LOOK_EVERY).max(Duration::from_millis(1)));
                }
            }
        }
        Ok(pause)
    }
}

impl Inner {
    /// From what the next fire is counted: the last one, or for a new schedule the moment that it is first seen.
    async fn last_due(&self, schedule: &Schedule) -> Result<DateTime<Utc>, PortError> {
        let known = self.status.lock().schedules.get(&schedule.name).and_then(|known| known.last_due);
        let last = match known {
            Some(last) => last,
            None => match self.ports.fires.fire_last(&schedule.name).await? {
                Some(last) => last,
                None => {
                    let now = self.ports.clock.now();
                    self.ports.fires.fire_record(&schedule.name, now).await?;
                    now
                }
            },
        };
        self.status.lock().schedules.entry(schedule.name.clone()).or_default().last_due = Some(last);
        Ok(last)
    }

    async fn fire(&self, schedule: &Schedule, due: DateTime<Utc>) {
        let event = scheduled(self.ports.ids.next(), &schedule.name, due, &schedule.detail);
        let answer = self.ports.invoker.invoke(&schedule.function, Bytes::from(event.to_string()), &[]).await;
        let error = answer.err();
        if let Some(error) = &error {
            self.failed(format!("schedule {}: {error}", schedule.name));
        }
        // One that saw no function is still due. One whose function failed is over: it is due again in its time.
        let over = !matches!(error, Some(InvokeError::Throttled | InvokeError::Unavailable(_)));
        if over && let Err(error) = self.ports.fires.fire_record(&schedule.name, due).await {
            // This node knows; only after a restart it would fire again.
            self.failed(format!("schedule {}: a fire was not logged: {error}", schedule.name));
        }
        let mut status = self.status.lock();
        let known = status.schedules.entry(schedule.name.clone()).or_default();
        known.running = false;
        if over {
            known.last_due = Some(due);
            known.next_due = schedule.expression.next(due);
            known.fired += 1;
            known.failed += u64::from(error.is_some());
        }
    }

    fn failed(&self, error: String) {
        tracing::warn!(error, "the scheduler");
        self.status.lock().last_error = Some(LastError { at: self.ports.clock.now(), error });
    }
}
