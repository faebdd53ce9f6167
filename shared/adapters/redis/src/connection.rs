//! One connection that everything shares, and a few more for those that wait.

use crate::error::port_error;
use crate::gate::Gate;
use octavo_domain_kernel::{PortError, PortErrorKind};
use redis::aio::{AsyncPushSender, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, ProtocolVersion, RedisError, Script,
    ScriptInvocation, Value,
};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Idle connections that are kept for waiting calls. More may be open at a time; these are kept afterwards.
const WAITING_IDLE_MAX: usize = 16;
/// Pause before the one more attempt to connect that a call makes.
const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

/// How long a [`Redis`] waits.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// For a connection to be made, the greeting included. Default 2 s.
    pub connect_timeout: Duration,
    /// For an answer. Default 2 s. A waiting call has this on top of its own wait.
    pub response_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(2), response_timeout: Duration::from_secs(2) }
    }
}

/// A Redis server. Cheap to clone; all clones share the connection.
///
/// Nothing is connected before the first use, so that a function starts without waiting for it. When the connection is
/// lost the call that notices tries once more on a new one; while Redis is away calls fail with `Unavailable` within the
/// connect timeout, and the first call after it is back succeeds. Whatever happens, a call that does not itself wait on
/// the server ends within both timeouts together. A connection on which three calls in a row got no answer is given up.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    options: Options,
    /// Further attempts to connect that a call makes.
    retries: usize,
    gate: Gate,
    shared: Mutex<Option<ConnectionManager>>,
    waiting: Mutex<Vec<MultiplexedConnection>>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: it holds the password.
        f.debug_struct("Redis").field("address", &self.0.client.get_connection_info().addr().to_string()).finish()
    }
}

impl Redis {
    /// The server at `url`: `redis://[user:password@]host[:port][/database]` or `rediss://` for TLS. Does not connect.
    /// `Corrupt` where the URL is none.
    pub fn new(url: &str) -> Result<Self, PortError> {
        Self::with_options(url, Options::default())
    }

    /// The same, with other timeouts.
    pub fn with_options(url: &str, options: Options) -> Result<Self, PortError> {
        let client = Client::open(url).map_err(PortError::corrupt)?;
        Ok(Self::of(client, options, 1, Duration::ZERO))
    }

    /// The same server, for a caller that can do without it and must not wait for it: where a call was not answered, the
    /// calls of the next `pause` (500 ms is sensible) fail at once with `Unavailable`; then one is tried, and the others
    /// still fail at once until it is answered. So an outage costs one caller at a time the timeout, not each. What is
    /// answered late therefore also fails others: the timeouts should be longer than anything that is usual.
    ///
    /// For a new [`Redis`], before its first use: it has a connection of its own.
    #[must_use]
    pub fn failing_fast(self, pause: Duration) -> Self {
        Self::of(self.0.client.clone(), self.0.options, 0, pause)
    }

    fn of(client: Client, options: Options, retries: usize, pause: Duration) -> Self {
        let (shared, waiting) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { client, options, retries, gate: Gate::new(pause), shared, waiting }))
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.query::<()>(&redis::cmd("PING")).await
    }

    // All our calls may be done twice: they are idempotent, or (sending) doubles are tolerated. So a call that meets a
    // lost connection is tried once more, on a new one.

    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, PortError> {
        self.attempt(|mut connection, _| async move { command.query_async(&mut connection).await }).await
    }

    /// Runs a pipeline: one round trip. `T` is `()` where nobody needs its answers.
    pub(crate) async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, PortError> {
        self.attempt(|mut connection, _| async move { pipeline.query_async(&mut connection).await }).await
    }

    /// Runs a script: by its hash, or whole where the server does not know it (yet, or after a restart).
    pub(crate) async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        prepare: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<T, PortError> {
        let mut invocation = script.prepare_invoke();
        prepare(&mut invocation);
        let invocation = &invocation;
        self.attempt(|mut connection, _| async move { invocation.invoke_async(&mut connection).await }).await
    }

    /// The same for a script that must not do it twice: it is told whether it may have run already, on a connection that
    /// was lost before its answer.
    pub(crate) async fn script_once<T: FromRedisValue>(
        &self,
        script: &Script,
        prepare: impl Fn(&mut ScriptInvocation<'_>, bool),
    ) -> Result<T, PortError> {
        self.attempt(|mut connection, again| {
            let mut invocation = script.prepare_invoke();
            prepare(&mut invocation, again);
            async move { invocation.invoke_async(&mut connection).await }
        })
        .await
    }

    /// `call` is told whether it is the second attempt.
    async fn attempt<T, F>(&self, call: impl Fn(ConnectionManager, bool) -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let Inner { gate, options, .. } = &*self.0;
        if !gate.enter() {
            return Err(PortError::unavailable("Redis did not answer a moment ago"));
        }
        let connection = self.shared()?;
        let calls = async {
            let mut answer = call(connection.clone(), false).await;
            if is_lost(&answer) {
                answer = call(connection, true).await;
            }
            answer
        };
        // Whatever it was that took so long: connecting, a script that had to be sent whole, a full pipeline.
        let failure = match tokio::time::timeout(options.connect_timeout + options.response_timeout, calls).await {
            Err(elapsed) => PortError::new(PortErrorKind::Timeout, elapsed),
            Ok(Err(error)) if error.is_io_error() || error.is_connection_dropped() => port_error(error),
            Ok(answer) => {
                gate.answered();
                return answer.map_err(port_error);
            }
        };
        if gate.failed(failure.kind == PortErrorKind::Timeout) {
            tracing::warn!("Redis: gives up a connection on which nothing is answered");
            *self.0.shared.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Err(failure)
    }

    fn shared(&self) -> Result<ConnectionManager, PortError> {
        let mut shared = self.0.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = &*shared {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(self.0.options.connect_timeout))
            .set_response_timeout(Some(self.0.options.response_timeout))
            // The caller decides how long to go on trying: here it is told soon.
            .set_number_of_retries(self.0.retries)
            .set_min_delay(RECONNECT_PAUSE)
            .set_max_delay(RECONNECT_PAUSE);
        let made = ConnectionManager::new_lazy_with_config(self.0.client.clone(), config).map_err(port_error)?;
        Ok(shared.insert(made).clone())
    }

    /// A command that may block for `wait` on the server, on a connection of its own: on the shared one everybody else
    /// would wait with it. May be dropped at any time: the connection is then closed.
    pub(crate) async fn waiting_query<T: FromRedisValue>(&self, command: &Cmd, wait: Duration) -> Result<T, PortError> {
        let kept = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (mut connection, fresh) = match kept {
            Some(connection) => (connection, false),
            None => (self.connect().await?, true),
        };
        connection.set_response_timeout(wait + self.0.options.response_timeout);
        match command.query_async::<Value>(&mut connection).await {
            Ok(value) => {
                let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if waiting.len() < WAITING_IDLE_MAX {
                    waiting.push(connection);
                }
                drop(waiting);
                redis::from_redis_value(value).map_err(|error| port_error(error.into()))
            }
            // A kept connection may have died while it was idle, and the others with it.
            Err(error) if !fresh && !error.is_timeout() => {
                self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
                Err(port_error(error))
            }
            Err(error) => Err(port_error(error)),
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, PortError> {
        self.0.client.get_multiplexed_async_connection_with_config(&self.config()).await.map_err(port_error)
    }

    /// A connection of its own that speaks RESP3: what the server says without being asked goes to `pushes`, which must
    /// not wait.
    pub(crate) async fn pushing(&self, pushes: impl AsyncPushSender) -> Result<MultiplexedConnection, PortError> {
        let address = self.0.client.get_connection_info().clone();
        let settings = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(address.set_redis_settings(settings)).map_err(port_error)?;
        let config = self.config().set_push_sender(pushes);
        client.get_multiplexed_async_connection_with_config(&config).await.map_err(port_error)
    }

    fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.0.options.connect_timeout))
            .set_response_timeout(Some(self.0.options.response_timeout))
    }

    /// The database's number.
    pub(crate) fn database(&self) -> i64 {
        self.0.client.get_connection_info().redis_settings().db()
    }
}

/// Not after a timeout: the server is there and slow, and would only get more to do.
fn is_lost<T>(answer: &Result<T, RedisError>) -> bool {
    answer.as_ref().is_err_and(|error| {
        let lost = (error.is_io_error() || error.is_connection_dropped()) && !error.is_timeout();
        if lost {
            tracing::debug!(%error, "Redis: the connection was lost; trying on a new one");
        }
        lost
    })
}
