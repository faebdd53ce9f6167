//! SendGrid's event webhook, signed by ECDSA (P-256, SHA-256) over the timestamp and the body.

use super::news::{Said, Why};
use super::verifier::{header, unproved};
use crate::{InvalidProvider, SendgridOptions};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{AttemptStatus, Callback, CallbackNews, CallbackRefused, Channel};
use serde_json::Value;

/// How old a signature may be, in seconds: SendGrid tries for a day to be heard. What is heard twice changes nothing the
/// second time.
const AGE_SECONDS_MAX: i64 = 25 * 3600;
/// How far its clock may be ahead, in seconds.
const AHEAD_SECONDS_MAX: i64 = 600;

/// The key that events are checked with.
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn of(options: &SendgridOptions) -> Result<Option<Self>, InvalidProvider> {
        let Some(text) = &options.callback_key else { return Ok(None) };
        let invalid = || InvalidProvider::new(&options.name, "'callback_key' is no P-256 key: Base64 of its DER form");
        let der = STANDARD.decode(text.trim()).map_err(|_| invalid())?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &der).parse().map_err(|_| invalid())?;
        Ok(Some(Self(der)))
    }

    pub(super) fn verify(&self, callback: &Callback<'_>) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused> {
        let signature = header(callback, "x-twilio-email-event-webhook-signature");
        let signature = signature.ok_or_else(|| unproved("no signature"))?;
        let signature = STANDARD.decode(signature).map_err(|_| unproved("the signature is no Base64"))?;
        let timestamp = header(callback, "x-twilio-email-event-webhook-timestamp");
        let timestamp = timestamp.ok_or_else(|| unproved("no timestamp"))?;
        let signed = [timestamp.as_bytes(), callback.body].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0);
        key.verify(&signed, &signature).map_err(|_| unproved("the signature is another's"))?;
        let at: i64 = timestamp.parse().map_err(|_| unproved("the timestamp is none"))?;
        let age = callback.now.timestamp().saturating_sub(at);
        if !(-AHEAD_SECONDS_MAX..=AGE_SECONDS_MAX).contains(&age) {
            return Err(unproved("the signature is too old"));
        }
        let events: Vec<Value> = serde_json::from_slice(callback.body)
            .map_err(|_| CallbackRefused::Unreadable("no list of events".to_owned()))?;
        Ok(events.iter().filter_map(|event| news(callback, event)).collect())
    }
}

fn news(callback: &Callback<'_>, event: &Value) -> Option<(TenantId, CallbackNews)> {
    let text = |name: &str| event[name].as_str().filter(|text| !text.is_empty());
    let reason = text("reason").unwrap_or_default();
    let (status, suppress) = match text("event")? {
        "processed" => (AttemptStatus::Accepted, None),
        "delivered" => (AttemptStatus::Delivered, None),
        // `blocked`: for now, or for its content; the address is good.
        "bounce" if text("type") == Some("blocked") => (AttemptStatus::Bounced, None),
        "bounce" => (AttemptStatus::Bounced, Some(Why::Bounce)),
        "dropped" => (AttemptStatus::Rejected, dropped(reason)),
        // Somebody has read it, so it arrived.
        "spamreport" => (AttemptStatus::Delivered, Some(Why::Complaint)),
        "unsubscribe" | "group_unsubscribe" => (AttemptStatus::Delivered, Some(Why::Unsubscribe)),
        // Deferred: it goes on trying. Opened, clicked: nobody's business.
        _ => return None,
    };
    let at = event["timestamp"].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let said = Said {
        tenant: text("octavo_tenant"),
        message: text("octavo_message"),
        // What it called the mail when it took it, and where it went from there.
        provider_id: text("sg_message_id").and_then(|id| id.split('.').next()),
        status,
        code: text("status"),
        detail: text("reason").or_else(|| text("response")),
        suppress,
        address: text("email"),
        at: at.unwrap_or(callback.now).min(callback.now),
    };
    said.news(callback.provider, Channel::Email)
}

/// It did not even try, for what it knows of the address.
fn dropped(reason: &str) -> Option<Why> {
    let reason = reason.to_ascii_lowercase();
    match reason.as_str() {
        reason if reason.contains("unsubscribed") => Some(Why::Unsubscribe),
        reason if reason.contains("spam report") => Some(Why::Complaint),
        reason if reason.contains("bounced address") || reason == "invalid" => Some(Why::Bounce),
        _ => None,
    }
}
