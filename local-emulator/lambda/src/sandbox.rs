//! One process of a function.

use crate::binary::Build;
use crate::clock::now;
use crate::invocation::{Job, Reply};
use crate::log::Log;
use crate::{FunctionError, Output};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use parking_lot::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The invocation that a sandbox runs.
pub(crate) struct Running {
    pub(crate) request_id: String,
    /// Taken when the answer begins.
    pub(crate) reply: Option<oneshot::Sender<Reply>>,
    pub(crate) deadline: Instant,
}

/// What a sandbox is doing.
pub(crate) enum Activity {
    /// Started, and has not asked for an invocation yet.
    Starting,
    /// Its held-open `GET /next` takes a job here.
    Idle { taker: oneshot::Sender<Job>, since: Instant },
    /// Runs an invocation.
    Busy(Running),
    /// Has answered and not asked for the next one yet.
    Between { since: Instant },
    /// Ended, or about to.
    Dead,
}

pub(crate) struct Sandbox {
    pub(crate) id: String,
    pub(crate) function: String,
    pub(crate) build: Option<Build>,
    /// Empty until the process is known: it may speak before it is.
    process: OnceLock<u32>,
    pub(crate) log: Log,
    pub(crate) activity: Mutex<Activity>,
    /// Why it is being killed, or what it said of its failed initialisation.
    fate: Mutex<Option<FunctionError>>,
    started: AtomicBool,
    served: AtomicU64,
}

impl Sandbox {
    pub(crate) fn new(id: String, function: String, build: Option<Build>) -> Self {
        Self {
            id,
            function,
            build,
            process: OnceLock::new(),
            log: Log::default(),
            activity: Mutex::new(Activity::Starting),
            fate: Mutex::new(None),
            started: AtomicBool::new(false),
            served: AtomicU64::new(0),
        }
    }

    /// Says which process it is.
    pub(crate) fn is_process(&self, process: u32) {
        let _ = self.process.set(process);
    }

    /// Its process, once there is one.
    pub(crate) fn process(&self) -> Option<u32> {
        self.process.get().copied()
    }

    /// Notes that it asked for an invocation; true the first time.
    pub(crate) fn note_ready(&self) -> bool {
        !self.started.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.started.load(Ordering::Acquire)
    }

    /// Makes `job` the one that it runs, and returns the job without its way back. The deadline starts now.
    pub(crate) fn begin(&self, activity: &mut Activity, mut job: Job, timeout: Duration) -> (Job, i64) {
        // What it wrote while it started belongs to the first.
        if self.served.fetch_add(1, Ordering::Relaxed) > 0 {
            self.log.begin();
        }
        let (nowhere, _) = oneshot::channel();
        let reply = std::mem::replace(&mut job.reply, nowhere);
        *activity = Activity::Busy(Running {
            request_id: job.request_id.clone(),
            reply: Some(reply),
            deadline: Instant::now() + timeout,
        });
        let taken_ms = now().timestamp_millis();
        job.take_at(taken_ms);
        (job, taken_ms + i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX))
    }

    /// Whether the invocation that it runs is its first.
    pub(crate) fn is_cold(&self) -> bool {
        self.served.load(Ordering::Relaxed) <= 1
    }

    /// Ends the invocation `request_id` with `output`. False if it is not the one that runs, or was answered already.
    pub(crate) fn complete(&self, request_id: &str, output: Output) -> bool {
        let mut activity = self.activity.lock();
        let Activity::Busy(running) = &mut *activity else { return false };
        if running.request_id != request_id {
            return false;
        }
        let Some(reply) = running.reply.take() else { return false };
        let streamed = matches!(output, Output::Streamed { .. });
        let _ = reply.send(Reply { output, log: self.log.lines(), cold: self.is_cold() });
        // A stream runs on: its end makes it Between.
        if !streamed {
            *activity = Activity::Between { since: Instant::now() };
        }
        true
    }

    /// Ends a streamed invocation.
    pub(crate) fn stream_ended(&self, request_id: &str) {
        let mut activity = self.activity.lock();
        if matches!(&*activity, Activity::Busy(running) if running.request_id == request_id) {
            *activity = Activity::Between { since: Instant::now() };
        }
    }

    /// The invocation that it runs and has not answered yet.
    pub(crate) fn is_running(&self, request_id: &str) -> bool {
        matches!(&*self.activity.lock(), Activity::Busy(running) if running.request_id == request_id && running.reply.is_some())
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &*self.activity.lock() {
            Activity::Busy(running) => Some(running.deadline),
            _ => None,
        }
    }

    /// The invocation that it runs, answered or not, with its deadline.
    pub(crate) fn under_way(&self) -> Option<(String, Instant)> {
        match &*self.activity.lock() {
            Activity::Busy(running) => Some((running.request_id.clone(), running.deadline)),
            _ => None,
        }
    }

    /// How long it has not asked for an invocation since it answered the last.
    pub(crate) fn lingers(&self) -> Option<Duration> {
        match &*self.activity.lock() {
            Activity::Between { since } => Some(since.elapsed()),
            _ => None,
        }
    }

    /// Says why it ends; the first reason stays.
    pub(crate) fn doom(&self, fate: FunctionError) {
        self.fate.lock().get_or_insert(fate);
    }

    pub(crate) fn fate(&self) -> Option<FunctionError> {
        self.fate.lock().clone()
    }

    /// Kills it and whatever it started.
    pub(crate) fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(process) = self.process().and_then(|process| i32::try_from(process).ok()) {
            let _ = killpg(Pid::from_raw(process), signal);
        }
    }

    /// MiB that it has in memory; 0 where the system does not say (there is no `/proc`).
    pub(crate) fn memory_mb(&self) -> u64 {
        let Some(process) = self.process() else { return 0 };
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = resident.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
        kib / 1024
    }
}
