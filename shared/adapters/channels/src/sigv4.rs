//! AWS Signature Version 4, as much of it as one POST with a body needs.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Whose signature.
pub(crate) struct Signer<'a> {
    pub(crate) access_key: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) session_token: Option<&'a str>,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

impl Signer<'_> {
    /// The headers that sign a POST to `path` (of letters, digits, `/`, `-` and `.` only, without a query) at `host`.
    pub(crate) fn post(&self, host: &str, path: &str, body: &[u8], now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let (date, time) = (now.format("%Y%m%d").to_string(), now.format("%Y%m%dT%H%M%SZ").to_string());
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let mut signed = vec![
            ("content-type", "application/json".to_owned()),
            ("host", host.to_owned()),
            ("x-amz-date", time.clone()),
        ];
        signed.extend(self.session_token.map(|token| ("x-amz-security-token", token.to_owned())));
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let canonical = format!("POST\n{path}\n\n{lines}\n{names}\n{}", hex::encode(Sha256::digest(body)));
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(canonical.as_bytes())));
        let mut key = hmac(format!("AWS4{}", self.secret).as_bytes(), date.as_bytes());
        for part in [self.region, self.service, "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        let signature = hex::encode(hmac(&key, to_sign.as_bytes()));
        let credential = format!("{}/{scope}", self.access_key);
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
        signed.retain(|(name, _)| *name != "host");
        signed.push(("authorization", authorization));
        signed
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
