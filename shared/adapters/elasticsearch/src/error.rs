//! What the engine reports, as a port's error.

use octavo_domain_kernel::{PortError, PortErrorKind};

/// Characters of an engine's answer that go into the log.
const REASON_CHARS_MAX: usize = 500;

/// What the engine said; for the log.
#[derive(Debug, thiserror::Error)]
#[error("the engine answered {status}: {reason}")]
pub(crate) struct Refused {
    status: u16,
    reason: String,
}

/// What kind of failure a status is.
pub(crate) fn kind(status: u16) -> PortErrorKind {
    match status {
        401 | 403 => PortErrorKind::Denied,
        404 => PortErrorKind::NotFound,
        408 | 504 => PortErrorKind::Timeout,
        409 => PortErrorKind::Conflict,
        429 | 500..=599 => PortErrorKind::Unavailable,
        _ => PortErrorKind::Corrupt,
    }
}

pub(crate) fn from_status(status: u16, body: &[u8]) -> PortError {
    let reason = String::from_utf8_lossy(body).chars().take(REASON_CHARS_MAX).collect();
    PortError::new(kind(status), Refused { status, reason })
}

pub(crate) fn from_client(error: elasticsearch::Error) -> PortError {
    let kind = if error.is_timeout() {
        PortErrorKind::Timeout
    } else if error.is_json() {
        PortErrorKind::Corrupt
    } else {
        PortErrorKind::Unavailable
    };
    PortError::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_decides_whether_to_try_again() {
        for status in [429, 500, 502, 503, 504] {
            assert!(from_status(status, b"{}").is_retryable(), "{status}");
        }
        for status in [400, 401, 403, 404, 413] {
            assert!(!from_status(status, b"{}").is_retryable(), "{status}");
        }
        let long = "x".repeat(10_000);
        assert!(from_status(400, long.as_bytes()).to_string().len() < 600);
    }
}
