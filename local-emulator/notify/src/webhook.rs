//! A receiver of webhooks, `/webhook/{name}`: verifies Standard Webhooks' signatures where it knows the secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::app::App;
use crate::record::{Draft, Kind};
use crate::signing::hmac_sha256;

/// A webhook that is signed with a time farther off is refused.
const TOLERANCE_S: u64 = 5 * 60;

pub(crate) fn judge(app: &App, asked: &Asked) -> Judged {
    let mut draft = Draft::new(Kind::Webhook);
    let name = asked.uri.path().trim_start_matches("/webhook/").to_owned();
    draft.raw = asked.body.clone();
    draft.to.push(name.clone());
    draft.text = String::from_utf8_lossy(&asked.body).into_owned();
    draft.body = serde_json::from_slice::<Value>(&asked.body).ok();
    for (header, tag) in [("webhook-id", "webhook_id"), ("webhook-timestamp", "webhook_timestamp")] {
        if let Some(value) = asked.header(header) {
            draft.tags.insert(tag.to_owned(), value.to_owned());
        }
    }
    if asked.method != hyper::Method::POST {
        return Judged::one(draft, Some(Refusal::new(405, "method_not_allowed", "Webhooks are posted.")));
    }
    let secret = app.accounts.read().webhook_secrets.get(&name).cloned();
    let refusal = secret.and_then(|secret| verify(asked, &secret, app.now() / 1_000).err());
    let refusal = refusal.map(|why| Refusal::new(401, "invalid_signature", why));
    Judged::one(draft, refusal)
}

/// `webhook-signature: v1,BASE64 v1,BASE64`: HMAC-SHA256 over id, time and body with one of the secrets.
fn verify(asked: &Asked, secret: &str, now: u64) -> Result<(), String> {
    let header = |name: &str| asked.header(name).ok_or_else(|| format!("{name} is missing"));
    let (id, timestamp, signatures) =
        (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    let seconds: u64 = timestamp.parse().map_err(|_| "webhook-timestamp is no time in seconds".to_owned())?;
    if seconds.abs_diff(now) > TOLERANCE_S {
        return Err("webhook-timestamp is too far from now".to_owned());
    }
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).unwrap_or_default();
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &asked.body].concat();
    let expected = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &signed)));
    match signatures.split(' ').any(|signature| signature == expected) {
        true => Ok(()),
        false => Err("no signature of webhook-signature is right".to_owned()),
    }
}

pub(crate) fn refuse(refusal: &Refusal) -> Answer {
    Answer::json(refusal.status, &json!({"error": refusal.code, "message": refusal.message()}))
}

pub(crate) fn usual(status: u16) -> (String, String) {
    let code = match status {
        410 => "gone",
        429 => "too_many_requests",
        500.. => "internal_error",
        _ => "refused",
    };
    (code.to_owned(), "The receiver refuses the webhook.".to_owned())
}
