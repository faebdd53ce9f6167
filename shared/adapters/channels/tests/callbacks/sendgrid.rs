//! SendGrid.

use super::{Call, ID, config, now, short, verify};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use octavo_adapters_channels::{ProviderConfig, Verifier};
use serde_json::{Value, json};

struct Fake(EcdsaKeyPair);

impl Fake {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn verifier(&self) -> Verifier {
        let der = self.0.public_key().as_der().unwrap();
        let key = STANDARD.encode(der.as_ref());
        Verifier::new(&[config(&entry(&key))]).unwrap()
    }

    async fn says(&self, verifier: &Verifier, seconds_ago: i64, body: &str) -> String {
        let timestamp = (now().timestamp() - seconds_ago).to_string();
        let signed = format!("{timestamp}{body}");
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        let headers = vec![
            ("x-twilio-email-event-webhook-signature", STANDARD.encode(signature)),
            ("x-twilio-email-event-webhook-timestamp", timestamp),
        ];
        short(&verify(verifier, &call(headers, body)).await)
    }
}

fn entry(key: &str) -> Value {
    json!({ "kind": "sendgrid", "name": "sendgrid", "key": "SG", "from": "a@b.example", "callback_key": key })
}

fn call<'a>(headers: Vec<(&'a str, String)>, body: &'a str) -> Call<'a> {
    Call { provider: "sendgrid", reference: None, url: "https://octavo.example/", headers, body: body.as_bytes() }
}

fn event(more: &Value) -> Value {
    let mut event = json!({
        "email": "Ada@acme.example", "timestamp": now().timestamp() - 5, "octavo_tenant": "acme", "octavo_message": ID,
        "sg_message_id": "14c5d75ce93.filter0001.16648.5515E0B88.0",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn what_became_of_mails() {
    let fake = Fake::new();
    let verifier = fake.verifier();
    for (more, wanted) in [
        (json!({ "event": "processed" }), "acme Accepted"),
        (json!({ "event": "delivered", "response": "250 ok" }), "acme Delivered"),
        (json!({ "event": "deferred" }), ""),
        (json!({ "event": "open" }), ""),
        (
            json!({ "event": "bounce", "type": "bounce", "status": "5.1.1" }),
            "acme Bounced 5.1.1 bounce ada@acme.example",
        ),
        (json!({ "event": "bounce", "type": "blocked", "status": "4.7.1" }), "acme Bounced 4.7.1"),
        (json!({ "event": "dropped", "reason": "Bounced Address" }), "acme Rejected bounce ada@acme.example"),
        (json!({ "event": "dropped", "reason": "Unsubscribed Address" }), "acme Rejected unsubscribe ada@acme.example"),
        (json!({ "event": "dropped", "reason": "Invalid SMTPAPI header" }), "acme Rejected"),
        (json!({ "event": "spamreport" }), "acme Delivered complaint ada@acme.example"),
        (json!({ "event": "unsubscribe" }), "acme Delivered unsubscribe ada@acme.example"),
        (json!({ "event": "delivered", "octavo_tenant": "A B" }), ""),
        (json!({ "event": "delivered", "octavo_message": "hunter2" }), ""),
        (json!({ "event": 1 }), ""),
    ] {
        let body = json!([event(&more), "odd", {}]).to_string();
        assert_eq!(fake.says(&verifier, 0, &body).await, wanted, "{more}");
    }
    let both = json!([event(&json!({ "event": "processed" })), event(&json!({ "event": "delivered" }))]).to_string();
    assert_eq!(fake.says(&verifier, 24 * 3600, &both).await, "acme Accepted, acme Delivered");
    assert_eq!(fake.says(&verifier, 0, "{}").await, "unreadable");
}

#[tokio::test]
async fn what_is_not_signed_by_it_is_not_believed() {
    let (fake, other) = (Fake::new(), Fake::new());
    let verifier = fake.verifier();
    let body = json!([event(&json!({ "event": "delivered" }))]).to_string();
    assert_eq!(other.says(&verifier, 0, &body).await, "unproved");
    assert_eq!(fake.says(&verifier, 26 * 3600, &body).await, "unproved", "too old");
    assert_eq!(fake.says(&verifier, -3600, &body).await, "unproved", "from the future");
    assert_eq!(short(&verify(&verifier, &call(Vec::new(), &body)).await), "unproved");
    let timestamp = now().timestamp().to_string();
    let signature = fake.0.sign(&SystemRandom::new(), format!("{timestamp}{body}").as_bytes()).unwrap();
    let headers = |signature: String, timestamp: String| {
        vec![
            ("x-twilio-email-event-webhook-signature", signature),
            ("x-twilio-email-event-webhook-timestamp", timestamp),
        ]
    };
    let good = headers(STANDARD.encode(signature), timestamp.clone());
    assert_eq!(short(&verify(&verifier, &call(good.clone(), &body)).await), "acme Delivered");
    assert_eq!(short(&verify(&verifier, &call(good, &body.replace("acme", "evil"))).await), "unproved");
    let moved = headers(STANDARD.encode(signature), (now().timestamp() + 1).to_string());
    assert_eq!(short(&verify(&verifier, &call(moved, &body)).await), "unproved");
    let cut = headers(STANDARD.encode(&signature.as_ref()[1..]), timestamp);
    assert_eq!(short(&verify(&verifier, &call(cut, &body)).await), "unproved");
}

#[tokio::test]
async fn without_a_key_nobody_calls() {
    let mut entry = entry("");
    entry.as_object_mut().unwrap().remove("callback_key");
    let verifier = Verifier::new(&[config(&entry)]).unwrap();
    assert_eq!(short(&verify(&verifier, &call(Vec::new(), "[]")).await), "no provider");
    for wrong in ["", "?", "AAAA"] {
        let wrong: ProviderConfig = config(&self::entry(wrong));
        assert!(Verifier::new(&[wrong]).is_err());
    }
}

#[tokio::test]
async fn more_than_is_taken_loses_what_is_known_anyway() {
    let fake = Fake::new();
    let verifier = fake.verifier();
    let events = |kind: &str, count: usize| vec![event(&json!({ "event": kind })); count];
    let body = json!([events("processed", 900), events("delivered", 900)].concat()).to_string();
    let said = fake.says(&verifier, 0, &body).await;
    assert_eq!((said.matches("Accepted").count(), said.matches("Delivered").count()), (0, 900));
}
