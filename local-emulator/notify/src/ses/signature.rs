//! AWS Signature Version 4 of a request, checked as AWS checks it.

use url::form_urlencoded;

use crate::answer::{Asked, Refusal};
use crate::app::{App, moment};
use crate::signing::{hmac_sha256, sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request that is signed with a time farther off is refused.
const SKEW_MS: i64 = 15 * 60 * 1_000;

/// The access key that signed the request.
pub(super) fn verify(app: &App, asked: &Asked) -> Result<String, Refusal> {
    let refused = |code: &str, says: &str| Refusal::new(403, code, says);
    let Some(authorization) = asked.header("authorization") else {
        return Err(refused("MissingAuthenticationTokenException", "Missing Authentication Token"));
    };
    let incomplete = || refused("IncompleteSignatureException", "Authorization header requires its three parameters.");
    let parameters = authorization.strip_prefix(ALGORITHM).ok_or_else(incomplete)?;
    let parameter = |name: &str| {
        let mut parts = parameters.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).ok_or_else(incomplete)
    };
    let (credential, signed, signature) =
        (parameter("Credential")?, parameter("SignedHeaders")?, parameter("Signature")?);
    let scope: Vec<&str> = credential.split('/').collect();
    let [key, date, region, service, "aws4_request"] = scope[..] else { return Err(incomplete()) };
    let accounts = app.accounts.read();
    if key != accounts.ses_access_key {
        let says = "The security token included in the request is invalid.";
        return Err(refused("UnrecognizedClientException", says));
    }
    let time = asked.header("x-amz-date").ok_or_else(incomplete)?;
    let signed_at = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").map_err(|_| incomplete())?;
    let off = moment(app.now()).signed_duration_since(signed_at.and_utc()).num_milliseconds();
    if off.abs() > SKEW_MS {
        let says = format!("Signature expired: {time} is not within 15 minutes of the server's time.");
        return Err(refused("InvalidSignatureException", &says));
    }
    let mut canonical_headers = String::new();
    for name in signed.split(';') {
        let value = asked.header(name).ok_or_else(incomplete)?;
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        canonical_headers.push_str(&format!("{name}:{value}\n"));
    }
    let request = [
        asked.method.as_str(),
        asked.uri.path(),
        &query(asked.uri.query().unwrap_or_default()),
        &canonical_headers,
        signed,
        &sha256(&asked.body),
    ]
    .join("\n");
    let scope = scope[1..].join("/");
    let to_sign = [ALGORITHM, time, &scope, &sha256(request.as_bytes())].join("\n");
    let secret = format!("AWS4{}", accounts.ses_secret);
    let mut signing_key = secret.into_bytes();
    for part in [date, region, service, "aws4_request"] {
        signing_key = hmac_sha256(&signing_key, part.as_bytes());
    }
    if hex::encode(hmac_sha256(&signing_key, to_sign.as_bytes())) != signature || service != "ses" {
        let says = "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                    Access Key and signing method. Consult the service documentation for details.";
        return Err(refused("InvalidSignatureException", says));
    }
    Ok(key.to_owned())
}

/// Sorted, encoded as AWS encodes.
fn query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (encode(&name), encode(&value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
