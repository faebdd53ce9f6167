//! Pages of lists.

use chrono::{DateTime, SubsecRound, Utc};
use octavo_wiring_edge::{EdgeFault, Query};

use crate::Deps;

/// Entries on a page, unless the client says how many.
const PAGE: u32 = 50;
/// Entries on a page at most.
pub(crate) const PAGE_MAX: u32 = 100;

/// How many entries are asked for.
pub(crate) fn limit(parameters: &Query) -> Result<u32, EdgeFault> {
    let range = || EdgeFault::malformed("query:limit", format!("expected 1 to {PAGE_MAX}"));
    match parameters.one("limit")? {
        None => Ok(PAGE),
        Some(text) => text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit)).ok_or_else(range),
    }
}

/// A parameter that is one of the values of an enumeration, as JSON writes them.
pub(crate) fn named<T: serde::de::DeserializeOwned>(field: &str, text: &str) -> Result<T, EdgeFault> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|_| EdgeFault::malformed(field, "expected a value that the documentation of this list names"))
}

/// Cuts one that was asked for too many off: the entries, and whether more follow.
pub(crate) fn cut<T>(mut found: Vec<T>, limit: u32) -> (Vec<T>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    (found, more)
}

/// The present, as precise as it is stored: microseconds.
pub(crate) fn now(deps: &Deps) -> DateTime<Utc> {
    deps.clock.now().trunc_subsecs(6)
}
