//! One connection that everything shares, and a few more for those that wait.

use crate::error::port_error;
use octavo_domain_kernel::PortError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisError, Script, ScriptInvocation, Value,
};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
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
/// connect timeout, and the first call after it is back succeeds.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    options: Options,
    shared: OnceLock<ConnectionManager>,
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
        Ok(Self(Arc::new(Inner { client, options, shared: OnceLock::new(), waiting: Mutex::default() })))
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), PortError> {
        self.query::<()>(&redis::cmd("PING")).await
    }

    // All our calls may be done twice: they are idempotent, or (sending) doubles are tolerated. So a call that meets a
    // lost connection is tried once more, on a new one.

    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, PortError> {
        let mut connection = self.shared()?;
        let mut answer = command.query_async(&mut connection).await;
        if is_lost(&answer) {
            answer = command.query_async(&mut connection).await;
        }
        answer.map_err(port_error)
    }

    /// Runs a pipeline whose answers nobody needs.
    pub(crate) async fn pipeline(&self, pipeline: &Pipeline) -> Result<(), PortError> {
        let mut connection = self.shared()?;
        let mut answer = pipeline.query_async(&mut connection).await;
        if is_lost(&answer) {
            answer = pipeline.query_async(&mut connection).await;
        }
        answer.map_err(port_error)
    }

    /// Runs a script: by its hash, or whole where the server does not know it (yet, or after a restart).
    pub(crate) async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        prepare: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<T, PortError> {
        let mut connection = self.shared()?;
        let mut invocation = script.prepare_invoke();
        prepare(&mut invocation);
        let mut answer = invocation.invoke_async(&mut connection).await;
        if is_lost(&answer) {
            answer = invocation.invoke_async(&mut connection).await;
        }
        answer.map_err(port_error)
    }

    fn shared(&self) -> Result<ConnectionManager, PortError> {
        if let Some(connection) = self.0.shared.get() {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(self.0.options.connect_timeout))
            .set_response_timeout(Some(self.0.options.response_timeout))
            // The caller decides how long to go on trying: here it is told soon.
            .set_number_of_retries(1)
            .set_min_delay(RECONNECT_PAUSE)
            .set_max_delay(RECONNECT_PAUSE);
        let made = ConnectionManager::new_lazy_with_config(self.0.client.clone(), config).map_err(port_error)?;
        Ok(self.0.shared.get_or_init(|| made).clone())
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
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.0.options.connect_timeout))
            .set_response_timeout(Some(self.0.options.response_timeout));
        self.0.client.get_multiplexed_async_connection_with_config(&config).await.map_err(port_error)
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
