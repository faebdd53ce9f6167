//! What names a search that was answered, so that clicks can be told of it.

use crate::CursorKey;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use octavo_domain_kernel::{DocumentId, TenantId, UserId};
use sha2::Sha256;
use uuid::Uuid;

/// Hours that clicks are taken after a search.
pub const SEARCH_ID_HOURS: i64 = 24;
/// Characters of a search id.
pub const SEARCH_ID_CHARS_MAX: usize = 1024;
/// The last position that a click may have; what stands further down is told as there.
pub const CLICK_POSITION_MAX: u32 = 10_000;
/// Bytes of the tag: half of an HMAC-SHA256, as RFC 2104, section 5, allows.
const TAG_BYTES: usize = 16;
const UUID_BYTES: usize = 16;
const TIME_BYTES: usize = 8;

/// What a search id holds: nothing needs to be kept of a search that nobody clicks in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTicket {
    /// Drawn for this search.
    pub id: Uuid,
    /// When it was answered, in seconds since 1970.
    pub at: i64,
    /// Under which text it was counted.
    pub text: String,
}

/// A hit that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Of which search.
    pub search: Uuid,
    /// When that was answered: a click counts on its day.
    pub searched_at: DateTime<Utc>,
    /// Under which text it was counted.
    pub text: String,
    /// Which document.
    pub document: DocumentId,
    /// The place among all hits, from 1 to [`CLICK_POSITION_MAX`].
    pub position: u32,
}

/// Why a search id is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearchId {
    /// Not one of ours, or not of this person.
    #[error("expected search_id of a search of your own, unchanged")]
    Foreign,
    /// It was good and is over.
    #[error("the search is older than {SEARCH_ID_HOURS} hours: clicks in it are not counted any more")]
    Expired,
}

impl SearchTicket {
    /// The search id, for this person alone.
    pub fn seal(&self, key: &CursorKey, tenant: &TenantId, user: &UserId) -> String {
        let mut payload = Vec::with_capacity(UUID_BYTES + TIME_BYTES + self.text.len());
        payload.extend(self.id.as_bytes());
        payload.extend(self.at.to_be_bytes());
        payload.extend(self.text.as_bytes());
        let tag = mac(key, tenant, user, &payload).finalize().into_bytes();
        BASE64_URL_SAFE_NO_PAD.encode([&tag[..TAG_BYTES], &payload].concat())
    }

    /// What [`Self::seal`] made for the same person.
    ///
    /// # Errors
    /// [`InvalidSearchId`].
    pub fn open(
        key: &CursorKey,
        tenant: &TenantId,
        user: &UserId,
        sealed: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, InvalidSearchId> {
        let foreign = InvalidSearchId::Foreign;
        if sealed.len() > SEARCH_ID_CHARS_MAX {
            return Err(foreign);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| foreign)?;
        let (tag, payload) = bytes.split_at_checked(TAG_BYTES).ok_or(foreign)?;
        mac(key, tenant, user, payload).verify_truncated_left(tag).map_err(|_| foreign)?;
        let (id, rest) = payload.split_first_chunk::<UUID_BYTES>().ok_or(foreign)?;
        let (at, text) = rest.split_first_chunk::<TIME_BYTES>().ok_or(foreign)?;
        let text = String::from_utf8(text.to_vec()).map_err(|_| foreign)?;
        let ticket = Self { id: Uuid::from_bytes(*id), at: i64::from_be_bytes(*at), text };
        let over = now - TimeDelta::hours(SEARCH_ID_HOURS);
        if ticket.at < over.timestamp() { Err(InvalidSearchId::Expired) } else { Ok(ticket) }
    }
}

fn mac(key: &CursorKey, tenant: &TenantId, user: &UserId, payload: &[u8]) -> Hmac<Sha256> {
    let mut mac = key.keyed();
    mac.update(b"octavo search id 1\0");
    // Neither a tenant nor a user can hold a NUL, so that no two different pairs sign alike.
    for part in [tenant.as_str(), user.as_str()] {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    mac.update(payload);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> CursorKey {
        CursorKey::new(&[7; 32]).unwrap()
    }

    fn ticket(text: &str) -> SearchTicket {
        SearchTicket { id: Uuid::from_u128(9), at: 1000, text: text.to_owned() }
    }

    fn sealed(text: &str) -> String {
        ticket(text).seal(&key(), &"acme".parse().unwrap(), &"ada".parse().unwrap())
    }

    fn open(tenant: &str, user: &str, sealed: &str, seconds: i64) -> Result<SearchTicket, InvalidSearchId> {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        SearchTicket::open(&key(), &tenant.parse().unwrap(), &user.parse().unwrap(), sealed, now)
    }

    #[test]
    fn opens_for_the_same_person_and_for_a_day() {
        let id = sealed("lease");
        assert_eq!(open("acme", "ada", &id, 1000), Ok(ticket("lease")));
        assert_eq!(open("acme", "bob", &id, 1000), Err(InvalidSearchId::Foreign));
        assert_eq!(open("umbrella", "ada", &id, 1000), Err(InvalidSearchId::Foreign));
        let last = 1000 + SEARCH_ID_HOURS * 3600;
        assert!(open("acme", "ada", &id, last).is_ok());
        assert_eq!(open("acme", "ada", &id, last + 1), Err(InvalidSearchId::Expired));
        // A tag that is cut short, or none.
        assert_eq!(open("acme", "ada", &id[..12], 1000), Err(InvalidSearchId::Foreign));
        assert_eq!(open("acme", "ada", "", 1000), Err(InvalidSearchId::Foreign));
    }

    #[test]
    fn the_longest_text_fits() {
        let text = crate::analytics_text(Some(&"\u{10000}".repeat(1000)));
        let id = sealed(&text);
        assert!(id.len() <= SEARCH_ID_CHARS_MAX, "{}", id.len());
        assert_eq!(open("acme", "ada", &id, 1000), Ok(ticket(&text)));
    }

    proptest! {
        #[test]
        fn nothing_that_was_changed_opens(place in 0_usize..60, with in "[A-Za-z0-9_-]") {
            let id = sealed("a lease");
            let mut forged = id.clone();
            let place = place % forged.len();
            forged.replace_range(place..=place, &with);
            // The last character has bits that mean nothing; a decoder refuses those.
            prop_assert!(forged == id || open("acme", "ada", &forged, 1000) == Err(InvalidSearchId::Foreign));
        }

        #[test]
        fn whatever_is_sent_is_answered(text in "\\PC{0,80}") {
            prop_assert_eq!(open("acme", "ada", &text, 1000), Err(InvalidSearchId::Foreign));
        }
    }
}
