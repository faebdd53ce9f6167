//! The server: a listener, and a task for each connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::faults::{Fault, FaultState, InvalidFault};
use crate::record::RequestRecord;
use crate::stats::Stats;

/// How long a shutdown waits for requests under way.
const DRAIN: Duration = Duration::from_secs(5);

/// How long accepting pauses when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Tells the time, in seconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Where to listen, and what is told in answers.
#[derive(Clone)]
pub struct Options {
    /// Port 0 takes a free one: ask [`Server::address`].
    pub listen: SocketAddr,
    /// Whether the last 200 requests are kept for [`Server::requests`]. Off, a load test pays nothing for it.
    pub log_requests: bool,
    /// What `created` and the reset headers are told by.
    pub clock: Clock,
    /// Part of every identifier: two servers with different seeds never give the same one.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            log_requests: true,
            clock: Arc::new(system_seconds),
            seed: 0,
        }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// A running server. Dropping it closes its connections at once.
pub struct Server {
    address: SocketAddr,
    app: Arc<App>,
    connections: TaskTracker,
    kill: CancellationToken,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let app = Arc::new(App::new(options.clock, options.seed, options.log_requests));
        let connections = TaskTracker::new();
        let kill = CancellationToken::new();
        connections.spawn(accept(listener, Arc::clone(&app), connections.clone(), kill.clone()));
        tracing::info!(%address, "fake AI providers listen");
        Ok(Self { address, app, connections, kill })
    }

    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL that the `openai` SDK takes.
    #[must_use]
    pub fn openai_url(&self) -> String {
        format!("http://{}/openai/v1", self.address)
    }

    /// The base URL that the `anthropic` SDK takes (it adds `/v1/messages`).
    #[must_use]
    pub fn anthropic_url(&self) -> String {
        format!("http://{}/anthropic", self.address)
    }

    /// The endpoint that the Azure OpenAI clients take (they add `/openai/deployments/...`).
    #[must_use]
    pub fn azure_url(&self) -> String {
        format!("http://{}/azure", self.address)
    }

    /// The base URL of another provider with OpenAI's wire format, by whose name faults know it.
    #[must_use]
    pub fn compatible_url(&self, name: &str) -> String {
        format!("http://{}/compatible/{name}/v1", self.address)
    }

    /// Adds a fault and gives its number.
    ///
    /// # Errors
    /// [`InvalidFault`], but never `Shape` or `UnknownKey`.
    pub fn add_fault(&self, fault: Fault) -> Result<u64, InvalidFault> {
        self.app.faults.add(fault)
    }

    /// The faults that were added and not removed, spent ones among them, oldest first.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultState> {
        self.app.faults.list()
    }

    /// Removes a fault; says whether there was one of this number.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.app.faults.remove(id)
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.app.faults.clear();
    }

    /// The last 200 requests, oldest first; none if the log is off.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.app.log.as_ref().map(crate::record::Log::read).unwrap_or_default()
    }

    /// Those of the last 200 requests that are a part of `trace` (32 hexadecimal digits), by their header `traceparent`; oldest
    /// first.
    #[must_use]
    pub fn traced(&self, trace: &str) -> Vec<crate::TracedRequest> {
        self.app.log.as_ref().map(|log| log.traced(trace)).unwrap_or_default()
    }

    /// Forgets the requests, the counts stay.
    pub fn clear_requests(&self) {
        if let Some(log) = &self.app.log {
            log.clear();
        }
    }

    /// Counts since the server started.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.app.counters.read()
    }

    /// Answers what is under way, for 5 seconds at most, and stops. What hangs on a fault is closed.
    pub async fn shutdown(self) {
        self.app.stop.cancel();
        self.connections.close();
        if tokio::time::timeout(DRAIN, self.connections.wait()).await.is_err() {
            tracing::warn!("AI providers: requests were still under way when the server stopped");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.app.stop.cancel();
        self.kill.cancel();
    }
}

async fn accept(listener: TcpListener, app: Arc<App>, connections: TaskTracker, kill: CancellationToken) {
    loop {
        let socket = tokio::select! {
            () = app.stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!(%error, "AI providers: a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        // Without it an event of a stream waits for the acknowledgement of the one before.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "AI providers: a connection closed before it was served");
            continue;
        }
        connections.spawn(connection(socket, Arc::clone(&app), kill.clone()));
    }
}

async fn connection(socket: TcpStream, app: Arc<App>, kill: CancellationToken) {
    let stop = app.stop.clone();
    let service = service_fn(move |request| crate::dispatch::serve(Arc::clone(&app), request));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = kill.cancelled() => return,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                ended = serving => ended,
                () = kill.cancelled() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "AI providers: a connection ended early");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the server reads the clock; Options::clock replaces it"
)]
fn system_seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[expect(clippy::disallowed_methods, reason = "when a request came is told to people, and decides nothing")]
pub(crate) fn arrived() -> (chrono::DateTime<chrono::Utc>, std::time::Instant) {
    (chrono::Utc::now(), std::time::Instant::now())
}
