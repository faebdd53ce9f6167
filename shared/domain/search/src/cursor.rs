//! Cursors: where a page ended, signed, so that a position is only ever what an engine gave to this person for this
//! search.

use crate::limits::{CURSOR_CHARS_MAX, CURSOR_HOURS};
use crate::{Position, SearchQuery};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use octavo_domain_kernel::{TenantId, UserId};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// Bytes of a key, at least: as many as the hash has (RFC 2104, section 3).
pub const CURSOR_KEY_BYTES_MIN: usize = 32;
/// Bytes of an HMAC-SHA256.
const TAG_BYTES: usize = 32;

/// The key that cursors are signed with; the same in every process of the function.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

/// A key that is too short to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a cursor key of at least {CURSOR_KEY_BYTES_MIN} bytes")]
pub struct CursorKeyTooShort;

/// Why a cursor is not taken. The caller is told the text, and begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCursor {
    /// Not a cursor of ours, or not of this person and search.
    #[error("expected next_cursor of an earlier page of the same search, unchanged")]
    Foreign,
    /// It was good and is over.
    #[error("the cursor is older than {CURSOR_HOURS} hours: search again without it")]
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    /// Good until, seconds since 1970.
    until: i64,
    position: Position,
}

impl CursorKey {
    /// A key of `bytes`.
    pub fn new(bytes: &[u8]) -> Result<Self, CursorKeyTooShort> {
        if bytes.len() < CURSOR_KEY_BYTES_MIN {
            return Err(CursorKeyTooShort);
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| CursorKeyTooShort)
    }

    /// The key itself, for what else is signed with it under a name of its own.
    pub(crate) fn keyed(&self) -> Hmac<Sha256> {
        self.0.clone()
    }

    /// The cursor that continues `query` of this person after `position`.
    pub fn seal(
        &self,
        tenant: &TenantId,
        user: &UserId,
        query: &SearchQuery,
        position: Position,
        now: DateTime<Utc>,
    ) -> String {
        let until = (now + TimeDelta::hours(CURSOR_HOURS)).timestamp();
        let payload = serde_json::to_vec(&Payload { until, position }).unwrap_or_default();
        let tag = self.mac(tenant, user, query, &payload).finalize().into_bytes();
        BASE64_URL_SAFE_NO_PAD.encode([tag.as_slice(), &payload].concat())
    }

    /// The position in a cursor that [`Self::seal`] made for the same person and search.
    pub fn open(
        &self,
        tenant: &TenantId,
        user: &UserId,
        query: &SearchQuery,
        cursor: &str,
        now: DateTime<Utc>,
    ) -> Result<Position, InvalidCursor> {
        if cursor.len() > CURSOR_CHARS_MAX {
            return Err(InvalidCursor::Foreign);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| InvalidCursor::Foreign)?;
        let (tag, payload) = bytes.split_at_checked(TAG_BYTES).ok_or(InvalidCursor::Foreign)?;
        // Compares in constant time: how much of a forgery is right must not show.
        self.mac(tenant, user, query, payload).verify_slice(tag).map_err(|_| InvalidCursor::Foreign)?;
        let payload: Payload = serde_json::from_slice(payload).map_err(|_| InvalidCursor::Foreign)?;
        if payload.until < now.timestamp() { Err(InvalidCursor::Expired) } else { Ok(payload.position) }
    }

    fn mac(&self, tenant: &TenantId, user: &UserId, query: &SearchQuery, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(b"octavo search cursor 1\0");
        // Neither a tenant nor a user can hold a NUL, so that no two different triples sign alike.
        for part in [tenant.as_str(), user.as_str(), &query.fingerprint()] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        mac.update(payload);
        mac
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SearchRequest;
    use proptest::prelude::*;
    use serde_json::json;

    fn key() -> CursorKey {
        CursorKey::new(&[7; 32]).unwrap()
    }

    fn query(text: &str) -> SearchQuery {
        SearchRequest { text: Some(text.to_owned()), ..SearchRequest::default() }.validate().unwrap()
    }

    fn position() -> Position {
        Position { tolerant: true, seen: 20, values: vec![json!(1.5), json!("0193")] }
    }

    fn sealed(now: DateTime<Utc>) -> String {
        key().seal(&"acme".parse().unwrap(), &"ada".parse().unwrap(), &query("a"), position(), now)
    }

    fn open(tenant: &str, user: &str, text: &str, cursor: &str, now: DateTime<Utc>) -> Result<Position, InvalidCursor> {
        key().open(&tenant.parse().unwrap(), &user.parse().unwrap(), &query(text), cursor, now)
    }

    #[test]
    fn opens_for_the_same_person_and_search_only() {
        let now = DateTime::UNIX_EPOCH;
        let cursor = sealed(now);
        assert_eq!(open("acme", "ada", "A", &cursor, now), Ok(position()));
        assert_eq!(open("other", "ada", "a", &cursor, now), Err(InvalidCursor::Foreign));
        assert_eq!(open("acme", "bob", "a", &cursor, now), Err(InvalidCursor::Foreign));
        assert_eq!(open("acme", "ada", "b", &cursor, now), Err(InvalidCursor::Foreign));
        let later = now + TimeDelta::hours(CURSOR_HOURS);
        assert_eq!(open("acme", "ada", "a", &cursor, later), Ok(position()));
        assert_eq!(open("acme", "ada", "a", &cursor, later + TimeDelta::seconds(1)), Err(InvalidCursor::Expired));
        let other = CursorKey::new(&[8; 32]).unwrap();
        let opened = other.open(&"acme".parse().unwrap(), &"ada".parse().unwrap(), &query("a"), &cursor, now);
        assert_eq!(opened, Err(InvalidCursor::Foreign));
    }

    #[test]
    fn a_short_key_is_refused_and_none_is_printed() {
        assert!(CursorKey::new(&[7; 31]).is_err());
        assert_eq!(format!("{:?}", key()), "CursorKey(..)");
    }

    proptest! {
        #[test]
        fn a_changed_cursor_is_refused(at in 0_usize..1000, to in "[A-Za-z0-9_-]") {
            let cursor = sealed(DateTime::UNIX_EPOCH);
            let at = at % cursor.len();
            let changed = format!("{}{to}{}", &cursor[..at], &cursor[at + 1..]);
            prop_assume!(changed != cursor);
            prop_assert_eq!(open("acme", "ada", "a", &changed, DateTime::UNIX_EPOCH), Err(InvalidCursor::Foreign));
        }

        #[test]
        fn nothing_else_panics(cursor in ".{0,200}") {
            prop_assert!(open("acme", "ada", "a", &cursor, DateTime::UNIX_EPOCH).is_err());
        }
    }
}
