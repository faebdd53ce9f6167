//! Providers that speak HTTP, against servers on this machine that say what a test wants.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod classes;
mod forms;
mod server;
mod targets;

use octavo_adapters_channels::{
    PostmarkOptions, ProviderConfig, SendgridOptions, SesOptions, Surroundings, TargetHosts, TwilioOptions, providers,
};
use octavo_domain_notify::{Address, Outgoing, OutgoingContent, Provider};
use octavo_testing::time::ManualClock;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

fn surroundings(url: &str, hosts: &str) -> Surroundings {
    Surroundings {
        clock: Arc::new(ManualClock::default()),
        public_url: "https://octavo.example/".to_owned(),
        target_hosts: TargetHosts::parse([hosts]).unwrap(),
        pagerduty_url: url.parse().unwrap(),
    }
}

fn configs(url: &str) -> Vec<ProviderConfig> {
    let (from, url) = ("Octavo GmbH <no-reply@octavo.example>".to_owned(), url.parse().unwrap());
    vec![
        ProviderConfig::Sendgrid(SendgridOptions {
            name: "sendgrid".to_owned(),
            url: Clone::clone(&url),
            key: "SG.secret".into(),
            from: from.clone(),
            per_second: None,
            callback_key: None,
        }),
        ProviderConfig::Postmark(PostmarkOptions {
            name: "postmark".to_owned(),
            url: Clone::clone(&url),
            key: "token".into(),
            from: from.clone(),
            stream: "outbound".to_owned(),
            per_second: Some(7),
            callback_user: None,
            callback_password: None,
        }),
        ProviderConfig::Ses(SesOptions {
            name: "ses".to_owned(),
            region: "eu-west-1".to_owned(),
            url: Some(Clone::clone(&url)),
            access_key: "AKIDEXAMPLE".to_owned(),
            key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
            from,
            configuration_set: Some("octavo".to_owned()),
            per_second: None,
            callback_topic: None,
            callback_origin: None,
        }),
        ProviderConfig::Twilio(TwilioOptions {
            name: "twilio".to_owned(),
            url,
            account: "AC0".to_owned(),
            key: "auth".into(),
            from: Some("+15005550006".to_owned()),
            messaging_service: None,
            per_second: None,
        }),
    ]
}

/// The provider of this name, at this server; targets may be there too.
fn provider(name: &str, url: &str) -> Arc<dyn Provider> {
    let all = providers(configs(url), surroundings(url, "http://127.0.0.1:*")).unwrap();
    all.into_iter().find(|provider| provider.name() == name).unwrap()
}

/// A message that the provider of this name takes.
fn message(name: &str, url: &str) -> Outgoing {
    let content = match name {
        "twilio" => OutgoingContent::Sms { text: "Hello & goodbye".to_owned() },
        "webhook" => OutgoingContent::Webhook {
            url: format!("{url}/hook?secret=hunter2"),
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
            body: json!({ "type": "approval.requested" }),
        },
        "slack" => OutgoingContent::Slack {
            url: format!("{url}/services/hunter2"),
            text: "Hello".to_owned(),
            blocks: json!([{ "type": "section" }]),
        },
        "pagerduty" => OutgoingContent::Pagerduty {
            routing_key: "R0".to_owned(),
            action: "trigger".to_owned(),
            dedup_key: "approval-7".to_owned(),
            summary: "ä".repeat(2_000),
            severity: "warning".to_owned(),
            source: "octavo".to_owned(),
            details: json!({ "a": 1 }),
            link: Some("https://octavo.example/a".to_owned()),
        },
        _ => OutgoingContent::Email {
            from: None,
            reply_to: Some("help@acme.example".to_owned()),
            subject: "Grüße\r\nBcc: eve@evil.example".to_owned(),
            text: "Hello".to_owned(),
            html: "<p>Hello</p>".to_owned(),
            headers: vec![("List-Unsubscribe".to_owned(), "<https://octavo.example/u>".to_owned())],
        },
    };
    Outgoing {
        tenant: "acme".parse().unwrap(),
        id: Uuid::from_u128(7),
        attempt: 1,
        to: Address(if name == "twilio" { "+4366012345" } else { "ada@acme.example" }.to_owned()),
        name: Some("Jürgen".to_owned()),
        content,
    }
}
