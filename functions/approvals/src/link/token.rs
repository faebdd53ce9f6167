//! What a link says, signed.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use octavo_domain_approvals::{Approval, ApprovalId, LinkUse, derived_id};
use octavo_domain_kernel::{TenantId, UserId};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// How long a link decides, if no deadline comes before.
const LINK_DAYS: i64 = 30;
/// Characters of a token that are looked at: longer ones were not made here.
const TOKEN_CHARS_MAX: usize = 2_048;
/// What is signed begins with this, so that no other signature by the same key is one of these.
const PURPOSE: &[u8] = b"octavo approval link\0";

/// Makes links and reads them.
#[derive(Clone)]
pub struct Links {
    public_url: String,
    key: Vec<u8>,
}

/// What a link says. Whoever holds it decides as this person, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    #[serde(rename = "t")]
    pub(crate) tenant: TenantId,
    #[serde(rename = "a")]
    pub(crate) approval: ApprovalId,
    /// Which seat; the first that the person may take, if none is said.
    #[serde(rename = "s")]
    pub(crate) seat: Option<u32>,
    #[serde(rename = "u")]
    pub(crate) user: UserId,
    /// The version of the document that the mail spoke of.
    #[serde(rename = "v")]
    pub(crate) version: Option<u32>,
    #[serde(rename = "n")]
    nonce: Uuid,
    /// Seconds since 1970.
    #[serde(rename = "e")]
    expires: i64,
}

impl Links {
    /// Links below `public_url` (without a slash at its end), signed with `key`: at least 32 bytes that nobody else knows.
    pub fn new(public_url: impl Into<String>, key: &[u8]) -> Self {
        Self { public_url: public_url.into(), key: key.to_vec() }
    }

    /// The link by which `user` decides. The same arguments give the same link.
    pub(crate) fn decide_url(
        &self,
        tenant: &TenantId,
        approval: &Approval,
        seat: Option<u32>,
        user: &UserId,
        deadline: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    ) -> String {
        let latest = at + TimeDelta::days(LINK_DAYS);
        let expires = deadline.map_or(latest, |deadline| deadline.min(latest));
        let (id, seq) = (approval.id.to_string(), approval.seq.to_string());
        let seat_text = seat.map(|seat| seat.to_string()).unwrap_or_default();
        // No secret: the signature is. A link of the same mail made again is used up by the use of the first.
        let parts = ["approval.link", tenant.as_str(), &id, &seq, &seat_text, user.as_str()];
        let grant = Grant {
            tenant: tenant.clone(),
            approval: approval.id,
            seat,
            user: user.clone(),
            version: approval.document.as_ref().map(|document| document.version),
            nonce: derived_id(&parts),
            expires: expires.timestamp(),
        };
        format!("{}/v1/approval-links/{}", self.public_url, self.token(&grant))
    }

    fn token(&self, grant: &Grant) -> String {
        let payload = serde_json::to_vec(grant).expect("texts and numbers serialise");
        let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
        let signature = self.mac(&payload).finalize().into_bytes();
        format!("{payload}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a token says, if it was signed here. Whether it has expired is not looked at.
    pub(crate) fn read(&self, token: &str) -> Option<Grant> {
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

impl Grant {
    pub(crate) fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.expires, 0).unwrap_or_default()
    }

    /// What is used up by its decision.
    pub(crate) fn link_use(&self) -> LinkUse {
        LinkUse { nonce: self.nonce, expires_at: self.expires_at() }
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            tenant: "acme".parse().unwrap(),
            approval: ApprovalId(Uuid::from_u128(7)),
            seat: Some(3),
            user: "ada".parse().unwrap(),
            version: Some(2),
            nonce: Uuid::from_u128(8),
            expires: 1_800_000_000,
        }
    }

    #[test]
    fn only_what_was_signed_here_is_read() {
        let links = Links::new("https://octavo.example", &[7; 32]);
        let token = links.token(&grant());
        assert_eq!(links.read(&token), Some(grant()));
        assert_eq!(Links::new("https://octavo.example", &[8; 32]).read(&token), None, "another key");
        let (payload, signature) = token.split_once('.').unwrap();
        let other = Grant { user: "eve".parse().unwrap(), ..grant() };
        let other = links.token(&other);
        let forged = format!("{}.{signature}", other.split_once('.').unwrap().0);
        let cut = format!("{payload}.{}", &signature[..20]);
        for wrong in ["", ".", payload, &forged, &cut, &format!("{token}A"), &format!("{token}.x")] {
            assert_eq!(links.read(wrong), None, "{wrong}");
        }
        assert!(!format!("{links:?}").contains('7'), "the key is not shown");
    }

    #[test]
    fn each_character_counts() {
        let links = Links::new("https://octavo.example", &[7; 32]);
        let token = links.token(&grant());
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            // The last character of a signature holds bits that mean nothing: a decoder refuses what has them set.
            assert_eq!(links.read(&changed), None, "{at}");
        }
    }
}
