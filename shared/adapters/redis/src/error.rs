//! From Redis' errors to what a caller decides on.

use octavo_domain_kernel::{PortError, PortErrorKind};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Our scripts answer with this code where a length limit is reached.
pub(crate) const FULL: &str = "OCTAVOFULL";

pub(crate) fn port_error(error: RedisError) -> PortError {
    PortError::new(kind(&error), error)
}

fn kind(error: &RedisError) -> PortErrorKind {
    if error.is_timeout() {
        return PortErrorKind::Timeout;
    }
    if error.is_io_error() || error.is_connection_dropped() || error.is_connection_refusal() {
        return PortErrorKind::Unavailable;
    }
    match (error.kind(), error.code()) {
        // OOM: over maxmemory. Gone when somebody has consumed or memory was added.
        (_, Some(FULL | "OOM" | "MISCONF" | "NOREPLICAS" | "UNBLOCKED")) => PortErrorKind::Unavailable,
        (_, Some("NOAUTH" | "WRONGPASS" | "NOPERM")) | (ErrorKind::AuthenticationFailed, _) => PortErrorKind::Denied,
        (
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask,
            ),
            _,
        ) => PortErrorKind::Unavailable,
        _ => PortErrorKind::Corrupt,
    }
}
