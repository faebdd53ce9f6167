//! The connection token: what a transport's request names its connection by.
//!
//! It says itself what it is for and is signed, so that any node can take any request, also one for a connection that was
//! negotiated at another node, without looking it up. It is a secret of its client: not for a log.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use octavo_domain_kernel::{TenantId, UserId};
use sha2::Sha256;
use std::fmt;

/// Bytes of a signing key, at least: those of its hash.
pub const TOKEN_KEY_BYTES_MIN: usize = 32;
/// Characters of a token, at most: an `id` that is longer is none, and is not looked at.
pub const TOKEN_CHARS_MAX: usize = 1400;

/// Signed before a token's bytes: a signature made with the same key for something else is none of a token.
const PURPOSE: &[u8] = b"octavo signalr connection token\0";
/// The first byte; another layout has another.
const LAYOUT: u8 = 1;
const SIGNATURE_BYTES: usize = 32;
const STATEFUL: u8 = 1;

/// What a connection token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionToken {
    /// The connection's public id.
    pub connection_id: String,
    /// The hub.
    pub hub: String,
    /// The tenant that it was negotiated in.
    pub tenant: TenantId,
    /// Who negotiated: nobody else may use it.
    pub user: UserId,
    /// When, in whole seconds.
    pub issued_at: DateTime<Utc>,
    /// Stateful reconnect was negotiated.
    pub stateful_reconnect: bool,
}

/// The keys: the first signs, all verify, so that a new one can be put before an old one without ending connections.
#[derive(Clone)]
pub struct TokenKeys {
    keys: Vec<Hmac<Sha256>>,
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKeys({})", self.keys.len())
    }
}

/// A key that does not sign, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection tokens need at least one key, and every key {TOKEN_KEY_BYTES_MIN} bytes or more")]
pub struct InvalidTokenKeys;

/// Why a text is no connection token. Which it is, is not for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is not of the form.
    #[error("not a connection token")]
    Malformed,
    /// No key has signed it.
    #[error("a connection token that was not signed here")]
    Unsigned,
}

/// A part of a token is longer than its one byte of length can say, or the whole than [`TOKEN_CHARS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of the connection token is longer than 255 bytes")]
pub struct TokenTooLong;

impl TokenKeys {
    /// From the keys' bytes, the one that signs first.
    ///
    /// # Errors
    /// See [`InvalidTokenKeys`].
    pub fn new<K: AsRef<[u8]>>(keys: &[K]) -> Result<Self, InvalidTokenKeys> {
        let keys = keys
            .iter()
            .map(|key| Some(key.as_ref()).filter(|key| key.len() >= TOKEN_KEY_BYTES_MIN))
            .map(|key| Hmac::new_from_slice(key.ok_or(InvalidTokenKeys)?).map_err(|_| InvalidTokenKeys))
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(InvalidTokenKeys) } else { Ok(Self { keys }) }
    }

    /// The text of a token: base64url, without padding.
    ///
    /// # Errors
    /// See [`TokenTooLong`].
    pub fn sign(&self, token: &ConnectionToken) -> Result<String, TokenTooLong> {
        let mut bytes = Vec::with_capacity(160);
        bytes.push(LAYOUT);
        bytes.push(if token.stateful_reconnect { STATEFUL } else { 0 });
        bytes.extend_from_slice(&token.issued_at.timestamp().to_be_bytes());
        for part in [&token.connection_id, &token.hub, token.tenant.as_str(), token.user.as_str()] {
            bytes.push(u8::try_from(part.len()).map_err(|_| TokenTooLong)?);
            bytes.extend_from_slice(part.as_bytes());
        }
        // There is a first key: `new` sees to it.
        let signature = self.keys.first().ok_or(TokenTooLong)?.clone().chain_update(PURPOSE).chain_update(&bytes);
        bytes.extend_from_slice(&signature.finalize().into_bytes());
        let text = URL_SAFE_NO_PAD.encode(bytes);
        if text.len() > TOKEN_CHARS_MAX { Err(TokenTooLong) } else { Ok(text) }
    }

    /// What a token says, if one of the keys has signed it; compared in a time that tells nothing of the signature.
    ///
    /// # Errors
    /// See [`TokenFault`]. Whether it is too old is for the caller: [`ConnectionToken::is_older_than`].
    pub fn verify(&self, text: &str) -> Result<ConnectionToken, TokenFault> {
        if text.len() > TOKEN_CHARS_MAX {
            return Err(TokenFault::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenFault::Malformed)?;
        let (body, signature) = bytes.split_last_chunk::<SIGNATURE_BYTES>().ok_or(TokenFault::Malformed)?;
        let signed =
            |key: &Hmac<Sha256>| key.clone().chain_update(PURPOSE).chain_update(body).verify_slice(signature).is_ok();
        // Nothing of the body is read before it is known to be ours.
        if !self.keys.iter().any(signed) {
            return Err(TokenFault::Unsigned);
        }
        read(body).ok_or(TokenFault::Malformed)
    }
}

fn read(body: &[u8]) -> Option<ConnectionToken> {
    let (&[layout, flags], rest) = body.split_first_chunk::<2>()?;
    if layout != LAYOUT {
        return None;
    }
    let (seconds, mut rest) = rest.split_first_chunk::<8>()?;
    let mut part = || -> Option<&str> {
        let (length, after) = rest.split_first()?;
        let (part, after) = after.split_at_checked(usize::from(*length))?;
        rest = after;
        std::str::from_utf8(part).ok()
    };
    let token = ConnectionToken {
        connection_id: part()?.to_owned(),
        hub: part()?.to_owned(),
        tenant: part()?.parse().ok()?,
        user: part()?.parse().ok()?,
        issued_at: DateTime::from_timestamp(i64::from_be_bytes(*seconds), 0)?,
        stateful_reconnect: flags & STATEFUL != 0,
    };
    rest.is_empty().then_some(token)
}

impl ConnectionToken {
    /// Whether it was issued more than `age` ago. A connection that was not opened by then is not made any more; one that
    /// was, goes on under its token however old that is.
    pub fn is_older_than(&self, age: TimeDelta, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(self.issued_at) > age
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> ConnectionToken {
        ConnectionToken {
            connection_id: "a1b2c3d4-AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            hub: "notifications".to_owned(),
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            issued_at: DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
            stateful_reconnect: true,
        }
    }

    fn keys(bytes: &[u8]) -> TokenKeys {
        TokenKeys::new(&bytes.iter().map(|byte| [*byte; 32]).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_token_comes_back_and_needs_no_escaping() {
        for stateful_reconnect in [true, false] {
            let token = ConnectionToken { stateful_reconnect, ..token() };
            let text = keys(&[1]).sign(&token).unwrap();
            assert!(text.len() < 150, "{}", text.len());
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            assert_eq!(keys(&[1]).verify(&text), Ok(token));
        }
    }

    #[test]
    fn an_old_key_verifies_until_it_is_taken_away() {
        let old = keys(&[1]).sign(&token()).unwrap();
        let new = keys(&[2, 1]).sign(&token()).unwrap();
        assert_eq!(keys(&[2, 1]).verify(&old), Ok(token()));
        assert_eq!(keys(&[2]).verify(&new), Ok(token()), "the first key signs");
        assert_eq!(keys(&[2]).verify(&old), Err(TokenFault::Unsigned));
    }

    #[test]
    fn a_key_that_is_too_short_is_refused_and_none_is_shown() {
        assert!(TokenKeys::new(&[[0_u8; 31]]).is_err());
        assert!(TokenKeys::new::<[u8; 32]>(&[]).is_err());
        assert_eq!(format!("{:?}", keys(&[1, 2])), "TokenKeys(2)");
    }

    #[test]
    fn age_is_judged_by_the_callers_clock() {
        let at = |seconds| token().issued_at + TimeDelta::seconds(seconds);
        assert!(!token().is_older_than(TimeDelta::seconds(15), at(15)));
        assert!(token().is_older_than(TimeDelta::seconds(15), at(16)));
        assert!(!token().is_older_than(TimeDelta::seconds(15), at(-5)), "another node's clock may be ahead");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let long = ConnectionToken { hub: "h".repeat(256), ..token() };
        assert_eq!(keys(&[1]).sign(&long), Err(TokenTooLong));
        let most = ConnectionToken {
            connection_id: "c".repeat(255),
            hub: "h".repeat(255),
            tenant: "t".repeat(63).parse().unwrap(),
            user: "u".repeat(255).parse().unwrap(),
            ..token()
        };
        let text = keys(&[1]).sign(&most).unwrap();
        assert_eq!(keys(&[1]).verify(&text), Ok(most));
        assert_eq!(keys(&[1]).verify(&"A".repeat(TOKEN_CHARS_MAX + 1)), Err(TokenFault::Malformed));
    }

    proptest! {
        #[test]
        fn a_token_that_was_touched_is_none(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let mut bytes = URL_SAFE_NO_PAD.decode(keys(&[1]).sign(&token()).unwrap()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(keys(&[1]).verify(&URL_SAFE_NO_PAD.encode(bytes)), Err(TokenFault::Unsigned));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,300}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(keys(&[1]).verify(&text).is_err());
            prop_assert!(keys(&[1]).verify(&URL_SAFE_NO_PAD.encode(&bytes)).is_err());
            // Also where the signature is right and the rest is not.
            let _ = read(&bytes);
        }
    }
}
