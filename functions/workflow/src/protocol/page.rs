//! Pages of lists.

use super::checks::Checks;
use super::fault::Fault;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Results on a page unless the client says how many; the service's own.
const PAGE_DEFAULT: u32 = 100;
/// Results on a page at most; the service's own.
pub(crate) const PAGE_MAX: i64 = 1_000;

/// The longest token, in characters; the service's own.
const TOKEN_CHARS_MAX: usize = 1_024;

/// Checks the members by which a page is asked for.
pub(crate) fn check_page(checks: &mut Checks, max_results: Option<i64>, next_token: Option<&String>) {
    checks.range_if("maxResults", max_results, 0..=PAGE_MAX);
    checks.length_if("nextToken", next_token, 1..=TOKEN_CHARS_MAX);
}

/// How many results a page has: `maxResults`, where 0 is the default.
pub(crate) fn page_limit(max_results: Option<i64>) -> u32 {
    match u32::try_from(max_results.unwrap_or(0)) {
        Ok(0) | Err(_) => PAGE_DEFAULT,
        Ok(limit) => limit,
    }
}

/// Where the next page of a list begins. Opaque to clients; it is good for the list that gave it out and for no other, and
/// holds nothing that the caller has not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageToken<P> {
    /// Which list: the operation with what it was asked for.
    of: String,
    /// After what.
    at: P,
}

impl<P: Serialize + DeserializeOwned> PageToken<P> {
    /// The token of the list `of` that goes on after `at`.
    pub(crate) fn write(of: &str, at: P) -> String {
        let json = serde_json::to_vec(&Self { of: of.to_owned(), at }).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    /// After what the list `of` goes on.
    ///
    /// # Errors
    ///
    /// `InvalidToken` for one that was not given out by this list.
    pub(crate) fn read(of: &str, token: Option<&str>) -> Result<Option<P>, Fault> {
        let Some(token) = token else { return Ok(None) };
        let invalid = || Fault::invalid_token("Invalid token");
        let json = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let token: Self = serde_json::from_slice(&json).map_err(|_| invalid())?;
        if token.of == of { Ok(Some(token.at)) } else { Err(invalid()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_list() {
        let token = PageToken::write("ListStateMachines", "orders".to_owned());
        let read = |of: &str, token: &str| PageToken::<String>::read(of, Some(token));
        assert_eq!(read("ListStateMachines", &token).unwrap().as_deref(), Some("orders"));
        assert!(read("ListActivities", &token).is_err());
        assert!(read("ListStateMachines", "x").is_err());
        assert_eq!(PageToken::<String>::read("ListStateMachines", None).unwrap(), None);
        assert_eq!((page_limit(None), page_limit(Some(0)), page_limit(Some(7))), (100, 100, 7));
    }
}
