//! A function: its sandboxes, and the invocations that wait for one.

mod freeze;
mod process;
mod upkeep;

use crate::binary::Build;
use crate::clock::now;
use crate::config::FunctionConfig;
use crate::invocation::{Job, Reply, Work};
use crate::limits::{RELOAD_INTERVAL, WAITING_MAX};
use crate::records::Durations;
use crate::sandbox::Sandbox;
use crate::spawner::Spawner;
use crate::{FunctionError, InvokeError, Output};
use hyper::header::HeaderValue;
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a slot that has answered is waited for before another sandbox is started in its place.
const BREATH: Duration = Duration::from_millis(50);

/// Every sandbox by its id, for the Runtime API.
pub(crate) type Sandboxes = Arc<RwLock<HashMap<String, (Arc<Function>, Arc<Sandbox>)>>>;

#[derive(Default)]
struct Inner {
    sandboxes: HashMap<String, Arc<Sandbox>>,
    /// Those with a slot that asks, the last that got one at the end.
    open: Vec<Arc<Sandbox>>,
    waiting: VecDeque<Job>,
    starting: usize,
    /// Whether who waits is looked at again in a moment.
    look_again: bool,
    build: Option<Build>,
    looked: Option<Instant>,
    failures: u32,
    not_before: Option<Instant>,
    last_error: Option<FunctionError>,
    /// Whether its sandboxes get no work.
    frozen: bool,
    stopping: bool,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) invocations: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) throttles: AtomicU64,
    pub(crate) cold_starts: AtomicU64,
}

pub(crate) struct Function {
    pub(crate) config: FunctionConfig,
    pub(crate) counters: Counters,
    pub(crate) durations: Durations,
    /// Its ARN, as the Runtime API tells it.
    pub(crate) arn: Option<HeaderValue>,
    runtime_api: SocketAddr,
    spawner: Spawner,
    all: Sandboxes,
    inner: Mutex<Inner>,
}

impl Function {
    pub(crate) fn new(
        config: FunctionConfig,
        account: &str,
        runtime_api: SocketAddr,
        spawner: Spawner,
        all: Sandboxes,
    ) -> Self {
        let arn = HeaderValue::try_from(format!("arn:aws:lambda:us-east-1:{account}:function:{}", config.name)).ok();
        Self {
            config,
            counters: Counters::default(),
            durations: Durations::default(),
            arn,
            runtime_api,
            spawner,
            all,
            inner: Mutex::default(),
        }
    }

    /// Gives `job` to a slot of a sandbox, now or as soon as there is one.
    pub(crate) fn submit(self: &Arc<Self>, mut job: Job) -> Result<(), InvokeError> {
        let mut inner = self.inner.lock();
        if inner.stopping {
            return Err(InvokeError::Stopping);
        }
        self.look_for_new_build(&mut inner);
        if !inner.frozen {
            match self.give(&mut inner, job) {
                Ok(()) => return Ok(()),
                Err(returned) => job = returned,
            }
        }
        if inner.sandboxes.is_empty()
            && inner.starting == 0
            && let (Some(not_before), Some(error)) = (inner.not_before, &inner.last_error)
            && Instant::now() < not_before
        {
            let reply = Reply { output: Output::Failed(error.clone()), log: Vec::new(), cold: true };
            let _ = job.reply.send(reply);
            return Ok(());
        }
        if inner.waiting.len() >= WAITING_MAX {
            inner.waiting.retain(|waiting| !waiting.reply.is_closed());
        }
        if inner.waiting.len() >= WAITING_MAX {
            self.counters.throttles.fetch_add(1, Ordering::Relaxed);
            return Err(InvokeError::Throttled);
        }
        inner.waiting.push_back(job);
        self.grow(&mut inner);
        Ok(())
    }

    /// Gives `job` to a slot that asks; gives it back where there is none.
    fn give(&self, inner: &mut Inner, mut job: Job) -> Result<(), Job> {
        while let Some(position) = fullest(&inner.open) {
            let (given, asks) = {
                let sandbox = &inner.open[position];
                let log = sandbox.log.position();
                let mut slots = sandbox.slots.lock();
                let given = slots.give(job, log, Instant::now(), now().timestamp_millis(), self.config.timeout);
                (given, slots.is_asking() && slots.takes_jobs())
            };
            if !asks {
                inner.open.remove(position);
            }
            match given {
                Ok(()) => return Ok(()),
                Err(returned) => job = returned,
            }
        }
        Err(job)
    }

    /// The next job for a slot of `sandbox`; waits for it. None: it is to end.
    pub(crate) async fn next(self: &Arc<Self>, sandbox: &Arc<Sandbox>) -> Option<Work> {
        let taken = {
            let mut inner = self.inner.lock();
            let mut slots = sandbox.slots.lock();
            let at = Instant::now();
            if slots.ask(at) {
                inner.starting = inner.starting.saturating_sub(1);
                inner.failures = 0;
                inner.not_before = None;
                inner.last_error = None;
                self.counters.cold_starts.fetch_add(1, Ordering::Relaxed);
            }
            if inner.stopping || (inner.build.is_some() && sandbox.build != inner.build) {
                slots.drain();
                if slots.running().is_empty() {
                    slots.end();
                    sandbox.kill();
                    return None;
                }
            }
            if !slots.takes_jobs() {
                if slots.is_dead() {
                    return None;
                }
                // Held until the end: a refusal would be one more error in the function's log.
                slots.hold(at)
            } else if !inner.frozen
                && let Some(job) = next_wanted(&mut inner.waiting)
            {
                let log = sandbox.log.position();
                return Some(slots.begin(job, log, at, now().timestamp_millis(), self.config.timeout));
            } else {
                let taken = slots.hold(at);
                drop(slots);
                if !inner.open.iter().any(|open| Arc::ptr_eq(open, sandbox)) {
                    inner.open.push(sandbox.clone());
                }
                taken
            }
        };
        taken.await.ok()
    }

    fn look_for_new_build(&self, inner: &mut Inner) {
        if inner.looked.is_some_and(|looked| looked.elapsed() < RELOAD_INTERVAL) {
            return;
        }
        inner.looked = Some(Instant::now());
        let Some(build) = Build::of(&self.config.binary) else { return };
        if inner.build.replace(build).is_some_and(|before| before != build) {
            tracing::info!(function = self.config.name, "a new build is used from now on");
            inner.not_before = None;
            // Those that run an invocation finish it: they end when they ask for the next, or with the last that runs.
            for sandbox in inner.open.drain(..) {
                let mut slots = sandbox.slots.lock();
                slots.drain();
                if slots.is_done() {
                    slots.end();
                    sandbox.kill();
                }
            }
        }
    }

    fn grow(self: &Arc<Self>, inner: &mut Inner) {
        let backing_off = inner.not_before.is_some_and(|not_before| Instant::now() < not_before);
        if backing_off || inner.stopping || inner.frozen {
            return;
        }
        let at = Instant::now();
        let (mut alive, mut starting_here, mut soon_free) = (0, 0, 0);
        for sandbox in inner.sandboxes.values() {
            let slots = sandbox.slots.lock();
            alive += usize::from(slots.has_place());
            starting_here += usize::from(!slots.is_ready());
            // What has just answered is about to ask for the next: sooner than a new sandbox would be there.
            soon_free += slots.soon_asking(at, BREATH);
        }
        // One that starts stands for as many that wait as it will have slots.
        let alive = alive + inner.starting.saturating_sub(starting_here);
        if soon_free > 0 && !std::mem::replace(&mut inner.look_again, true) {
            let function = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(BREATH).await;
                function.inner.lock().look_again = false;
                function.serve_waiting();
            });
        }
        let promised = inner.starting * self.config.concurrency.max(1) + soon_free;
        if promised < inner.waiting.len() && alive < self.config.sandboxes_max {
            inner.starting += 1;
            let build = inner.build;
            let function = self.clone();
            tokio::spawn(async move { function.start_sandbox(build).await });
        }
    }

    pub(crate) fn sandboxes(&self) -> Vec<Arc<Sandbox>> {
        self.inner.lock().sandboxes.values().cloned().collect()
    }

    /// Invocations that its sandboxes run.
    pub(crate) fn running(&self) -> usize {
        self.sandboxes().iter().map(|sandbox| sandbox.slots.lock().running().len()).sum()
    }

    pub(crate) fn last_error(&self) -> Option<FunctionError> {
        self.inner.lock().last_error.clone()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.inner.lock().waiting.iter().filter(|job| !job.reply.is_closed()).count()
    }

    /// Takes no more invocations and kills every sandbox; what runs or waits fails.
    pub(crate) fn stop(&self) {
        let mut inner = self.inner.lock();
        inner.stopping = true;
        let error = FunctionError::new("Sandbox.Stopped", "the service is stopping");
        for job in inner.waiting.drain(..) {
            let _ = job.reply.send(Reply { output: Output::Failed(error.clone()), log: Vec::new(), cold: false });
        }
        for sandbox in inner.sandboxes.values() {
            sandbox.kill();
        }
    }
}

/// The sandbox that works most, of equals the last: the others may go, and a new one is started only when all are full.
fn fullest(open: &[Arc<Sandbox>]) -> Option<usize> {
    if open.len() < 2 {
        return open.len().checked_sub(1);
    }
    let busy = open.iter().map(|sandbox| sandbox.slots.lock().running().len());
    busy.enumerate().max_by_key(|(_, running)| *running).map(|(position, _)| position)
}

/// The first job that somebody still waits for: a caller that has gone needs no answer.
fn next_wanted(waiting: &mut VecDeque<Job>) -> Option<Job> {
    while let Some(job) = waiting.pop_front() {
        if !job.reply.is_closed() {
            return Some(job);
        }
    }
    None
}
