//! Fakes with a fixed clock, and requests to them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use local_emulator_notify::{Callbacks, Fault, Filter, Options, Sent, Server};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

/// 15 January 2027, 08:00 UTC.
pub(crate) const NOW: u64 = 1_800_000_000_000;

/// How long something that happens by itself may take on a busy machine.
pub(crate) const WITHIN: Duration = Duration::from_secs(60);

pub(crate) struct Asker {
    pub(crate) server: Server,
    pub(crate) client: reqwest::Client,
}

impl Asker {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let options = Options { clock: Arc::new(|| NOW), step: Duration::from_millis(5), ..options };
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { server: Server::start(options).await.unwrap(), client }
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.server.url()))
    }

    pub(crate) fn sendgrid(&self, to: &str) -> RequestBuilder {
        let body = json!({
            "personalizations": [{"to": [{"email": to}], "custom_args": {"message": "m-1"}}], "from": {"email": "octo@x.example"},
            "subject": "Hello", "content": [{"type": "text/plain", "value": "Text."}, {"type": "text/html", "value": "<p>HTML.</p>"}],
        });
        self.post("/v3/mail/send").bearer_auth(self.server.accounts().sendgrid_key).json(&body)
    }

    pub(crate) fn postmark(&self, to: &str) -> RequestBuilder {
        let body = json!({"From": "octo@x.example", "To": to, "Subject": "Hello", "TextBody": "Text.", "Metadata": {"message": "m-1"}});
        let token = self.server.accounts().postmark_token;
        self.post("/email").header("x-postmark-server-token", token).json(&body)
    }

    pub(crate) fn twilio(&self, to: &str, callback: Option<&str>) -> RequestBuilder {
        let accounts = self.server.accounts();
        let mut form = vec![("To", to), ("From", &accounts.twilio_numbers[0]), ("Body", "Text.")];
        form.extend(callback.map(|url| ("StatusCallback", url)));
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let path = format!("/2010-04-01/Accounts/{}/Messages.json", accounts.twilio_account);
        self.post(&path)
            .basic_auth(accounts.twilio_account, Some(accounts.twilio_token))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Signed as AWS's own crate signs.
    pub(crate) fn ses(&self, to: &str, secret: &str) -> RequestBuilder {
        let simple = json!({"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Text."}}});
        let body = json!({"FromEmailAddress": "octo@x.example", "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": simple}, "EmailTags": [{"Name": "message", "Value": "acme.m-1"}]});
        let body = body.to_string();
        let identity = Credentials::new(self.server.accounts().ses_access_key, secret, None, None, "test").into();
        let parameters = v4::SigningParams::builder().identity(&identity).region("eu-west-1").name("ses");
        let time = UNIX_EPOCH + Duration::from_millis(NOW);
        let parameters = parameters.time(time).settings(SigningSettings::default()).build().unwrap().into();
        let url = format!("{}/v2/email/outbound-emails", self.server.url());
        let host = self.server.url().replace("http://", "");
        let headers = [("content-type", "application/json"), ("host", &host)];
        let signable = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()));
        let (signed, _) = sign(signable.unwrap(), &parameters).unwrap().into_parts();
        let request = self.client.post(url).header("content-type", "application/json");
        signed.headers().fold(request, |request, (name, value)| request.header(name, value)).body(body)
    }

    pub(crate) fn pager(&self, members: &Value) -> RequestBuilder {
        let payload = json!({"summary": "It burns", "source": "test", "severity": "critical"});
        let mut body = json!({"routing_key": "0".repeat(32), "event_action": "trigger", "payload": payload});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post("/v2/enqueue").json(&body)
    }

    pub(crate) fn slack(&self, body: &Value) -> RequestBuilder {
        self.post("/services/T000/B000/secret").json(body)
    }

    pub(crate) fn fault(&self, fault: &Value) -> u64 {
        self.server.add_fault(Fault::from_json(fault).unwrap()).unwrap()
    }

    pub(crate) fn all(&self) -> Vec<Sent> {
        self.server.messages(&Filter::default())
    }

    pub(crate) async fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/_control{path}", self.server.url());
        let request = self.client.request(method.parse().unwrap(), url);
        let request = if body.is_null() { request } else { request.json(body) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Has the providers call there.
    pub(crate) fn call(&self, url: &str) {
        let url = Some(url.to_owned());
        let (user, password) = (Some("u".to_owned()), Some("p".to_owned()));
        self.server.set_callbacks(Callbacks {
            sendgrid: url.clone(),
            postmark: url.clone(),
            postmark_user: user,
            postmark_password: password,
            ses: url,
            ..Callbacks::default()
        });
    }
}

/// Waits until `look` finds something.
pub(crate) async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(WITHIN, wait).await.unwrap_or_else(|_| panic!("{what}: not within {WITHIN:?}"))
}

/// The whole of an answer: status, headers in order but for the date, body; JSON is laid out.
pub(crate) async fn whole(request: RequestBuilder) -> String {
    whole_answer(request.send().await.unwrap()).await
}

async fn whole_answer(response: Response) -> String {
    let mut text = format!("{}\n", response.status());
    for (name, value) in response.headers() {
        if name != "date" {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let body = response.text().await.unwrap();
    let laid_out = match serde_json::from_str::<Value>(&body) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
        _ => body,
    };
    write!(text, "\n{laid_out}").unwrap();
    text
}
