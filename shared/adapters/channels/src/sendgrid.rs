//! Twilio SendGrid: `POST /v3/mail/send`.

use crate::http::{Answer, Repeats, Web, ask};
use crate::letter::{Letter, Mailbox};
use crate::text::said;
use crate::{InvalidProvider, SendgridOptions};
use async_trait::async_trait;
use octavo_domain_notify::{Accepted, Channel, Outgoing, Provider, SendError};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Sends mails by SendGrid.
pub(crate) struct Sendgrid {
    web: Arc<Web>,
    options: SendgridOptions,
    from: Mailbox,
}

impl Sendgrid {
    pub(crate) fn new(web: Arc<Web>, options: SendgridOptions) -> Result<Self, InvalidProvider> {
        let from = Mailbox::parse(&options.from)
            .ok_or_else(|| InvalidProvider::new(&options.name, "'from' is no mail address"))?;
        Ok(Self { web, options, from })
    }
}

#[async_trait]
impl Provider for Sendgrid {
    fn name(&self) -> &str {
        &self.options.name
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn per_second(&self) -> Option<u32> {
        self.options.per_second
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let letter = Letter::of(message, &self.from)?;
        let url = self.options.url.join("v3/mail/send").expect("a path can stand behind an origin");
        let request = self.web.any()?.post(url).bearer_auth(self.options.key.expose());
        let answer = ask(request.json(&body(message, &letter)), Repeats::Harmful).await?;
        if answer.is_success() {
            return Ok(Accepted { provider_id: answer.header("x-message-id"), delivered: false });
        }
        Err(refusal(&answer))
    }
}

fn body(message: &Outgoing, letter: &Letter<'_>) -> Value {
    let mailbox = |mailbox: &Mailbox| match &mailbox.name {
        Some(name) => json!({ "email": mailbox.address.to_string(), "name": name }),
        None => json!({ "email": mailbox.address.to_string() }),
    };
    let parts = [("text/plain", letter.text), ("text/html", letter.html)];
    // It refuses a part that is empty.
    let parts = parts.iter().filter(|(_, text)| !text.is_empty());
    let mut body = json!({
        "personalizations": [{ "to": [mailbox(&letter.to)] }],
        "from": mailbox(&letter.from),
        "subject": letter.subject,
        "content": parts.map(|(kind, value)| json!({ "type": kind, "value": value })).collect::<Vec<_>>(),
        "custom_args": { "octavo_tenant": message.tenant, "octavo_message": message.id },
    });
    if let Some(reply_to) = &letter.reply_to {
        body["reply_to"] = mailbox(reply_to);
    }
    if !letter.headers.is_empty() {
        let headers = letter.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        body["headers"] = headers.collect::<Map<_, _>>().into();
    }
    body
}

fn refusal(answer: &Answer) -> SendError {
    let told = answer.json();
    let first = &told["errors"][0];
    let detail = first["message"].as_str().map_or_else(|| answer.text(), said);
    let field = first["field"].as_str().unwrap_or_default();
    if answer.status.as_u16() == 400 && field.starts_with("personalizations.0.to") {
        return SendError::Recipient { code: Some("400".to_owned()), detail, suppress: false };
    }
    answer.refusal(Repeats::Harmful, None, detail)
}
