//! How a server is set up.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};

/// Settings of one server. `Options::default()` listens on a free local port and keeps everything in memory.
#[derive(Clone)]
pub struct Options {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the append-only log; `None` forgets everything at the end.
    pub persist: Option<PathBuf>,
    /// The password of the user `default`; `None` lets everybody in.
    pub password: Option<String>,
    /// Approximate bytes of keys and values beyond which commands that need memory are refused; 0 for no limit.
    pub maxmemory_bytes: usize,
    /// Bytes of one argument.
    pub bulk_bytes_max: usize,
    /// Arguments of one command.
    pub arguments_max: usize,
    /// Bytes that a connection may have sent and not yet had processed.
    pub query_buffer_bytes_max: usize,
    /// Bytes of published messages that may wait for one subscriber, before it is disconnected.
    pub subscriber_buffer_bytes_max: usize,
    /// Connections at one time; a further one is refused.
    pub clients_max: usize,
    /// A script that runs for longer is stopped.
    pub script_time_max: Duration,
    /// Memory of the Lua interpreter, bytes.
    pub script_memory_bytes_max: usize,
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            persist: None,
            password: None,
            maxmemory_bytes: 0,
            bulk_bytes_max: 64 * 1024 * 1024,
            arguments_max: 1024 * 1024,
            query_buffer_bytes_max: 256 * 1024 * 1024,
            subscriber_buffer_bytes_max: 32 * 1024 * 1024,
            clients_max: 10_000,
            script_time_max: Duration::from_secs(5),
            script_memory_bytes_max: 256 * 1024 * 1024,
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The password stays out of logs.
        f.debug_struct("Options").field("listen", &self.listen).field("persist", &self.persist).finish_non_exhaustive()
    }
}
