//! From the store's errors to what a caller decides on.

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};
use octavo_domain_kernel::{PortError, PortErrorKind};
use std::error::Error as StdError;

pub(crate) fn port_error(error: Error) -> PortError {
    PortError::new(kind(&error), error)
}

fn kind(error: &Error) -> PortErrorKind {
    match error {
        Error::NotFound { .. } => PortErrorKind::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => PortErrorKind::Denied,
        Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. } => PortErrorKind::Conflict,
        Error::Generic { source, .. } => match transport(&**source) {
            Some(HttpErrorKind::Timeout) => PortErrorKind::Timeout,
            Some(HttpErrorKind::Decode) => PortErrorKind::Corrupt,
            // The rest are answers of 5xx or 429 after the last attempt, and credentials that cannot be had now.
            _ => PortErrorKind::Unavailable,
        },
        _ => PortErrorKind::Corrupt,
    }
}

fn transport(error: &(dyn StdError + 'static)) -> Option<HttpErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return Some(http.kind());
        }
        next = error.source();
    }
    None
}

/// What was addressed is not there: an object that may be missing, but never a bucket.
pub(crate) fn is_missing_object(error: &Error) -> bool {
    matches!(error, Error::NotFound { source, .. } if !source.to_string().contains("NoSuchBucket"))
}
