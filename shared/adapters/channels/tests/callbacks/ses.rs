//! SES, by SNS.

use super::{Call, ID, config, short, verify};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use axum::Router;
use axum::extract::{Request, State};
use base64::{Engine, engine::general_purpose::STANDARD};
use octavo_adapters_channels::Verifier;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";
const CERTIFICATE: &str = include_str!("sns/certificate.pem");
const KEY: &str = include_str!("sns/key.pem");
/// Made by OpenSSL: `openssl dgst -sha1 -sign key.pem` of the notification that [`posted`] makes of `hello`.
const SHA1_SIGNATURE: &str = concat!(
    "UoMCkrZf9wvY/vgBU0ZeP9mEPr1JpDnqYgDXvzeCEZ0ouhtCMN8IuS9rXcEItjxIj9+7aYdXXthf0Fs2yKK0sS+H+Eyku4EzpBew",
    "mFYoyUcdCjWR11leX4w/wZn5nVOORc5eat0OdJmva/5g0nkqmUtfhOF0oaBW7wyT16vMzT74+yh+yU+QJnsGlNFM0T0bKbaLg8UH",
    "a6V/fXTpKjkjnd8vPgIh6rNMZvlQJGVW8aZRyeU1sem1PoBOLyo5NThHJkqgMSYl7qqSgvLQUQ7MoaNdA4788Ogsez7zicPEFPY7",
    "OVABYsNyiVtkRUGk9VzEEx3mdUCQ5vBEyK491Ulvzw==",
);

/// Where the certificate lies, and what was asked for there.
struct Fake {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    verifier: Verifier,
}

async fn answer(State(asked): State<Arc<Mutex<Vec<String>>>>, request: Request) -> (axum::http::StatusCode, String) {
    let path = request.uri().to_string();
    asked.lock().unwrap().push(path.clone());
    match path.as_str() {
        "/sns.pem" => (axum::http::StatusCode::OK, CERTIFICATE.to_owned()),
        "/down.pem" => (axum::http::StatusCode::SERVICE_UNAVAILABLE, String::new()),
        "/odd.pem" => {
            (axum::http::StatusCode::OK, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned())
        }
        "/confirm?Token=t" => (axum::http::StatusCode::OK, "<ConfirmSubscriptionResponse/>".to_owned()),
        _ => (axum::http::StatusCode::NOT_FOUND, String::new()),
    }
}

impl Fake {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&asked));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let verifier =
            Verifier::new(&[config(&entry(&json!({ "callback_topic": TOPIC, "callback_origin": url })))]).unwrap();
        Self { url, asked, verifier }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// A notification, signed.
    fn posted(&self, message: &str) -> Value {
        let mut posted = json!({
            "Type": "Notification", "MessageId": "m-1", "TopicArn": TOPIC, "Message": message,
            "Timestamp": "2027-01-01T12:00:00.000Z", "SignatureVersion": "2",
            "SigningCertURL": format!("{}/sns.pem", self.url), "UnsubscribeURL": format!("{}/bye", self.url),
        });
        sign(&mut posted);
        posted
    }

    async fn says(&self, posted: &Value) -> String {
        let body = posted.to_string();
        let url = "https://octavo.example/";
        let call = Call { provider: "ses", reference: None, url, headers: Vec::new(), body: body.as_bytes() };
        short(&verify(&self.verifier, &call).await)
    }
}

fn entry(more: &Value) -> Value {
    let mut entry = json!({
        "kind": "ses", "name": "ses", "region": "eu-west-1", "access_key": "AK", "key": "s", "from": "a@b.example",
    });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

fn sign(posted: &mut Value) {
    let names: &[&str] = match posted["Type"].as_str().unwrap() {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let line = |name: &&str| Some(format!("{name}\n{}\n", posted[*name].as_str()?));
    let text: String = names.iter().filter_map(line).collect();
    let der: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    posted["Signature"] = STANDARD.encode(signature).into();
}

fn event(more: &Value) -> String {
    let mut event = json!({ "mail": {
        "timestamp": "2027-01-01T11:59:58.000Z", "messageId": "0102-x", "destination": ["ada@acme.example"],
        "tags": { "octavo_tenant": ["acme"], "octavo_message": [ID], "ses:operation": ["SendEmail"] },
    } });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event.to_string()
}

#[tokio::test]
async fn what_became_of_mails() {
    let fake = Fake::start().await;
    let bounce = |kind: &str| {
        json!({ "eventType": "Bounce", "bounce": { "bounceType": kind, "bounceSubType": "General",
            "bouncedRecipients": [{ "emailAddress": "ada@acme.example", "status": "5.1.1" }] } })
    };
    for (more, wanted) in [
        (json!({ "eventType": "Send" }), "acme Accepted"),
        (json!({ "eventType": "Delivery", "delivery": { "smtpResponse": "250 ok" } }), "acme Delivered"),
        (json!({ "notificationType": "Delivery", "delivery": {} }), "acme Delivered"),
        (bounce("Permanent"), "acme Bounced 5.1.1 bounce ada@acme.example"),
        (bounce("Transient"), "acme Bounced 5.1.1"),
        (
            json!({ "eventType": "Complaint", "complaint": { "complainedRecipients": [{ "emailAddress": "Ada@acme.example" }] } }),
            "acme Delivered complaint ada@acme.example",
        ),
        (json!({ "eventType": "Reject", "reject": { "reason": "Bad content" } }), "acme Rejected"),
        (json!({ "eventType": "DeliveryDelay" }), ""),
        (json!({ "eventType": "Delivery", "mail": {} }), ""),
    ] {
        assert_eq!(fake.says(&fake.posted(&event(&more))).await, wanted, "{more}");
    }
    assert_eq!(fake.says(&fake.posted("Successfully validated SNS topic")).await, "");
    assert_eq!(fake.asked(), ["/sns.pem"], "the certificate is fetched once");
}

#[tokio::test]
async fn the_old_signature_is_believed_too() {
    let fake = Fake::start().await;
    let mut posted = fake.posted("hello");
    posted["SignatureVersion"] = "1".into();
    assert_eq!(fake.says(&posted).await, "unproved", "SHA-256 is not SHA-1");
    posted["Signature"] = SHA1_SIGNATURE.into();
    assert_eq!(fake.says(&posted).await, "");
    posted["Message"] = "hallo".into();
    assert_eq!(fake.says(&posted).await, "unproved");
}

#[tokio::test]
async fn what_is_not_signed_by_sns_is_not_believed() {
    let fake = Fake::start().await;
    let delivered = event(&json!({ "eventType": "Delivery" }));
    let good = fake.posted(&delivered);
    for (member, value, wanted) in [
        ("Message", json!(delivered.replace("acme", "evil")), "unproved"),
        ("Subject", json!("hello"), "unproved"),
        ("Timestamp", json!("2027-01-01T12:00:01.000Z"), "unproved"),
        ("Signature", json!("AAAA"), "unproved"),
        ("Signature", json!("?"), "unproved"),
        ("SignatureVersion", json!("3"), "unproved"),
        ("Type", json!("UnsubscribeConfirmation"), "unproved"),
        ("SigningCertURL", json!(format!("{}/other.pem", fake.url)), "unproved"),
        ("SigningCertURL", json!(format!("{}/odd.pem", fake.url)), "unproved"),
        ("SigningCertURL", json!(format!("{}/down.pem", fake.url)), "unavailable"),
        ("SigningCertURL", Value::Null, "unreadable"),
    ] {
        let mut wrong = good.clone();
        wrong[member] = value.clone();
        assert_eq!(fake.says(&wrong).await, wanted, "{member} {value}");
    }
    // Signed well, of a day before yesterday.
    let mut old = good.clone();
    old["Timestamp"] = "2026-12-30T12:00:00.000Z".into();
    sign(&mut old);
    assert_eq!(fake.says(&old).await, "unproved");
    fake.asked();
    // Nothing is fetched from where somebody else says.
    for url in [
        "https://sns.eu-west-1.amazonaws.com.evil.example/sns.pem",
        "https://evil.example/sns.pem",
        "http://sns.eu-west-1.amazonaws.com/sns.pem",
        "https://sns.us-east-1.amazonaws.com/sns.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/sns.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/sns.pem",
        "file:///etc/passwd.pem",
    ] {
        let mut wrong = good.clone();
        wrong["SigningCertURL"] = url.into();
        assert_eq!(fake.says(&wrong).await, "unproved", "{url}");
    }
    // Another's topic, signed by SNS: its certificate is not even looked at.
    let mut other = good.clone();
    other["TopicArn"] = "arn:aws:sns:eu-west-1:666:evil".into();
    sign(&mut other);
    assert_eq!(fake.says(&other).await, "unproved");
    assert!(fake.asked().is_empty());
    assert_eq!(fake.says(&good).await, "acme Delivered");
}

#[tokio::test]
async fn a_topic_is_confirmed_once_it_proves_itself() {
    let fake = Fake::start().await;
    let mut posted = fake.posted("You have chosen to subscribe");
    posted["Type"] = "SubscriptionConfirmation".into();
    posted["Token"] = "t".into();
    posted["SubscribeURL"] = format!("{}/confirm?Token=t", fake.url).into();
    assert_eq!(fake.says(&posted).await, "unproved", "it is signed as a notification");
    sign(&mut posted);
    assert_eq!(fake.says(&posted).await, "");
    assert_eq!(fake.asked(), ["/sns.pem", "/confirm?Token=t"]);
    posted["SubscribeURL"] = "https://evil.example/".into();
    sign(&mut posted);
    assert_eq!(fake.says(&posted).await, "unproved");
    posted["TopicArn"] = "arn:aws:sns:eu-west-1:666:evil".into();
    sign(&mut posted);
    assert_eq!(fake.says(&posted).await, "unproved");
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn without_a_topic_nobody_calls() {
    let verifier = Verifier::new(&[config(&entry(&json!({})))]).unwrap();
    let call = Call { provider: "ses", reference: None, url: "https://a/", headers: Vec::new(), body: b"{}" };
    assert_eq!(short(&verify(&verifier, &call).await), "no provider");
    assert!(Verifier::new(&[config(&entry(&json!({ "callback_topic": "mail" })))]).is_err());
}
