//! Postmark: `POST /email`.

use crate::http::{Answer, Repeats, Web, ask};
use crate::letter::{Letter, Mailbox};
use crate::text::said;
use crate::{InvalidProvider, PostmarkOptions};
use async_trait::async_trait;
use octavo_domain_notify::{Accepted, Channel, Outgoing, Provider, SendError};
use serde_json::{Value, json};
use std::sync::Arc;

/// The recipient is inactive: it bounced for good, complained, or was suppressed by hand.
const INACTIVE_RECIPIENT: u64 = 406;
/// Something in the mail is no good; the text says what.
const INVALID_MAIL: u64 = 300;

/// Sends mails by Postmark.
pub(crate) struct Postmark {
    web: Arc<Web>,
    options: PostmarkOptions,
    from: Mailbox,
}

impl Postmark {
    pub(crate) fn new(web: Arc<Web>, options: PostmarkOptions) -> Result<Self, InvalidProvider> {
        let from = Mailbox::parse(&options.from)
            .ok_or_else(|| InvalidProvider::new(&options.name, "'from' is no mail address"))?;
        Ok(Self { web, options, from })
    }
}

#[async_trait]
impl Provider for Postmark {
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
        let url = self.options.url.join("email").expect("a path can stand behind an origin");
        let request = self.web.any()?.post(url).header("X-Postmark-Server-Token", self.options.key.expose());
        let request = request.header("Accept", "application/json").json(&body(message, &letter, &self.options.stream));
        let answer = ask(request, Repeats::Harmful).await?;
        let told = answer.json();
        // A success that cannot be read is one all the same: the status is the answer.
        if answer.is_success() && told["ErrorCode"].as_u64().unwrap_or(0) == 0 {
            return Ok(Accepted { provider_id: told["MessageID"].as_str().map(said), delivered: false });
        }
        Err(refusal(&answer, &told))
    }
}

fn body(message: &Outgoing, letter: &Letter<'_>, stream: &str) -> Value {
    // It takes names of any characters in these members, and encodes them itself.
    let mailbox = |mailbox: &Mailbox| match &mailbox.name {
        Some(name) => format!("\"{name}\" <{}>", mailbox.address),
        None => mailbox.address.to_string(),
    };
    let headers = letter.headers.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
    let mut body = json!({
        "From": mailbox(&letter.from),
        "To": mailbox(&letter.to),
        "Subject": letter.subject,
        "TextBody": letter.text,
        "HtmlBody": letter.html,
        "MessageStream": stream,
        "Headers": headers.collect::<Vec<_>>(),
        // Two members: one has at most 80 characters.
        "Metadata": { "octavo_tenant": message.tenant, "octavo_message": message.id },
    });
    if let Some(reply_to) = &letter.reply_to {
        body["ReplyTo"] = mailbox(reply_to).into();
    }
    body
}

fn refusal(answer: &Answer, told: &Value) -> SendError {
    let code = told["ErrorCode"].as_u64();
    let detail = told["Message"].as_str().map_or_else(|| answer.text(), said);
    if code == Some(INACTIVE_RECIPIENT) {
        return SendError::Recipient { code: Some("406".to_owned()), detail, suppress: true };
    }
    if code == Some(INVALID_MAIL) && detail.contains("'To'") {
        return SendError::Recipient { code: Some("300".to_owned()), detail, suppress: false };
    }
    answer.refusal(Repeats::Harmful, code.map(|code| code.to_string()), detail)
}
