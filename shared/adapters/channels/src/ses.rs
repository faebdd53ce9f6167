//! Amazon SES: `POST /v2/email/outbound-emails`, signed.

use crate::http::{Answer, Repeats, Web, ask};
use crate::letter::{Letter, Mailbox};
use crate::sigv4::Signer;
use crate::text::said;
use crate::{InvalidProvider, SesOptions};
use async_trait::async_trait;
use octavo_domain_kernel::Clock;
use octavo_domain_notify::{Accepted, Channel, Outgoing, Provider, SendError};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const PATH: &str = "/v2/email/outbound-emails";

/// Sends mails by SES.
pub(crate) struct Ses {
    web: Arc<Web>,
    clock: Arc<dyn Clock>,
    options: SesOptions,
    url: Url,
    /// As the `Host` header has it.
    host: String,
    from: Mailbox,
}

impl Ses {
    pub(crate) fn new(web: Arc<Web>, clock: Arc<dyn Clock>, options: SesOptions) -> Result<Self, InvalidProvider> {
        let invalid = |problem: &str| InvalidProvider::new(&options.name, problem);
        let from = Mailbox::parse(&options.from).ok_or_else(|| invalid("'from' is no mail address"))?;
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if options.region.is_empty() || !options.region.bytes().all(letters) {
            return Err(invalid("'region' is none"));
        }
        let origin = match &options.url {
            Some(url) => url.clone(),
            None => Url::parse(&format!("https://email.{}.amazonaws.com/", options.region)).expect("it is a URL"),
        };
        let name = origin.host_str().ok_or_else(|| invalid("'url' has no host"))?;
        let host = origin.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let url = origin.join(PATH).map_err(|_| invalid("'url' is none of an API"))?;
        Ok(Self { web, clock, url, host, from, options })
    }
}

#[async_trait]
impl Provider for Ses {
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
        let body = body(message, &letter, self.options.configuration_set.as_deref());
        let body = serde_json::to_vec(&body).expect("a JSON value can be written");
        let SesOptions { access_key, key, session_token, region, .. } = &self.options;
        let session_token = session_token.as_ref().map(|token| token.expose());
        let signer = Signer { access_key, secret: key.expose(), session_token, region, service: "ses" };
        let mut request = self.web.any()?.post(self.url.clone());
        for (name, value) in signer.post(&self.host, PATH, &body, self.clock.now()) {
            request = request.header(name, value);
        }
        let answer = ask(request.body(body), Repeats::Harmful).await?;
        if answer.is_success() {
            return Ok(Accepted { provider_id: answer.json()["MessageId"].as_str().map(said), delivered: false });
        }
        Err(refusal(&answer))
    }
}

fn body(message: &Outgoing, letter: &Letter<'_>, configuration_set: Option<&str>) -> Value {
    let text = |text: &str| json!({ "Data": text, "Charset": "UTF-8" });
    let mut simple = json!({
        "Subject": text(&letter.subject),
        "Body": { "Text": text(letter.text), "Html": text(letter.html) },
    });
    if !letter.headers.is_empty() {
        let headers = letter.headers.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
        simple["Headers"] = headers.collect();
    }
    let mut body = json!({
        "FromEmailAddress": letter.from.header(),
        "Destination": { "ToAddresses": [letter.to.header()] },
        "Content": { "Simple": simple },
        // Two tags: a value has no dot.
        "EmailTags": [
            { "Name": "octavo_tenant", "Value": message.tenant },
            { "Name": "octavo_message", "Value": message.id },
        ],
    });
    if let Some(reply_to) = &letter.reply_to {
        body["ReplyToAddresses"] = json!([reply_to.header()]);
    }
    if let Some(set) = configuration_set {
        body["ConfigurationSetName"] = set.into();
    }
    body
}

fn refusal(answer: &Answer) -> SendError {
    let told = answer.json();
    let detail = told["message"].as_str().or(told["Message"].as_str()).map_or_else(|| answer.text(), said);
    // `Name:http://internal.amazon.com/coral/...` in the header, `com.amazonaws.ses#Name` in the body.
    let code = answer.header("x-amzn-errortype").or_else(|| told["__type"].as_str().map(said));
    let code = code.map(|code| {
        let name = code.split(':').next().unwrap_or_default();
        name.rsplit('#').next().unwrap_or_default().to_owned()
    });
    match code.as_deref() {
        Some("TooManyRequestsException" | "LimitExceededException" | "ThrottlingException") => {
            SendError::NotTaken { code, detail, retry_after: None }
        }
        _ => answer.refusal(Repeats::Harmful, code, detail),
    }
}
