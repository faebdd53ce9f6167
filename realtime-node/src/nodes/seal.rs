//! What shows one node that another one sent a request.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use octavo_adapters_signalr::AccessKeys;
use sha2::Sha256;
use std::net::IpAddr;

/// Seconds for which a seal is good: nodes' clocks differ, and a request may wait in a socket.
const GOOD_FOR_SECONDS: i64 = 60;
const PURPOSE: &[u8] = b"octavo node to node\0";

/// Signs requests between nodes: `seconds.address.signature` over method, path and query. Whoever has one can repeat that
/// request for a minute, and gains nothing by it: it is the client's own request, with the client's own token in it, or a
/// question.
#[derive(Debug, Clone)]
pub(crate) struct Seal(AccessKeys);

impl Seal {
    pub(crate) fn new(keys: AccessKeys) -> Self {
        Self(keys)
    }

    /// The header's value for a request that `client` sent.
    pub(crate) fn sign(&self, method: &str, path_and_query: &str, client: IpAddr, now: DateTime<Utc>) -> String {
        let (seconds, client) = (now.timestamp(), client.to_string());
        let signature = mac(&self.0.masters()[0], method, path_and_query, &client, seconds).finalize().into_bytes();
        format!("{seconds}|{client}|{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whose request it is, if `value` is a node's seal on it.
    pub(crate) fn verify(&self, value: &str, method: &str, path_and_query: &str, now: DateTime<Utc>) -> Option<IpAddr> {
        let mut parts = value.splitn(3, '|');
        let (seconds, client, signature) = (parts.next()?.parse::<i64>().ok()?, parts.next()?, parts.next()?);
        if now.timestamp().checked_sub(seconds)?.abs() > GOOD_FOR_SECONDS {
            return None;
        }
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let is_signed = self
            .0
            .masters()
            .iter()
            .any(|key| mac(key, method, path_and_query, client, seconds).verify_slice(&signature).is_ok());
        is_signed.then(|| client.parse().ok()).flatten()
    }
}

fn mac(key: &[u8], method: &str, path_and_query: &str, client: &str, seconds: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in [PURPOSE, method.as_bytes(), path_and_query.as_bytes(), client.as_bytes()] {
        mac.update(part);
        mac.update(b"\0");
    }
    mac.update(&seconds.to_be_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_seal_is_good_for_its_request_and_its_minute() {
        let seal = Seal::new(AccessKeys::new(vec![vec![7; 32]]).unwrap());
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let client: IpAddr = "10.0.0.9".parse().unwrap();
        let value = seal.sign("POST", "/hubs/x?id=1", client, now);
        assert_eq!(seal.verify(&value, "POST", "/hubs/x?id=1", now + TimeDelta::seconds(30)), Some(client));
        assert_eq!(seal.verify(&value, "POST", "/hubs/x?id=2", now), None);
        assert_eq!(seal.verify(&value, "GET", "/hubs/x?id=1", now), None);
        assert_eq!(seal.verify(&value, "POST", "/hubs/x?id=1", now + TimeDelta::seconds(90)), None);
        let other = value.replace("10.0.0.9", "10.0.0.8");
        assert_eq!(seal.verify(&other, "POST", "/hubs/x?id=1", now), None);
        for wrong in ["", "|", "1|x|y", "9223372036854775807|::1|AA"] {
            assert_eq!(seal.verify(wrong, "POST", "/hubs/x?id=1", now), None, "{wrong}");
        }
    }
}
