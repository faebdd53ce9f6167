//! All providers against the fake ones, there and back: what is sent arrives, and what becomes of it is believed.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use local_emulator_notify::{Fault, FaultKind, Filter, Options, Server, Step, When};
use octavo_adapters_channels::{ProviderConfig, Surroundings, TargetHosts, Verifier, providers};
use octavo_domain_kernel::Clock;
use octavo_domain_notify::{
    Address, AttemptStatus, Callback, CallbackNews, CallbackVerifier, Outgoing, OutgoingContent, Provider, SendError,
};
use octavo_testing::time::ManualClock;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The fakes, our providers, and what they hear of each other.
struct House {
    fakes: Server,
    providers: Vec<Arc<dyn Provider>>,
    news: mpsc::UnboundedReceiver<CallbackNews>,
}

#[derive(Clone)]
struct Ear {
    url: String,
    verifier: Arc<Verifier>,
    clock: Arc<ManualClock>,
    heard: mpsc::UnboundedSender<CallbackNews>,
}

async fn hear(State(ear): State<Ear>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let mut path = parts.uri.path().strip_prefix("/v1/notification-callbacks/").unwrap().split('/');
    let callback = Callback {
        provider: path.next().unwrap(),
        reference: path.next(),
        url: &format!("{}{}", ear.url, parts.uri),
        headers: &headers,
        body: &body,
        now: ear.clock.now(),
    };
    match ear.verifier.verify(&callback).await {
        Ok(news) => {
            for (tenant, news) in news {
                assert_eq!(tenant.as_str(), "acme");
                ear.heard.send(news).unwrap();
            }
            StatusCode::OK
        }
        Err(_) => StatusCode::FORBIDDEN,
    }
}

impl House {
    async fn build() -> Self {
        let clock = Arc::new(ManualClock::default());
        let now = u64::try_from(clock.now().timestamp_millis()).unwrap();
        let options = Options { clock: Arc::new(move || now), step: Duration::from_millis(1), ..Options::default() };
        let fakes = Server::start(options).await.unwrap();
        let (accounts, url, mut callbacks) = (fakes.accounts(), fakes.url(), fakes.callbacks());
        fakes.set_webhook_secret("orders", SECRET);
        let from = "Octavo <no-reply@octavo.example>";
        let smtp = fakes.smtp_address();
        let smtp = format!("smtp://{}:{}@{smtp}?tls=none", accounts.smtp_user, accounts.smtp_password);
        let list = json!([
            { "kind": "smtp", "name": "smtp", "url": smtp, "from": from, "answer_seconds": 2 },
            { "kind": "sendgrid", "name": "sendgrid", "url": url, "key": accounts.sendgrid_key, "from": from,
                "callback_key": fakes.sendgrid_callback_key() },
            { "kind": "postmark", "name": "postmark", "url": url, "key": accounts.postmark_token, "from": from,
                "callback_user": "hook", "callback_password": "pass" },
            { "kind": "ses", "name": "ses", "url": url, "region": "eu-west-1", "access_key": accounts.ses_access_key,
                "key": accounts.ses_secret, "from": from, "callback_topic": callbacks.ses_topic, "callback_origin": url },
            { "kind": "twilio", "name": "twilio", "url": url, "account": accounts.twilio_account,
                "key": accounts.twilio_token, "from": accounts.twilio_numbers[0] },
        ]);
        let configs = ProviderConfig::parse_list(&list.to_string()).unwrap();

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://{}", listener.local_addr().unwrap());
        let (heard, news) = mpsc::unbounded_channel();
        let verifier = Arc::new(Verifier::new(&configs).unwrap());
        let ear = Ear { url: public_url.clone(), verifier, clock: Arc::clone(&clock), heard };
        let app = Router::new().fallback(hear).with_state(ear);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let at = |name: &str| Some(format!("{public_url}/v1/notification-callbacks/{name}"));
        (callbacks.sendgrid, callbacks.postmark, callbacks.ses) = (at("sendgrid"), at("postmark"), at("ses"));
        (callbacks.postmark_user, callbacks.postmark_password) = (Some("hook".to_owned()), Some("pass".to_owned()));
        fakes.set_callbacks(callbacks);
        assert!(fakes.subscribe_ses().await, "the topic is confirmed");

        let surroundings = Surroundings {
            clock,
            public_url,
            target_hosts: TargetHosts::parse(["http://127.0.0.1:*"]).unwrap(),
            pagerduty_url: url.parse().unwrap(),
        };
        Self { providers: providers(configs, surroundings).unwrap(), fakes, news }
    }

    fn provider(&self, name: &str) -> &dyn Provider {
        &**self.providers.iter().find(|provider| provider.name() == name).unwrap()
    }

    fn message(&self, name: &str, id: u128) -> Outgoing {
        let url = self.fakes.url();
        let content = match name {
            "twilio" => OutgoingContent::Sms { text: "Hello".to_owned() },
            "webhook" => OutgoingContent::Webhook {
                url: format!("{url}/webhook/orders"),
                secret: SECRET.to_owned(),
                body: json!({ "type": "approval.requested" }),
            },
            "slack" => OutgoingContent::Slack {
                url: format!("{url}/services/T0/B0/secret"),
                text: "Hello".to_owned(),
                blocks: json!([{ "type": "section", "text": { "type": "mrkdwn", "text": "Hello" } }]),
            },
            "pagerduty" => OutgoingContent::Pagerduty {
                routing_key: "R0123456789012345678901234567890".chars().take(32).collect(),
                action: "trigger".to_owned(),
                dedup_key: "approval-7".to_owned(),
                summary: "Hello".to_owned(),
                severity: "warning".to_owned(),
                source: "octavo".to_owned(),
                details: json!({ "a": 1 }),
                link: Some("https://octavo.example/a".to_owned()),
            },
            _ => OutgoingContent::Email {
                from: None,
                reply_to: Some("help@acme.example".to_owned()),
                subject: "Grüße".to_owned(),
                text: "Hello".to_owned(),
                html: "<p>Hello</p>".to_owned(),
                headers: vec![("List-Unsubscribe".to_owned(), "<https://octavo.example/u>".to_owned())],
            },
        };
        Outgoing {
            tenant: "acme".parse().unwrap(),
            id: Uuid::from_u128(id),
            attempt: 1,
            to: Address(if name == "twilio" { "+4366012345" } else { "ada@acme.example" }.to_owned()),
            name: Some("Jürgen Ä.".to_owned()),
            content,
        }
    }

    /// The next news of this status.
    async fn told(&mut self, status: AttemptStatus) -> CallbackNews {
        let next = async {
            loop {
                let news = self.news.recv().await.unwrap();
                if news.status == status {
                    return news;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), next).await.expect("nobody calls")
    }
}

const ALL: [&str; 8] = ["smtp", "sendgrid", "postmark", "ses", "twilio", "webhook", "slack", "pagerduty"];
const CALLING: [&str; 4] = ["sendgrid", "postmark", "ses", "twilio"];

#[tokio::test]
async fn what_is_sent_arrives_with_everybody() {
    let house = House::build().await;
    for name in ALL {
        let sent = house.provider(name).send(&house.message(name, 7)).await;
        assert!(sent.is_ok(), "{name}: {sent:?}");
        let found = house.fakes.messages(&Filter { provider: Some(name.to_owned()), ..Filter::default() });
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(found[0].refused, None, "{name}");
        if house.provider(name).channel() == octavo_domain_notify::Channel::Email {
            let mail = &found[0];
            assert_eq!((mail.subject.as_str(), mail.text.trim(), mail.html.trim()), ("Grüße", "Hello", "<p>Hello</p>"));
            assert!(mail.to[0].contains("ada@acme.example"), "{name}: {:?}", mail.to);
            assert!(mail.headers.iter().any(|(header, _)| header == "List-Unsubscribe"), "{name}: {:?}", mail.headers);
        }
    }
}

#[tokio::test]
async fn what_becomes_of_messages_is_heard() {
    let mut house = House::build().await;
    for (id, name) in CALLING.into_iter().enumerate() {
        let id = 100 + id as u128;
        let taken = house.provider(name).send(&house.message(name, id)).await.unwrap();
        let news = house.told(AttemptStatus::Delivered).await;
        assert_eq!((news.provider.as_str(), news.message), (name, Some(Uuid::from_u128(id))));
        assert_eq!(news.provider_id, taken.provider_id, "{name}: it calls it what it called it");

        let number = house.fakes.messages(&Filter { provider: Some(name.to_owned()), ..Filter::default() })[0].number;
        let code = (name == "twilio").then(|| "30005".to_owned());
        house.fakes.step(number, Step::Bounced { hard: true, code }).await.unwrap();
        let news = house.told(AttemptStatus::Bounced).await;
        assert_eq!((news.provider.as_str(), news.message), (name, Some(Uuid::from_u128(id))));
        let suppressed = news.suppress.unwrap();
        assert_eq!(suppressed.why, "bounce", "{name}");
        let address = if name == "twilio" { "+4366012345" } else { "ada@acme.example" };
        assert_eq!(suppressed.address.0, address, "{name}");
    }
}

#[tokio::test]
async fn nobody_knows_what_a_provider_that_died_took() {
    let house = House::build().await;
    for name in ALL {
        for when in [When::Before, When::After] {
            let kind = FaultKind::Close { when };
            let fault = Fault {
                provider: name.to_owned(),
                to: None,
                kind,
                at: None,
                times: None,
                every: None,
                percent: None,
                seed: 0,
            };
            let fault = house.fakes.add_fault(fault).unwrap();
            let error = house.provider(name).send(&house.message(name, 9)).await.unwrap_err();
            house.fakes.remove_fault(fault);
            let again = matches!(name, "webhook" | "pagerduty");
            match error {
                SendError::NotTaken { .. } => assert!(again, "{name} {when:?}: {error:?}"),
                SendError::Unknown { .. } => assert!(!again, "{name} {when:?}: {error:?}"),
                _ => panic!("{name} {when:?}: {error:?}"),
            }
        }
    }
}

#[tokio::test]
async fn who_is_refused_or_asked_to_wait_is_told_so() {
    let house = House::build().await;
    let fault = |name: &str, kind| Fault {
        provider: name.to_owned(),
        to: None,
        kind,
        at: None,
        times: None,
        every: None,
        percent: None,
        seed: 0,
    };
    let reject =
        |status, code: &str| FaultKind::Reject { status, code: Some(code.to_owned()), message: None, body: None };
    for (name, kind) in [
        ("smtp", reject(550, "5.1.1")),
        ("postmark", reject(422, "406")),
        ("twilio", reject(400, "21610")),
        ("webhook", reject(410, "gone")),
    ] {
        let id = house.fakes.add_fault(fault(name, kind)).unwrap();
        let error = house.provider(name).send(&house.message(name, 9)).await.unwrap_err();
        assert!(matches!(error, SendError::Recipient { suppress: true, .. }), "{name}: {error:?}");
        house.fakes.remove_fault(id);
    }
    for name in ALL {
        let id = house.fakes.add_fault(fault(name, FaultKind::RateLimit { retry_after_s: Some(3) })).unwrap();
        let error = house.provider(name).send(&house.message(name, 9)).await.unwrap_err();
        let wanted = (name != "smtp").then_some(Duration::from_secs(3));
        let SendError::NotTaken { retry_after, .. } = error else { panic!("{name}: {error:?}") };
        assert!(retry_after.is_none() || retry_after == wanted, "{name}: {retry_after:?}");
        house.fakes.remove_fault(id);
    }
}
