//! A function: its sandboxes, and the invocations that wait for one.

use crate::binary::Build;
use crate::clock::new_id;
use crate::config::FunctionConfig;
use crate::invocation::{Job, Reply};
use crate::limits::{RELOAD_INTERVAL, WAITING_MAX};
use crate::sandbox::{Activity, Sandbox};
use crate::spawner::Spawner;
use crate::{FunctionError, InvokeError, Output};
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// After a failed initialisation the next is tried after this, doubled each time up to the maximum.
const BACKOFF: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// How long after a process's end its last lines are waited for.
const LAST_LINES: Duration = Duration::from_millis(200);

/// How long a sandbox that has answered is waited for before another is started in its place.
const BREATH: Duration = Duration::from_millis(50);
/// How long after its deadline an invocation is taken for abandoned by whoever waited for it.
const ABANDONED: Duration = Duration::from_millis(50);

/// Every sandbox by its id, for the Runtime API.
pub(crate) type Sandboxes = Arc<RwLock<HashMap<String, (Arc<Function>, Arc<Sandbox>)>>>;

#[derive(Default)]
struct Inner {
    sandboxes: HashMap<String, Arc<Sandbox>>,
    /// The last that became idle is used first, so that the others may go.
    idle: Vec<Arc<Sandbox>>,
    waiting: VecDeque<Job>,
    starting: usize,
    /// Whether who waits is looked at again in a moment.
    look_again: bool,
    build: Option<Build>,
    looked: Option<Instant>,
    failures: u32,
    not_before: Option<Instant>,
    last_error: Option<FunctionError>,
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
    runtime_api: SocketAddr,
    spawner: Spawner,
    all: Sandboxes,
    inner: Mutex<Inner>,
}

impl Function {
    pub(crate) fn new(config: FunctionConfig, runtime_api: SocketAddr, spawner: Spawner, all: Sandboxes) -> Self {
        Self { config, counters: Counters::default(), runtime_api, spawner, all, inner: Mutex::default() }
    }

    /// Gives `job` to a sandbox, now or as soon as there is one.
    pub(crate) fn submit(self: &Arc<Self>, mut job: Job) -> Result<(), InvokeError> {
        let mut inner = self.inner.lock();
        if inner.stopping {
            return Err(InvokeError::Stopping);
        }
        self.look_for_new_build(&mut inner);
        while let Some(sandbox) = inner.idle.pop() {
            let mut activity = sandbox.activity.lock();
            if !matches!(*activity, Activity::Idle { .. }) {
                continue;
            }
            if let Activity::Idle { taker, .. } = std::mem::replace(&mut *activity, Activity::Dead) {
                // `begin` runs where the job is received: the process may have gone since.
                match taker.send(job) {
                    Ok(()) => return Ok(()),
                    Err(returned) => job = returned,
                }
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
            self.counters.throttles.fetch_add(1, Ordering::Relaxed);
            return Err(InvokeError::Throttled);
        }
        inner.waiting.push_back(job);
        self.grow(&mut inner);
        Ok(())
    }

    /// The next job for `sandbox` with its deadline in milliseconds since 1970; waits for it. None: it is to end.
    pub(crate) async fn next(self: &Arc<Self>, sandbox: &Arc<Sandbox>) -> Option<(Job, i64)> {
        let taken = {
            let mut inner = self.inner.lock();
            if sandbox.note_ready() {
                inner.starting = inner.starting.saturating_sub(1);
                inner.failures = 0;
                inner.not_before = None;
                inner.last_error = None;
                self.counters.cold_starts.fetch_add(1, Ordering::Relaxed);
            }
            if inner.stopping || (inner.build.is_some() && sandbox.build != inner.build) {
                *sandbox.activity.lock() = Activity::Dead;
                sandbox.kill();
                return None;
            }
            let mut activity = sandbox.activity.lock();
            if let Some(job) = next_wanted(&mut inner.waiting) {
                return Some(sandbox.begin(&mut activity, job, self.config.timeout));
            }
            let (taker, taken) = oneshot::channel();
            *activity = Activity::Idle { taker, since: Instant::now() };
            drop(activity);
            inner.idle.push(sandbox.clone());
            taken
        };
        let job = taken.await.ok()?;
        let mut activity = sandbox.activity.lock();
        Some(sandbox.begin(&mut activity, job, self.config.timeout))
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
            // Those that run an invocation finish it and end when they ask for the next.
            for sandbox in inner.idle.drain(..) {
                *sandbox.activity.lock() = Activity::Dead;
                sandbox.kill();
            }
        }
    }

    fn grow(self: &Arc<Self>, inner: &mut Inner) {
        let backing_off = inner.not_before.is_some_and(|not_before| Instant::now() < not_before);
        if backing_off || inner.stopping {
            return;
        }
        let alive =
            inner.sandboxes.values().filter(|sandbox| !matches!(*sandbox.activity.lock(), Activity::Dead)).count();
        // One that starts stands for one that waits.
        let starting_here = inner.sandboxes.values().filter(|sandbox| !sandbox.is_ready()).count();
        let alive = alive + inner.starting.saturating_sub(starting_here);
        // One that has just answered is about to ask for the next: sooner than a new one would be there.
        let about_to_ask = |sandbox: &&Arc<Sandbox>| sandbox.lingers().is_some_and(|lingered| lingered < BREATH);
        let soon_free = inner.sandboxes.values().filter(about_to_ask).count();
        if soon_free > 0 && !std::mem::replace(&mut inner.look_again, true) {
            let function = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(BREATH).await;
                function.inner.lock().look_again = false;
                function.serve_waiting();
            });
        }
        if inner.starting + soon_free < inner.waiting.len() && alive < self.config.sandboxes_max {
            inner.starting += 1;
            let build = inner.build;
            let function = self.clone();
            tokio::spawn(async move { function.start_sandbox(build).await });
        }
    }

    async fn start_sandbox(self: Arc<Self>, build: Option<Build>) {
        let id = new_id();
        let sandbox = Arc::new(Sandbox::new(id.clone(), self.config.name.clone(), build));
        // Known before it runs: a quick process asks for its invocation before this task is woken.
        self.all.write().insert(id.clone(), (self.clone(), sandbox.clone()));
        let child = self.spawner.spawn(self.command(&id)).await;
        let child = child.and_then(|child| {
            child.id().map(|pid| (child, pid)).ok_or_else(|| std::io::Error::other("it ended at once"))
        });
        let (mut child, process) = match child {
            Ok(started) => started,
            Err(error) => {
                self.all.write().remove(&id);
                let reason =
                    format!("RequestId: {id} Error: {} cannot be started: {error}", self.config.binary.display());
                self.init_failed(&FunctionError::new("Runtime.InvalidEntrypoint", reason));
                return;
            }
        };
        sandbox.is_process(process);
        let followers = follow(&mut child, &sandbox);
        {
            let mut inner = self.inner.lock();
            if inner.stopping {
                sandbox.kill();
            }
            inner.sandboxes.insert(id, sandbox.clone());
        }
        let ended = {
            let wait = child.wait();
            tokio::pin!(wait);
            tokio::select! {
                ended = &mut wait => ended,
                () = tokio::time::sleep(self.config.init_timeout) => {
                    if !sandbox.is_ready() {
                        let seconds = self.config.init_timeout.as_secs_f64();
                        let reason = format!("RequestId: {} Error: the runtime did not ask for an invocation within {seconds:.2} seconds", sandbox.id);
                        sandbox.doom(FunctionError::new("Sandbox.Timedout", reason));
                        sandbox.kill();
                    }
                    wait.await
                }
            }
        };
        // Whoever reads the error wants the last lines with it.
        let _ = tokio::time::timeout(LAST_LINES, futures::future::join_all(followers)).await;
        self.ended(&sandbox, ended.ok());
    }

    fn command(&self, sandbox: &str) -> Command {
        let mut command = Command::new(&self.config.binary);
        command.env_clear();
        for inherited in ["PATH", "HOME", "TZ", "LANG", "RUST_BACKTRACE", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            #[expect(
                clippy::disallowed_methods,
                reason = "a process needs these of its machine; they are handed on, not read"
            )]
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        let name = &self.config.name;
        command
            // With its scheme: an address with a path and no scheme is no URI, and `lambda_runtime` refuses it.
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{}/s/{sandbox}", self.runtime_api))
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", self.config.memory_mb.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", sandbox)
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("_HANDLER", "bootstrap")
            .envs(self.config.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn ended(self: &Arc<Self>, sandbox: &Arc<Sandbox>, status: Option<ExitStatus>) {
        self.all.write().remove(&sandbox.id);
        let activity = std::mem::replace(&mut *sandbox.activity.lock(), Activity::Dead);
        let was_ready = sandbox.is_ready();
        {
            let mut inner = self.inner.lock();
            inner.sandboxes.remove(&sandbox.id);
            inner.idle.retain(|idle| idle.id != sandbox.id);
        }
        let request_id = match &activity {
            Activity::Busy(running) => running.request_id.as_str(),
            _ => sandbox.id.as_str(),
        };
        let fate = sandbox.fate().unwrap_or_else(|| exit_error(request_id, status));
        match activity {
            Activity::Busy(running) => {
                if let Some(reply) = running.reply {
                    let reply_with =
                        Reply { output: Output::Failed(fate), log: sandbox.log.lines(), cold: sandbox.is_cold() };
                    let _ = reply.send(reply_with);
                }
            }
            _ if !was_ready => {
                let mut fate = fate;
                if let Some(last) = sandbox.log.lines().last() {
                    fate.error_message = format!("{}: {last}", fate.error_message);
                }
                self.init_failed(&fate);
                return;
            }
            _ => {}
        }
        let mut inner = self.inner.lock();
        if !inner.waiting.is_empty() {
            self.grow(&mut inner);
        }
    }

    fn init_failed(self: &Arc<Self>, error: &FunctionError) {
        tracing::warn!(function = self.config.name, %error, "a sandbox could not be started");
        let mut inner = self.inner.lock();
        inner.starting = inner.starting.saturating_sub(1);
        inner.failures += 1;
        let backoff = BACKOFF.saturating_mul(1 << inner.failures.min(10)).min(BACKOFF_MAX);
        inner.not_before = Some(Instant::now() + backoff);
        inner.last_error = Some(error.clone());
        // As long as another sandbox lives, what waits is its work.
        if inner.sandboxes.is_empty() && inner.starting == 0 {
            for job in inner.waiting.drain(..) {
                let _ = job.reply.send(Reply { output: Output::Failed(error.clone()), log: Vec::new(), cold: true });
            }
        }
    }

    /// Kills the sandbox that runs `request_id`, if one does, for having passed its deadline.
    pub(crate) fn time_out(&self, request_id: &str) {
        let sandbox = self.inner.lock().sandboxes.values().find(|sandbox| sandbox.is_running(request_id)).cloned();
        if let Some(sandbox) = sandbox {
            self.kill_for_timeout(&sandbox, request_id);
        }
    }

    pub(crate) fn kill_for_timeout(&self, sandbox: &Sandbox, request_id: &str) {
        let seconds = self.config.timeout.as_secs_f64();
        let reason = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        sandbox.doom(FunctionError::new("Sandbox.Timedout", reason));
        sandbox.kill();
    }

    /// Ends sandboxes that have been idle for too long.
    pub(crate) fn shrink(&self) {
        let mut inner = self.inner.lock();
        let timeout = self.config.idle_timeout;
        inner.idle.retain(|sandbox| {
            let mut activity = sandbox.activity.lock();
            let stale = matches!(&*activity, Activity::Idle { since, .. } if since.elapsed() > timeout);
            if stale {
                *activity = Activity::Dead;
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

    /// Ends sandboxes whose invocation is over its deadline though nobody waits for it any more: who waits ends them
    /// on time.
    pub(crate) fn check_deadlines(&self) {
        for sandbox in self.sandboxes() {
            if let Some((request_id, deadline)) = sandbox.under_way()
                && deadline.elapsed() > ABANDONED
            {
                self.kill_for_timeout(&sandbox, &request_id);
            }
            // One that hangs after its answer would keep its place for ever.
            if sandbox.lingers().is_some_and(|lingered| lingered > self.config.timeout) {
                sandbox.kill();
            }
        }
    }

    /// Ends sandboxes that use more memory than they may.
    pub(crate) fn check_memory(&self) {
        let limit = u64::from(self.config.memory_mb);
        for sandbox in self.sandboxes() {
            let used = sandbox.memory_mb();
            if used > limit {
                let request_id = sandbox.under_way().map_or_else(|| sandbox.id.clone(), |(request_id, _)| request_id);
                let reason = format!(
                    "RequestId: {request_id} Error: Runtime exited with error: signal: killed ({used} MB of {limit} MB)"
                );
                sandbox.doom(FunctionError::new("Runtime.OutOfMemory", reason));
                sandbox.kill();
            }
        }
    }

    pub(crate) fn sandboxes(&self) -> Vec<Arc<Sandbox>> {
        self.inner.lock().sandboxes.values().cloned().collect()
    }

    pub(crate) fn last_error(&self) -> Option<FunctionError> {
        self.inner.lock().last_error.clone()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.inner.lock().waiting.len()
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

/// The first job that somebody still waits for: a caller that has gone needs no answer.
fn next_wanted(waiting: &mut VecDeque<Job>) -> Option<Job> {
    while let Some(job) = waiting.pop_front() {
        if !job.reply.is_closed() {
            return Some(job);
        }
    }
    None
}

fn follow(child: &mut Child, sandbox: &Sandbox) -> Vec<tokio::task::JoinHandle<()>> {
    let mut followers = Vec::new();
    if let Some(output) = child.stdout.take() {
        followers.push(tokio::spawn(sandbox.log.clone().follow(output, sandbox.function.clone())));
    }
    if let Some(output) = child.stderr.take() {
        followers.push(tokio::spawn(sandbox.log.clone().follow(output, sandbox.function.clone())));
    }
    followers
}

fn exit_error(request_id: &str, status: Option<ExitStatus>) -> FunctionError {
    use std::os::unix::process::ExitStatusExt;
    let how = match status {
        Some(status) => match (status.code(), status.signal()) {
            (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
            (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
            (None, Some(signal)) => format!("Runtime exited with error: signal {signal}"),
            (None, None) => "Runtime exited".to_owned(),
        },
        None => "Runtime exited".to_owned(),
    };
    FunctionError::new("Runtime.ExitError", format!("RequestId: {request_id} Error: {how}"))
}
