//! The service as a whole.

use crate::clock::{new_id, now};
use crate::config::FunctionConfig;
use crate::function::{Function, Sandboxes};
use crate::gateway::{Fallback, Gateway};
use crate::invocation::{InvokeRequest, InvokeResponse, Job, Output, Reply};
use crate::limits::{CLIENT_CONTEXT_BYTES_MAX, MEMORY_INTERVAL, PAYLOAD_BYTES_MAX, RECORD_BYTES_MAX};
use crate::records::{FunctionStatus, Record, Records, Requested, Requests, SandboxStatus, Underway, cut};
use crate::spawner::Spawner;
use crate::trace::{Place, new_span_id};
use crate::underway::Board;
use crate::{Cors, FunctionError, InvokeError, invoke_api, runtime_api, serve};
use bytes::Bytes;
use nix::sys::signal::Signal;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How the service is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the Runtime API and the Invoke API listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The account in ARNs.
    pub account: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), account: "123456789012".to_owned() }
    }
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StartError {
    what: String,
    #[source]
    source: std::io::Error,
}

impl StartError {
    pub(crate) fn listen(address: SocketAddr, source: std::io::Error) -> Self {
        Self { what: format!("cannot listen on {address}"), source }
    }
}

pub(crate) struct Inner {
    pub(crate) functions: RwLock<BTreeMap<String, Arc<Function>>>,
    records: Records,
    pub(crate) requests: Requests,
    underway: Board,
    sandboxes: Sandboxes,
    spawner: Spawner,
    address: SocketAddr,
    pub(crate) account: Arc<str>,
    stop: CancellationToken,
}

/// The running service. Clones are the same service; it stops when [`Lambda::shutdown`] is called or the process ends.
#[derive(Clone)]
pub struct Lambda(pub(crate) Arc<Inner>);

impl Lambda {
    /// Starts the Runtime API and the Invoke API.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener =
            TcpListener::bind(options.listen).await.map_err(|error| StartError::listen(options.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::listen(options.listen, error))?;
        let spawner =
            Spawner::start().map_err(|source| StartError { what: "a thread cannot be started".to_owned(), source })?;
        let lambda = Self(Arc::new(Inner {
            functions: RwLock::default(),
            records: Records::default(),
            requests: Requests::default(),
            underway: Board::default(),
            sandboxes: Sandboxes::default(),
            spawner,
            address,
            account: options.account.into(),
            stop: CancellationToken::new(),
        }));
        let (sandboxes, invoker) = (lambda.0.sandboxes.clone(), lambda.clone());
        // A runtime's connection is silent for as long as its invocation runs. One that was closed in the moment in which it
        // answers would lose the answer, and `lambda_runtime` one of its slots for ever.
        let headers_within = None;
        tokio::spawn(serve::serve(listener, lambda.0.stop.clone(), headers_within, move |request, peer| {
            let (sandboxes, invoker) = (sandboxes.clone(), invoker.clone());
            async move {
                if request.uri().path().starts_with("/s/") {
                    runtime_api::answer(sandboxes, request, &peer).await
                } else {
                    invoke_api::answer(invoker, request).await
                }
            }
        }));
        tokio::spawn(lambda.clone().look_after());
        Ok(lambda)
    }

    /// Serves HTTP: requests become invocations of the function whose route they match; others go to `fallback`.
    pub async fn http(&self, listen: SocketAddr, cors: Cors, fallback: Fallback) -> Result<Gateway, StartError> {
        Gateway::start(self.clone(), listen, cors, fallback, self.0.stop.clone()).await
    }

    /// Adds a function, or replaces the one of the same name: what runs on the old one is ended.
    pub fn add_function(&self, config: FunctionConfig) {
        let name = config.name.clone();
        let function =
            Function::new(config, &self.0.account, self.0.address, self.0.spawner.clone(), self.0.sandboxes.clone());
        if let Some(old) = self.0.functions.write().insert(name, Arc::new(function)) {
            old.stop();
        }
    }

    /// Where the Runtime API and the Invoke API listen.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Runs a function and waits for its answer (of a streamed one: for its beginning).
    pub async fn invoke(&self, request: InvokeRequest) -> Result<InvokeResponse, InvokeError> {
        let function = self.0.functions.read().get(&request.function).cloned();
        let function = function.ok_or_else(|| InvokeError::NotFound(request.function.clone()))?;
        let too_large = |bytes: usize, limit: usize| (bytes > limit).then_some(InvokeError::TooLarge { bytes, limit });
        let context_bytes = request.client_context.as_ref().map_or(0, String::len);
        let refused =
            too_large(request.payload.len(), PAYLOAD_BYTES_MAX).or(too_large(context_bytes, CLIENT_CONTEXT_BYTES_MAX));
        if let Some(error) = refused {
            return Err(error);
        }
        let (at, request_id) = (now(), new_id());
        let place = request.trace_id.as_deref().and_then(Place::from_xray).unwrap_or_else(|| Place::fresh(at));
        let span_id = new_span_id();
        let trace_id = place.xray(&span_id);
        let (reply, replied) = oneshot::channel();
        let taken_ms = Arc::new(AtomicI64::new(0));
        let job = Job {
            request_id: request_id.clone(),
            trace_id: trace_id.clone(),
            client_context: request.client_context,
            payload: request.payload.clone(),
            taken_ms: taken_ms.clone(),
            reply,
        };
        let told = Underway {
            request_id: request_id.clone(),
            function: request.function.clone(),
            what: request.what.clone(),
            at,
            trace_id: place.trace_id.clone(),
            span_id: span_id.clone(),
            parent_id: place.parent_id.clone(),
            links: request.links.clone(),
            running: false,
        };
        let _listing = self.0.underway.list(told, &taken_ms);
        let started = Instant::now();
        function.counters.invocations.fetch_add(1, Ordering::Relaxed);
        function.submit(job)?;
        let reply = wait(&function, &request_id, replied, &taken_ms).await;
        let duration = started.elapsed();
        let (failed, response) = match &reply.output {
            Output::Buffered(bytes) => (false, cut(bytes)),
            Output::Streamed { .. } => (false, Bytes::from_static(b"(a stream)")),
            Output::Failed(error) => {
                function.counters.errors.fetch_add(1, Ordering::Relaxed);
                (true, serde_json::to_vec(error).unwrap_or_default().into())
            }
        };
        let duration_ms = duration.as_secs_f64() * 1000.0;
        function.durations.add(duration_ms);
        let wait_ms = match taken_ms.load(Ordering::Acquire) {
            // No sandbox ever took it.
            0 => duration_ms,
            taken => ((taken - at.timestamp_millis()) as f64).clamp(0.0, duration_ms),
        };
        self.0.records.add(Record {
            number: 0,
            request_id: request_id.clone(),
            trace_id: place.trace_id,
            span_id,
            parent_id: place.parent_id,
            links: request.links,
            at,
            function: request.function,
            what: request.what,
            event: cut(&request.payload),
            whole: request.payload.len() <= RECORD_BYTES_MAX,
            response,
            failed,
            duration_ms,
            wait_ms,
            cold: reply.cold,
            log: reply.log.clone(),
        });
        Ok(InvokeResponse { output: reply.output, request_id, trace_id, log: reply.log, duration, cold: reply.cold })
    }

    /// The last invocations, newest first.
    pub fn records(&self) -> Vec<Arc<Record>> {
        self.0.records.all()
    }

    /// One of the last invocations.
    pub fn record(&self, request_id: &str) -> Option<Arc<Record>> {
        self.0.records.find(request_id)
    }

    /// The last requests that the gateway answered, newest first.
    pub fn requests(&self) -> Vec<Arc<Requested>> {
        self.0.requests.all()
    }

    /// The invocations that somebody waits for, in the order in which they were asked for.
    pub fn underway(&self) -> Vec<Underway> {
        self.0.underway.all()
    }

    /// How the functions are, by name.
    pub fn functions(&self) -> Vec<FunctionStatus> {
        let functions: Vec<Arc<Function>> = self.0.functions.read().values().cloned().collect();
        functions.iter().map(|function| status(function)).collect()
    }

    /// The processes of a function's sandboxes.
    pub fn sandboxes(&self, function: &str) -> Vec<u32> {
        self.with(function, |function| function.sandboxes().iter().filter_map(|sandbox| sandbox.process()).collect())
            .unwrap_or_default()
    }

    /// Kills every sandbox of a function, as if the processes had crashed. Returns how many.
    pub fn kill(&self, function: &str) -> usize {
        self.signal(function, Signal::SIGKILL)
    }

    /// Kills one sandbox of a function, as if its process had crashed. False if it is not there.
    pub fn kill_sandbox(&self, function: &str, id: &str) -> bool {
        let killed = self.with(function, |function| {
            let found = function.sandboxes().into_iter().find(|sandbox| sandbox.id == id);
            found.as_ref().map(|sandbox| sandbox.kill()).is_some()
        });
        killed.unwrap_or(false)
    }

    /// How the sandboxes of a function are, the oldest first. None if there is no such function.
    pub fn sandbox_statuses(&self, function: &str) -> Option<Vec<SandboxStatus>> {
        self.with(function, |function| {
            let mut all: Vec<SandboxStatus> = function.sandboxes().iter().map(|sandbox| sandbox.status()).collect();
            all.sort_by_key(|sandbox| std::cmp::Reverse(sandbox.age_ms));
            all
        })
    }

    /// Stops every process of a function without ending it, until [`Self::resume`]: what it runs hangs.
    pub fn suspend(&self, function: &str) -> usize {
        self.signal(function, Signal::SIGSTOP)
    }

    /// Lets stopped processes go on.
    pub fn resume(&self, function: &str) -> usize {
        self.signal(function, Signal::SIGCONT)
    }

    /// Gives a function's sandboxes no more work, until [`Self::thaw`]: what is asked of it waits, and fails as timed out
    /// when it has waited for as long as an invocation may take. What runs goes on. False if there is no such function.
    pub fn freeze(&self, function: &str) -> bool {
        self.with(function, |function| function.freeze()).is_some()
    }

    /// Gives a frozen function's sandboxes work again, first to who waits. False if there is no such function.
    pub fn thaw(&self, function: &str) -> bool {
        self.with(function, Function::thaw).is_some()
    }

    /// Ends every sandbox and answers nothing more.
    pub async fn shutdown(&self) {
        let functions: Vec<Arc<Function>> = self.0.functions.read().values().cloned().collect();
        for function in &functions {
            function.stop();
        }
        let gone = async {
            while functions.iter().any(|function| !function.sandboxes().is_empty()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), gone).await;
        self.0.stop.cancel();
    }

    fn with<T>(&self, function: &str, act: impl Fn(&Arc<Function>) -> T) -> Option<T> {
        let function = self.0.functions.read().get(function).cloned();
        function.map(|function| act(&function))
    }

    fn signal(&self, function: &str, signal: Signal) -> usize {
        let signalled = self.with(function, |function| {
            let sandboxes = function.sandboxes();
            for sandbox in &sandboxes {
                sandbox.signal(signal);
            }
            sandboxes.len()
        });
        signalled.unwrap_or(0)
    }

    async fn look_after(self) {
        let mut interval = tokio::time::interval(MEMORY_INTERVAL);
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                () = self.0.stop.cancelled() => return,
            }
            let functions: Vec<Arc<Function>> = self.0.functions.read().values().cloned().collect();
            for function in functions {
                function.check_deadlines();
                function.check_memory();
                function.shrink();
                function.serve_waiting();
            }
        }
    }
}

/// Waits for the reply; ends the sandbox at the deadline, which counts from when it took the job.
async fn wait(
    function: &Arc<Function>,
    request_id: &str,
    mut replied: oneshot::Receiver<Reply>,
    taken_ms: &AtomicI64,
) -> Reply {
    let timeout = function.config.timeout;
    let mut pause = timeout;
    loop {
        tokio::select! {
            reply = &mut replied => return reply.unwrap_or_else(|_| Reply {
                output: Output::Failed(FunctionError::new(
                    "Runtime.ExitError",
                    format!("RequestId: {request_id} Error: the sandbox ended before it took the invocation"),
                )),
                log: Vec::new(),
                cold: false,
            }),
            () = tokio::time::sleep(pause) => {
                let taken = taken_ms.load(Ordering::Acquire);
                let ran = Duration::from_millis(u64::try_from(now().timestamp_millis() - taken).unwrap_or(0));
                if taken == 0 && function.is_frozen() {
                    let seconds = timeout.as_secs_f64();
                    let reason = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds: the function is frozen");
                    let error = FunctionError::new("Sandbox.Timedout", reason);
                    return Reply { output: Output::Failed(error), log: Vec::new(), cold: false };
                } else if taken == 0 {
                    // Still waiting for a sandbox: that has its own bounds.
                    pause = timeout;
                } else if ran + Duration::from_millis(1) >= timeout {
                    function.time_out(request_id);
                    pause = Duration::from_secs(1);
                } else {
                    pause = timeout - ran;
                }
            }
        }
    }
}

fn status(function: &Function) -> FunctionStatus {
    let sandboxes = function.sandboxes();
    let [p50_ms, p95_ms] = function.durations.percentiles([0.5, 0.95]);
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let routes = function.config.routes.iter().map(|route| match &route.methods {
        Some(methods) => format!("{} {}", methods.join(","), route.path),
        None => route.path.clone(),
    });
    FunctionStatus {
        name: function.config.name.clone(),
        frozen: function.is_frozen(),
        running: function.running(),
        waiting: function.waiting(),
        invocations: count(&function.counters.invocations),
        errors: count(&function.counters.errors),
        throttles: count(&function.counters.throttles),
        cold_starts: count(&function.counters.cold_starts),
        p50_ms,
        p95_ms,
        memory_mb: sandboxes.iter().map(|sandbox| sandbox.memory_mb()).sum(),
        memory_limit_mb: function.config.memory_mb,
        timeout_ms: u64::try_from(function.config.timeout.as_millis()).unwrap_or(u64::MAX),
        concurrency: function.config.concurrency,
        sandboxes_max: function.config.sandboxes_max,
        sandboxes: sandboxes.len(),
        routes: routes.collect(),
        last_error: function.last_error().map(|error| error.to_string()),
    }
}
