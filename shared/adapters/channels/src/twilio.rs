//! Twilio's Programmable Messaging: `POST /2010-04-01/Accounts/{Sid}/Messages.json`.

use crate::TwilioOptions;
use crate::http::{Answer, Repeats, Web, ask};
use crate::text::said;
use async_trait::async_trait;
use octavo_domain_notify::{Accepted, Channel, Outgoing, OutgoingContent, Provider, SendError};
use std::sync::Arc;

/// Longest message, in characters: a longer one is refused by it.
const TEXT_CHARS_MAX: usize = 1_600;

/// Sends text messages by Twilio.
pub(crate) struct Twilio {
    pub(crate) web: Arc<Web>,
    pub(crate) options: TwilioOptions,
    /// What its callbacks are sent to, without a slash at its end.
    pub(crate) public_url: String,
}

#[async_trait]
impl Provider for Twilio {
    fn name(&self) -> &str {
        &self.options.name
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn per_second(&self) -> Option<u32> {
        self.options.per_second
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let OutgoingContent::Sms { text } = &message.content else {
            return Err(SendError::Rejected { code: None, detail: "it is no text message".to_owned() });
        };
        let TwilioOptions { name, url, account, key, from, messaging_service, .. } = &self.options;
        let path = format!("2010-04-01/Accounts/{account}/Messages.json");
        let url = url.join(&path).expect("a path can stand behind an origin");
        let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
        let callback =
            format!("{}/v1/notification-callbacks/{name}/{}.{}", self.public_url, message.tenant, message.id);
        let mut form = vec![("To", message.to.0.as_str()), ("Body", &text), ("StatusCallback", &callback)];
        form.extend(from.as_deref().map(|from| ("From", from)));
        form.extend(messaging_service.as_deref().map(|service| ("MessagingServiceSid", service)));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.web.any()?.post(url).basic_auth(account, Some(key.expose()));
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let answer = ask(request, Repeats::Harmful).await?;
        if answer.is_success() {
            return Ok(Accepted { provider_id: answer.json()["sid"].as_str().map(said), delivered: false });
        }
        Err(refusal(&answer))
    }
}

fn refusal(answer: &Answer) -> SendError {
    let told = answer.json();
    let number = told["code"].as_u64();
    let detail = told["message"].as_str().map_or_else(|| answer.text(), said);
    let code = number.map(|number| number.to_string());
    match number {
        // No valid number, unsubscribed, no mobile, a landline.
        Some(21_211 | 21_217 | 21_610 | 21_614 | 21_635) => SendError::Recipient { code, detail, suppress: true },
        // Not to be reached by SMS, or not from this number, or from itself.
        Some(21_214 | 21_265 | 21_266 | 21_612 | 21_604) => SendError::Recipient { code, detail, suppress: false },
        // The number's queue, or the account's, is full.
        Some(20_429 | 21_611 | 30_001) => SendError::NotTaken { code, detail, retry_after: None },
        _ => answer.refusal(Repeats::Harmful, code, detail),
    }
}
