//! Twilio's status callbacks: signed with the account's token over the address and the parameters.

use super::news::{Said, Why};
use super::verifier::{header, unproved};
use crate::{Secret, TwilioOptions};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{AttemptStatus, Callback, CallbackNews, CallbackRefused, Channel};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use subtle::ConstantTimeEq;
use url::Url;

/// What callbacks are signed with.
pub(super) struct Token {
    token: Secret,
    account: String,
}

impl Token {
    pub(super) fn of(options: &TwilioOptions) -> Self {
        Self { token: options.key.clone(), account: options.account.clone() }
    }

    pub(super) fn verify(&self, callback: &Callback<'_>) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused> {
        let signature = header(callback, "x-twilio-signature").ok_or_else(|| unproved("no signature"))?;
        let signature = STANDARD.decode(signature).map_err(|_| unproved("the signature is no Base64"))?;
        let json = header(callback, "content-type").is_some_and(|kind| kind.starts_with("application/json"));
        let fields = if json { Vec::new() } else { fields(callback.body) };
        // It leaves the usual port out of what it signs, or not, by age and by product.
        let genuine = addresses(callback.url).iter().any(|url| self.signs(url, &fields, &signature));
        if !genuine || (json && !is_body_of(callback)) {
            return Err(unproved("the signature is another's"));
        }
        let json_fields;
        let fields = if json {
            json_fields = object(callback.body)?;
            &json_fields
        } else {
            &fields
        };
        self.news(callback, fields)
    }

    fn signs(&self, url: &str, fields: &[(String, String)], signature: &[u8]) -> bool {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.token.expose().as_bytes()).expect("HMAC takes any key");
        mac.update(url.as_bytes());
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort();
        // A parameter that is there twice with one value is signed once.
        sorted.dedup();
        for (name, value) in sorted {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac.verify_slice(signature).is_ok()
    }

    fn news(
        &self,
        callback: &Callback<'_>,
        fields: &[(String, String)],
    ) -> Result<Vec<(TenantId, CallbackNews)>, CallbackRefused> {
        let field = |name: &str| {
            let found = fields.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
            found.filter(|value| !value.is_empty())
        };
        if field("AccountSid").is_some_and(|account| account != self.account) {
            return Err(unproved("it is of another account"));
        }
        // Part of the address, and therefore of what is signed.
        let Some((tenant, message)) = callback.reference.and_then(|reference| reference.rsplit_once('.')) else {
            return Err(CallbackRefused::Unreadable("it does not say of which message".to_owned()));
        };
        let code = field("ErrorCode").filter(|code| *code != "0");
        let status = match field("MessageStatus").or_else(|| field("SmsStatus")) {
            Some("accepted" | "scheduled" | "queued" | "sending" | "sent") => AttemptStatus::Accepted,
            Some("delivered" | "read") => AttemptStatus::Delivered,
            Some("undelivered") => AttemptStatus::Bounced,
            Some("failed" | "canceled") => AttemptStatus::Rejected,
            _ => return Ok(Vec::new()),
        };
        let over = matches!(status, AttemptStatus::Bounced | AttemptStatus::Rejected);
        let suppress = match code {
            Some("21610") => Some(Why::Unsubscribe),
            // No valid number, no mobile, unknown, a landline.
            Some("21211" | "21614" | "21635" | "30005" | "30006") => Some(Why::Bounce),
            _ => None,
        };
        let said = Said {
            tenant: Some(tenant),
            message: Some(message),
            provider_id: field("MessageSid").or_else(|| field("SmsSid")),
            status,
            code: code.filter(|_| over),
            detail: field("ErrorMessage").filter(|_| over),
            suppress: suppress.filter(|_| over),
            address: field("To"),
            at: callback.now,
        };
        Ok(said.news(callback.provider, Channel::Sms).into_iter().collect())
    }
}

fn fields(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn object(body: &[u8]) -> Result<Vec<(String, String)>, CallbackRefused> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(body).map_err(|_| CallbackRefused::Unreadable("no JSON object".to_owned()))?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(object.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// A JSON body is signed by its hash in the address.
fn is_body_of(callback: &Callback<'_>) -> bool {
    let Ok(url) = Url::parse(callback.url) else { return false };
    let given = url.query_pairs().find(|(name, _)| name == "bodySHA256").map(|(_, value)| value.to_ascii_lowercase());
    let hash = hex::encode(Sha256::digest(callback.body));
    given.is_some_and(|given| given.as_bytes().ct_eq(hash.as_bytes()).into())
}

/// The address as it was called, and with the usual port said or not.
fn addresses(url: &str) -> Vec<Cow<'_, str>> {
    let mut addresses = vec![Cow::Borrowed(url)];
    let Some((scheme, rest)) = url.split_once("://") else { return addresses };
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return addresses,
    };
    if let Some(bare) = host.strip_suffix(usual) {
        addresses.push(format!("{scheme}://{bare}{path}").into());
    } else if !host.rsplit(']').next().unwrap_or_default().contains(':') {
        addresses.push(format!("{scheme}://{host}{usual}{path}").into());
    }
    addresses
}
