//! Who may ask, and by which version: `x-api-key` or a Bearer token, and `anthropic-version`.

use hyper::header::HeaderMap;

use crate::failure::Failure;
use crate::openai;

/// The version of the Messages API that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// `2023-06-01`
    June2023,
    /// `2026-10-21`: sampling parameters are refused.
    October2026,
}

pub(crate) fn authorise(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get("x-api-key").map(|key| key.to_str().unwrap_or_default()) {
        Some(key) if key.is_empty() || key.starts_with("bad") => Err(Failure::new(401, "invalid x-api-key")),
        Some(_) => Ok(()),
        None => match openai::authorise(headers) {
            Ok(()) => Ok(()),
            Err(failure) if failure.code.is_some() => Err(Failure::new(401, "Invalid bearer token")),
            Err(_) => Err(Failure::new(401, "x-api-key header is required")),
        },
    }
}

pub(super) fn version(headers: &HeaderMap) -> Result<Version, Failure> {
    match headers.get("anthropic-version").map(|version| version.to_str().unwrap_or_default()) {
        None => Err(Failure::invalid("anthropic-version: header is required")),
        Some("2023-06-01") => Ok(Version::June2023),
        Some("2026-10-21") => Ok(Version::October2026),
        Some(other) => Err(Failure::invalid(format!("anthropic-version: \"{other}\" is not a valid version"))),
    }
}
