//! What a failure on the way is called.

use crate::connect::NotConnected;
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::error::Error;
use std::fmt::Write;
use std::io;

/// Causes that are looked at, from the outermost in.
const CAUSES_MAX: usize = 16;

/// Why there is no head, where it is not a deadline of ours that passed meanwhile. None where the connection was not
/// there in time: which deadline that was the caller knows.
pub(crate) fn unanswered(error: reqwest::Error) -> Option<ProviderFault> {
    if causes(&error).any(|cause| cause.is::<NotConnected>()) {
        return None;
    }
    if error.is_connect() {
        return Some(ProviderFault::new(FaultClass::Network, told("not connected", &error.without_url())));
    }
    Some(broken(error))
}

/// Why what was being received broke off.
pub(crate) fn broken(error: reqwest::Error) -> ProviderFault {
    let error = error.without_url();
    if causes(&error).any(is_nonsense) {
        ProviderFault::new(FaultClass::Protocol, told("the answer is not HTTP", &error))
    } else {
        ProviderFault::new(FaultClass::Network, told("cut off", &error))
    }
}

/// Bytes came, and they are wrong; everything else is bytes that did not come.
fn is_nonsense(cause: &(dyn Error + 'static)) -> bool {
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return error.is_parse();
    }
    // How a wrong chunk is told (RFC 9112, section 7.1).
    let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source()).take(CAUSES_MAX)
}

/// The innermost cause says most and the outer ones repeat it.
fn told(what: &str, error: &(dyn Error + 'static)) -> String {
    let mut text = what.to_owned();
    if let Some(cause) = causes(error).last() {
        // Into a `String` this cannot fail.
        let _ = write!(text, ": {cause}");
    }
    text
}
