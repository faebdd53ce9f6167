//! One process of a function.

use crate::binary::Build;
use crate::invocation::Reply;
use crate::log::Log;
use crate::slots::Slots;
use crate::{FunctionError, Output, SandboxState, SandboxStatus};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use parking_lot::Mutex;
use std::sync::OnceLock;
use std::time::Instant;

pub(crate) struct Sandbox {
    pub(crate) id: String,
    pub(crate) function: String,
    pub(crate) build: Option<Build>,
    started: Instant,
    /// Empty until the process is known: it may speak before it is.
    process: OnceLock<u32>,
    pub(crate) log: Log,
    /// What it does. Locked after the function's own state where both are.
    pub(crate) slots: Mutex<Slots>,
    /// Why it is being killed, or what it said of its failed initialisation.
    fate: Mutex<Option<FunctionError>>,
}

impl Sandbox {
    pub(crate) fn new(id: String, function: String, build: Option<Build>, concurrency: usize) -> Self {
        Self {
            id,
            function,
            build,
            started: Instant::now(),
            process: OnceLock::new(),
            log: Log::default(),
            slots: Mutex::new(Slots::new(concurrency)),
            fate: Mutex::new(None),
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

    pub(crate) fn is_ready(&self) -> bool {
        self.slots.lock().is_ready()
    }

    /// Ends the invocation `request_id` with `output`. False if it does not run, or was answered already.
    pub(crate) fn complete(&self, request_id: &str, output: Output) -> bool {
        // A stream runs on until its end.
        let streamed = matches!(output, Output::Streamed { .. });
        let (answer, done) = {
            let mut slots = self.slots.lock();
            (slots.answer(request_id, streamed, Instant::now()), slots.is_done())
        };
        let Some((reply, log_from, cold)) = answer else { return false };
        let _ = reply.send(Reply { output, log: self.log.since(log_from), cold });
        if done {
            self.kill();
        }
        true
    }

    /// Ends a streamed invocation.
    pub(crate) fn stream_ended(&self, request_id: &str) {
        let done = {
            let mut slots = self.slots.lock();
            slots.stream_ended(request_id, Instant::now());
            slots.is_done()
        };
        if done {
            self.kill();
        }
    }

    /// Whether it runs `request_id` and has not answered it yet.
    pub(crate) fn is_running(&self, request_id: &str) -> bool {
        self.slots.lock().is_unanswered(request_id)
    }

    /// When an invocation that it runs, answered or not, is to be over.
    pub(crate) fn deadline(&self, request_id: &str) -> Option<Instant> {
        let slots = self.slots.lock();
        slots.running().iter().find(|running| running.request_id == request_id).map(|running| running.deadline)
    }

    /// The invocations that are past their deadline by more than `grace`.
    pub(crate) fn overdue(&self, now: Instant, grace: std::time::Duration) -> Vec<String> {
        let slots = self.slots.lock();
        let late = slots.running().iter().filter(|running| now.saturating_duration_since(running.deadline) > grace);
        late.map(|running| running.request_id.clone()).collect()
    }

    /// The name for its end in an error: of the invocation that it runs, if it is one; else its own.
    pub(crate) fn blamed(&self) -> String {
        match self.slots.lock().running() {
            [only] => only.request_id.clone(),
            _ => self.id.clone(),
        }
    }

    /// Takes no more jobs, and ends when it runs none.
    pub(crate) fn drain(&self) {
        let done = {
            let mut slots = self.slots.lock();
            slots.drain();
            slots.is_done()
        };
        if done {
            self.kill();
        }
    }

    /// Kills it, saying why; the first reason stays.
    pub(crate) fn doom(&self, fate: FunctionError) {
        self.slots.lock().doom();
        self.fate.lock().get_or_insert(fate);
        self.kill();
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

    /// How it is.
    pub(crate) fn status(&self) -> SandboxStatus {
        let (state, running, served) = {
            let slots = self.slots.lock();
            let state = match (slots.takes_jobs(), slots.is_ready(), slots.running().is_empty()) {
                (false, _, _) => SandboxState::Ending,
                (true, false, _) => SandboxState::Starting,
                (true, true, true) => SandboxState::Idle,
                (true, true, false) => SandboxState::Busy,
            };
            (state, slots.running().len(), slots.served())
        };
        SandboxStatus {
            id: self.id.clone(),
            process: self.process(),
            state,
            running,
            served,
            memory_mb: self.memory_mb(),
            age_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
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
