//! What is looked at from time to time: deadlines, memory, idleness, and who waits.

use super::Function;
use crate::invocation::Reply;
use crate::sandbox::Sandbox;
use crate::slots::Expiry;
use crate::{FunctionError, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long after its deadline an invocation is taken for abandoned by whoever waited for it.
const ABANDONED: Duration = Duration::from_millis(50);

impl Function {
    /// Answers `request_id` as timed out, if a sandbox runs it.
    pub(crate) fn time_out(self: &Arc<Self>, request_id: &str) {
        let sandbox = self.sandboxes().into_iter().find(|sandbox| sandbox.is_running(request_id));
        if let Some(sandbox) = sandbox {
            self.time_out_in(&sandbox, request_id);
        }
    }

    /// The same where the sandbox is known, and for a streamed one whose answer has begun. A sandbox that runs nothing else
    /// is killed. One that runs others takes no more jobs, and is killed when these have been answered or have passed
    /// their own deadlines: whether the one that passed it will ever be done, nobody knows. Returns the error.
    pub(crate) fn time_out_in(self: &Arc<Self>, sandbox: &Sandbox, request_id: &str) -> FunctionError {
        let seconds = self.config.timeout.as_secs_f64();
        let reason = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        let error = FunctionError::new("Sandbox.Timedout", reason);
        let expiry = sandbox.slots.lock().expire(request_id);
        let expired = match expiry {
            Expiry::Over => return sandbox.fate().unwrap_or(error),
            Expiry::Only => {
                sandbox.doom(error.clone());
                return sandbox.fate().unwrap_or(error);
            }
            Expiry::Dropped(expired) => expired,
        };
        if let Some(reply) = expired.reply {
            let output = Output::Failed(error.clone());
            let _ = reply.send(Reply { output, log: sandbox.log.since(expired.log_from), cold: expired.cold });
        }
        // Its place is free for another.
        self.serve_waiting();
        error
    }

    /// Ends sandboxes that have been idle for too long, and sooner those that are not the last: of these the one that worked last
    /// stays.
    pub(crate) fn shrink(&self) {
        let mut inner = self.inner.lock();
        let (timeout, surplus, at) = (self.config.idle_timeout, self.config.surplus_timeout, Instant::now());
        let mut left = inner.sandboxes.values().filter(|sandbox| sandbox.slots.lock().takes_jobs()).count();
        inner.open.retain(|sandbox| {
            let mut slots = sandbox.slots.lock();
            let stale = slots.idles(at).is_some_and(|idle| idle > timeout || left > 1 && idle > surplus);
            if stale {
                left = left.saturating_sub(1);
                slots.end();
                sandbox.kill();
            }
            !stale
        });
    }

    /// Starts a sandbox for who still waits: a start that failed may be tried again by now.
    pub(crate) fn serve_waiting(self: &Arc<Self>) {
        let mut inner = self.inner.lock();
        if !inner.waiting.is_empty() {
            self.grow(&mut inner);
        }
    }

    /// Ends invocations that are over their deadline though nobody waits for them any more: who waits ends them on time.
    pub(crate) fn check_deadlines(self: &Arc<Self>) {
        let at = Instant::now();
        for sandbox in self.sandboxes() {
            for request_id in sandbox.overdue(at, ABANDONED) {
                self.time_out_in(&sandbox, &request_id);
            }
            // A slot that hangs after its answer would keep its place for ever.
            let lingered = sandbox.slots.lock().lingers(at);
            if lingered.is_some_and(|lingered| lingered > self.config.timeout) {
                sandbox.drain();
            }
        }
    }

    /// Ends sandboxes that use more memory than they may.
    pub(crate) fn check_memory(&self) {
        let limit = u64::from(self.config.memory_mb);
        for sandbox in self.sandboxes() {
            let used = sandbox.memory_mb();
            if used > limit {
                let reason = format!(
                    "RequestId: {} Error: Runtime exited with error: signal: killed ({used} MB of {limit} MB)",
                    sandbox.blamed()
                );
                sandbox.doom(FunctionError::new("Runtime.OutOfMemory", reason));
            }
        }
    }
}
