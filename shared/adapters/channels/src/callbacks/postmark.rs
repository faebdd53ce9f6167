//! Postmark's webhooks: they sign in with a user and a password, and are not signed.

use super::news::{Said, Why, moment};
use super::verifier::{header, unproved};
use crate::PostmarkOptions;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{AttemptStatus, Callback, CallbackNews, CallbackRefused, Channel};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The hash of `user:password`: compared in the same time whatever is given, its length too.
pub(super) struct Password([u8; 32]);

impl Password {
    /// None where the user or the password is not said, or says nothing.
    pub(super) fn of(options: &PostmarkOptions) -> Option<Self> {
        let user = options.callback_user.as_deref().filter(|user| !user.is_empty())?;
        let password = options.callback_password.as_ref().map(|password| password.expose())?;
        (!password.is_empty()).then(|| Self(Sha256::digest(format!("{user}:{password}")).into()))
    }

    pub(super) fn verify(&self, callback: &Callback<'_>) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused> {
        let given = header(callback, "authorization").and_then(|given| given.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let given = given.and_then(|(_, text)| STANDARD.decode(text.trim()).ok());
        let given = given.ok_or_else(|| unproved("no user and password"))?;
        let hash: [u8; 32] = Sha256::digest(given).into();
        if !bool::from(hash.ct_eq(&self.0)) {
            return Err(unproved("the user or the password is another's"));
        }
        let event: Value =
            serde_json::from_slice(callback.body).map_err(|_| CallbackRefused::Unreadable("no JSON".to_owned()))?;
        Ok(news(callback, &event).into_iter().collect())
    }
}

fn news(callback: &Callback<'_>, event: &Value) -> Option<(TenantId, CallbackNews)> {
    let text = |name: &str| event[name].as_str().filter(|text| !text.is_empty());
    let (status, suppress, at) = match text("RecordType")? {
        "Delivery" => (AttemptStatus::Delivered, None, "DeliveredAt"),
        "Bounce" => {
            let (status, suppress) = bounce(text("Type")?, event["Inactive"] == Value::Bool(true))?;
            (status, suppress, "BouncedAt")
        }
        "SpamComplaint" => (AttemptStatus::Delivered, Some(Why::Complaint), "BouncedAt"),
        "SubscriptionChange" if event["SuppressSending"] == Value::Bool(true) => {
            let why = match text("SuppressionReason") {
                Some("HardBounce") => Why::Bounce,
                Some("SpamComplaint") => Why::Complaint,
                _ if text("Origin") == Some("Recipient") => Why::Unsubscribe,
                _ => Why::Manual,
            };
            // A bounce's own record says that it bounced.
            (AttemptStatus::Accepted, Some(why), "ChangedAt")
        }
        // Opened, clicked, subscribed again.
        _ => return None,
    };
    let metadata = |name: &str| event["Metadata"][name].as_str();
    let code = event["TypeCode"].as_i64().map(|code| code.to_string());
    let said = Said {
        tenant: metadata("octavo_tenant"),
        message: metadata("octavo_message"),
        provider_id: text("MessageID"),
        status,
        code: code.as_deref(),
        detail: text("Details").or_else(|| text("Description")),
        suppress,
        address: text("Email").or_else(|| text("Recipient")),
        at: moment(text(at), callback.now),
    };
    said.news(callback.provider, Channel::Email)
}

/// None where it is an answer of a machine, or it goes on trying.
fn bounce(kind: &str, inactive: bool) -> Option<(AttemptStatus, Option<Why>)> {
    match kind {
        "AutoResponder"
        | "AddressChange"
        | "ChallengeVerification"
        | "OpenRelayTest"
        | "Subscribe"
        | "Transient"
        | "DnsError" => None,
        "Unsubscribe" => Some((AttemptStatus::Delivered, Some(Why::Unsubscribe))),
        "SpamNotification" | "SpamComplaint" => Some((AttemptStatus::Bounced, Some(Why::Complaint))),
        "ManuallyDeactivated" => Some((AttemptStatus::Rejected, Some(Why::Manual))),
        "HardBounce" | "BadEmailAddress" => Some((AttemptStatus::Bounced, Some(Why::Bounce))),
        _ => Some((AttemptStatus::Bounced, inactive.then_some(Why::Bounce))),
    }
}
