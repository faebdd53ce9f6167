//! What a link to unsubscribe says, signed.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_notify::{Address, Category};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// Characters of a token that are looked at: longer ones were not made here.
const TOKEN_CHARS_MAX: usize = 2_048;
/// Categories that one link speaks of: those of a digest beyond it have their own mails.
const CATEGORIES_MAX: usize = 10;
/// What is signed begins with this, so that no other signature by the same key is one of these.
const PURPOSE: &[u8] = b"octavo unsubscribe\0";

/// Makes the links by which people unsubscribe, and reads them.
#[derive(Clone)]
pub struct Unsubscribes {
    public_url: String,
    key: Vec<u8>,
}

/// Who does not want to be told of what any more, by mail. A link has no end: a mail that is found after years must still be one
/// that one can unsubscribe from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsubscribe {
    #[serde(rename = "t")]
    pub(crate) tenant: TenantId,
    /// The person, if it is one.
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<UserId>,
    /// Where the mail went.
    #[serde(rename = "a")]
    pub(crate) address: Address,
    #[serde(rename = "c")]
    pub(crate) categories: Vec<Category>,
}

impl Unsubscribes {
    /// Links below `public_url` (without a slash at its end), signed with `key`: at least 32 bytes that nobody else knows.
    pub fn new(public_url: impl Into<String>, key: &[u8]) -> Self {
        Self { public_url: public_url.into(), key: key.to_vec() }
    }

    /// Where the API is reached from outside, without a slash at its end.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The link by which somebody unsubscribes from these categories (the first ten).
    pub(crate) fn url(&self, mut unsubscribe: Unsubscribe) -> String {
        unsubscribe.categories.truncate(CATEGORIES_MAX);
        format!("{}/v1/unsubscribe/{}", self.public_url, self.token(&unsubscribe))
    }

    pub(crate) fn token(&self, unsubscribe: &Unsubscribe) -> String {
        let payload = serde_json::to_vec(unsubscribe).expect("texts serialise");
        let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
        let signature = self.mac(&payload).finalize().into_bytes();
        format!("{payload}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a token says, if it was signed here.
    pub(crate) fn read(&self, token: &str) -> Option<Unsubscribe> {
        if token.len() > TOKEN_CHARS_MAX {
            return None;
        }
        let (payload, signature) = token.split_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        // In constant time.
        self.mac(payload).verify_slice(&signature).ok()?;
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    fn mac(&self, payload: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length is one");
        mac.chain_update(PURPOSE).chain_update(payload)
    }
}

impl fmt::Debug for Unsubscribes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsubscribes").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(key: &[u8]) -> Unsubscribes {
        Unsubscribes::new("https://octavo.example", key)
    }

    fn unsubscribe(address: &str) -> Unsubscribe {
        Unsubscribe {
            tenant: "acme".parse().unwrap(),
            user: Some("ada".parse().unwrap()),
            address: Address(address.to_owned()),
            categories: vec!["approval.requested".to_owned()],
        }
    }

    proptest! {
        #[test]
        fn a_token_says_what_was_put_in_and_no_other_is_read(address in "\\PC{1,60}", at in 0usize..400, to in "[A-Za-z0-9_-]") {
            let ours = links(&[7; 32]);
            let token = ours.token(&unsubscribe(&address));
            prop_assert_eq!(ours.read(&token), Some(unsubscribe(&address)));
            prop_assert_eq!(links(&[8; 32]).read(&token), None);
            let at = at % token.len();
            let mut forged = token;
            forged.replace_range(at..=at, &to);
            // The last character of each part has bits that nothing says: another one may mean the same.
            let meaning = ours.read(&forged);
            prop_assert!(meaning.is_none() || meaning == Some(unsubscribe(&address)));
        }
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        let ours = links(&[7; 32]);
        for wrong in ["", ".", "a", "a.b", "e30.e30", &"a".repeat(3_000)] {
            assert_eq!(ours.read(wrong), None, "{wrong}");
        }
        let url = ours.url(Unsubscribe { categories: vec!["a".to_owned(); 30], ..unsubscribe("a@b.example") });
        let token = url.strip_prefix("https://octavo.example/v1/unsubscribe/").unwrap();
        assert_eq!(ours.read(token).unwrap().categories.len(), 10);
    }
}
