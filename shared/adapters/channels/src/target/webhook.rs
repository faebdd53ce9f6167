//! Webhooks, signed after the Standard Webhooks specification.

use super::TargetHosts;
use crate::http::{Repeats, Web, ask, private_address};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use octavo_domain_kernel::Clock;
use octavo_domain_notify::{Accepted, Channel, Outgoing, OutgoingContent, Provider, SendError};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use sha2::Sha256;
use std::sync::Arc;
use url::Url;

/// Tells HTTP endpoints of tenants.
pub(crate) struct Webhook {
    pub(crate) web: Arc<Web>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hosts: TargetHosts,
}

#[async_trait]
impl Provider for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let OutgoingContent::Webhook { url, secret, body } = &message.content else {
            return Err(SendError::Rejected { code: None, detail: "it is no webhook".to_owned() });
        };
        let url: Url = url.parse().map_err(|_| private_address())?;
        let client = self.hosts.client(&self.web, &url)?;
        let body = serde_json::to_vec(body).expect("a JSON value can be written");
        // The same for every attempt: that is how the receiver knows that it is one message.
        let id = format!("msg_{}", message.id.simple());
        let timestamp = self.clock.now().timestamp().to_string();
        let Some(signature) = sign(secret, &id, &timestamp, &body) else {
            return Err(SendError::Rejected { code: None, detail: "the secret is none: whsec_ and Base64".to_owned() });
        };
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "Octavo")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body);
        let answer = ask(request, Repeats::Harmless).await?;
        if answer.is_success() {
            return Ok(Accepted { provider_id: Some(id), delivered: true });
        }
        if answer.status.as_u16() == 410 {
            // The specification's way to say that nobody listens there any more.
            return Err(SendError::Recipient { code: Some("410".to_owned()), detail: answer.text(), suppress: true });
        }
        Err(answer.refusal(Repeats::Harmless, None, answer.text()))
    }
}

/// `v1,` and Base64 of the HMAC; none where the secret is no `whsec_` with Base64.
fn sign(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok().filter(|key| !key.is_empty())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_s_example_is_signed_as_it_says() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        for wrong in ["", "whsec_", "whsec_?", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(sign(wrong, "a", "1", b""), None, "{wrong}");
        }
    }
}
