//! What the database's errors mean to a caller.

use octavo_domain_kernel::{PortError, PortErrorKind};
use std::io;
use std::time::Duration;

/// A server that said nothing for so long.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL has said nothing for {0:?}")]
struct Hung(Duration);

/// The error of a connection whose server has said nothing for this long.
pub(crate) fn hung(limit: Duration) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, Hung(limit)))
}

/// An error before the commit: nothing took effect.
pub(crate) fn port_error(error: sqlx::Error) -> PortError {
    PortError::new(kind(&error), error)
}

/// An error of the commit itself: when the connection went away in between, nobody knows whether it took effect.
pub(crate) fn commit_error(error: sqlx::Error) -> PortError {
    let kind = match kind(&error) {
        PortErrorKind::Unavailable => PortErrorKind::Timeout,
        other => other,
    };
    PortError::new(kind, error)
}

/// The connection was of no use any more, rather than the statement wrong.
pub(crate) fn is_stale_connection(error: &sqlx::Error) -> bool {
    match error {
        // Whoever waited for a server that hangs does not wait for it again on another connection.
        sqlx::Error::Io(error) => !error.get_ref().is_some_and(|error| error.is::<Hung>()),
        sqlx::Error::Protocol(_) => true,
        // admin_shutdown, crash_shutdown: said to a connection that waited in the pool.
        sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}

/// Whether the database itself answered with this SQLSTATE.
pub(crate) fn is_code(error: &sqlx::Error, code: &str) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|found| found == code)
}

fn kind(error: &sqlx::Error) -> PortErrorKind {
    match error {
        sqlx::Error::Database(error) => kind_of_code(error.code().as_deref().unwrap_or_default()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        // The server ends in the middle of a message when it is killed.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => PortErrorKind::Unavailable,
        sqlx::Error::RowNotFound => PortErrorKind::NotFound,
        _ => PortErrorKind::Corrupt,
    }
}

/// By SQLSTATE: PostgreSQL documentation, appendix A.
fn kind_of_code(code: &str) -> PortErrorKind {
    match code {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => PortErrorKind::Conflict,
        // query_canceled (by the statement timeout), lock_not_available, the timeouts of an idle transaction
        "57014" | "55P03" | "25P03" | "25P04" => PortErrorKind::Timeout,
        "42501" => PortErrorKind::Denied,
        _ => match code.get(..2) {
            // connection exceptions, insufficient resources, operator intervention, system error
            Some("08" | "53" | "57" | "58") => PortErrorKind::Unavailable,
            // integrity constraints
            Some("23") => PortErrorKind::Conflict,
            // invalid authorization
            Some("28") => PortErrorKind::Denied,
            _ => PortErrorKind::Corrupt,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_what_the_caller_decides_on() {
        for (code, kind) in [
            ("40001", PortErrorKind::Conflict),
            ("23505", PortErrorKind::Conflict),
            ("57014", PortErrorKind::Timeout),
            ("57P01", PortErrorKind::Unavailable),
            ("57P03", PortErrorKind::Unavailable),
            ("53300", PortErrorKind::Unavailable),
            ("42501", PortErrorKind::Denied),
            ("28P01", PortErrorKind::Denied),
            ("42P01", PortErrorKind::Corrupt),
            ("", PortErrorKind::Corrupt),
        ] {
            assert_eq!(kind_of_code(code), kind, "{code}");
        }
    }

    #[test]
    fn a_server_that_hangs_is_away_and_not_asked_again_at_once() {
        let silent = || hung(Duration::from_secs(6));
        assert!(!is_stale_connection(&silent()));
        assert!(
            is_stale_connection(&sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
            "a connection that timed out may be old"
        );
        assert_eq!(port_error(silent()).kind, PortErrorKind::Unavailable);
        assert_eq!(commit_error(silent()).kind, PortErrorKind::Timeout);
    }

    #[test]
    fn a_lost_commit_may_have_taken_effect() {
        let lost = || sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert_eq!(port_error(lost()).kind, PortErrorKind::Unavailable);
        assert_eq!(commit_error(lost()).kind, PortErrorKind::Timeout);
    }
}
