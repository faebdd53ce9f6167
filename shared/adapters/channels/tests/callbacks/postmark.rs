//! Postmark.

use super::{Call, ID, config, now, short, verify};
use base64::{Engine, engine::general_purpose::STANDARD};
use octavo_adapters_channels::Verifier;
use octavo_domain_notify::Callback;
use octavo_domain_notify::CallbackVerifier;
use serde_json::{Value, json};

fn verifier(more: &Value) -> Verifier {
    let mut entry = json!({ "kind": "postmark", "name": "postmark", "key": "t", "from": "a@b.example" });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Verifier::new(&[config(&entry)]).unwrap()
}

fn signed_in() -> Verifier {
    verifier(&json!({ "callback_user": "hook", "callback_password": "pass:word" }))
}

async fn says(verifier: &Verifier, login: Option<&str>, body: &Value) -> String {
    let login = login.map(|login| ("authorization", format!("Basic {}", STANDARD.encode(login))));
    let body = body.to_string();
    let headers = login.into_iter().collect();
    let url = "https://octavo.example/";
    let call = Call { provider: "postmark", reference: None, url, headers, body: body.as_bytes() };
    short(&verify(verifier, &call).await)
}

fn event(more: &Value) -> Value {
    let mut event = json!({
        "MessageID": "b7bc", "Metadata": { "octavo_tenant": "acme", "octavo_message": ID }, "MessageStream": "outbound",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn what_became_of_mails() {
    let verifier = signed_in();
    let bounce = |kind: &str, inactive: bool| json!({ "RecordType": "Bounce", "Type": kind, "TypeCode": 1, "Email": "ada@acme.example", "Inactive": inactive });
    for (more, wanted) in [
        (json!({ "RecordType": "Delivery", "Recipient": "ada@acme.example" }), "acme Delivered"),
        (bounce("HardBounce", true), "acme Bounced 1 bounce ada@acme.example"),
        (bounce("SoftBounce", false), "acme Bounced 1"),
        (bounce("Blocked", true), "acme Bounced 1 bounce ada@acme.example"),
        (bounce("Transient", false), ""),
        (bounce("AutoResponder", false), ""),
        (bounce("SpamComplaint", true), "acme Bounced 1 complaint ada@acme.example"),
        (
            json!({ "RecordType": "SpamComplaint", "Email": "ada@acme.example" }),
            "acme Delivered complaint ada@acme.example",
        ),
        (
            json!({ "RecordType": "SubscriptionChange", "SuppressSending": true, "Origin": "Recipient",
                "SuppressionReason": "ManualSuppression", "Recipient": "ada@acme.example" }),
            "acme Accepted unsubscribe ada@acme.example",
        ),
        (json!({ "RecordType": "SubscriptionChange", "SuppressSending": false, "Recipient": "a@b.example" }), ""),
        (json!({ "RecordType": "Open" }), ""),
        (json!({ "RecordType": "Delivery", "Metadata": {} }), ""),
        (json!({}), ""),
    ] {
        assert_eq!(says(&verifier, Some("hook:pass:word"), &event(&more)).await, wanted, "{more}");
    }
}

#[tokio::test]
async fn a_moment_that_has_not_come_is_the_present() {
    let verifier = signed_in();
    for (at, wanted) in [
        ("2027-01-01T11:59:00Z", "2027-01-01T11:59:00Z"),
        ("2030-01-01T00:00:00Z", "2027-01-01T12:00:00Z"),
        ("x", "2027-01-01T12:00:00Z"),
    ] {
        let body = event(&json!({ "RecordType": "Delivery", "DeliveredAt": at })).to_string();
        let headers = [("authorization".to_owned(), format!("Basic {}", STANDARD.encode("hook:pass:word")))];
        let (body, url) = (body.as_bytes(), "https://octavo.example/");
        let callback = Callback { provider: "postmark", reference: None, url, headers: &headers, body, now: now() };
        let news = verifier.verify(&callback).await.unwrap();
        assert_eq!(news[0].1.at, wanted.parse::<chrono::DateTime<chrono::Utc>>().unwrap(), "{at}");
    }
}

#[tokio::test]
async fn whoever_does_not_sign_in_is_not_believed() {
    let verifier = signed_in();
    let body = event(&json!({ "RecordType": "Delivery" }));
    for login in [None, Some(""), Some("hook:"), Some("hook:pass"), Some("Hook:pass:word"), Some("hook:pass:word ")] {
        assert_eq!(says(&verifier, login, &body).await, "unproved", "{login:?}");
    }
    let nobody =
        [json!({}), json!({ "callback_user": "hook" }), json!({ "callback_user": "", "callback_password": "p" })];
    for more in nobody {
        assert_eq!(says(&self::verifier(&more), Some(":"), &body).await, "no provider", "{more}");
    }
}
