//! Callbacks: a provider calls one fake's webhook receiver, which shows what it was told.

use local_emulator_notify::{Filter, Kind, Sent, Step};
use serde_json::json;

use crate::ask::{Asker, eventually};

/// What the receiver heard at `/webhook/{name}`, when it heard this many.
async fn heard(asker: &Asker, name: &str, count: usize) -> Vec<Sent> {
    let filter = Filter { kind: Some(Kind::Webhook), to: Some(name.to_owned()), ..Filter::default() };
    eventually(name, || Some(asker.server.messages(&filter)).filter(|heard| heard.len() >= count)).await
}

#[tokio::test]
async fn a_life_is_told_step_by_step() {
    let (asker, receiver) = (Asker::start().await, Asker::start().await);
    let url = |name: &str| format!("{}/webhook/{name}", receiver.server.url());
    asker.call(&url("mail"));
    asker.sendgrid("ada@x.example").send().await.unwrap();
    let told = heard(&receiver, "mail", 2).await;
    let events: Vec<_> = told.iter().map(|told| told.body.as_ref().unwrap()[0]["event"].clone()).collect();
    assert_eq!(events, ["processed", "delivered"]);
    asker.twilio("+436601234567", Some(&url("sms"))).send().await.unwrap();
    let told = heard(&receiver, "sms", 2).await;
    assert!(told[0].text.contains("MessageStatus=sent&") && told[1].text.contains("MessageStatus=delivered&"));
    assert!(told[1].text.contains("To=%2B436601234567"));
    let sent = eventually("noted", || asker.server.message(2).filter(|sent| sent.callbacks.len() == 2)).await;
    assert_eq!((sent.callbacks[1].event.as_str(), sent.callbacks[1].status), ("delivered", Some(200)));
}

#[tokio::test]
async fn bounces_are_told_by_a_fault_and_on_demand() {
    let (asker, receiver) = (Asker::start().await, Asker::start().await);
    asker.call(&format!("{}/webhook/mail", receiver.server.url()));
    asker.fault(&json!({"provider": "postmark", "kind": "bounce", "hard": false, "times": 1}));
    asker.postmark("soft@x.example").send().await.unwrap();
    let told = heard(&receiver, "mail", 1).await;
    assert_eq!(told[0].body.as_ref().unwrap()["Type"], "SoftBounce");
    // A hard bounce makes the address inactive.
    let sent = asker.server.step(1, Step::Bounced { hard: true, code: None }).await.unwrap();
    assert_eq!(sent.callbacks.last().unwrap().event, "HardBounce");
    assert_eq!(asker.postmark("SOFT@x.example").send().await.unwrap().status(), 422);
    assert_eq!(asker.postmark("other@x.example").send().await.unwrap().status(), 200);
    assert!(asker.server.forget().await);
    assert_eq!(asker.postmark("soft@x.example").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_callback_that_is_refused_is_made_again() {
    let (asker, receiver) = (Asker::start().await, Asker::start().await);
    asker.call(&format!("{}/webhook/mail", receiver.server.url()));
    receiver.fault(&json!({"provider": "webhook", "kind": "reject", "status": 500, "times": 2}));
    asker.fault(&json!({"kind": "quiet"}));
    asker.sendgrid("ada@x.example").send().await.unwrap();
    let sent = asker.server.step(1, Step::Delivered).await.unwrap();
    assert_eq!((sent.callbacks[0].tries, sent.callbacks[0].status), (3, Some(200)));
    let told = heard(&receiver, "mail", 3).await;
    assert!(told.windows(2).all(|pair| pair[0].text == pair[1].text), "the same each time");
}

#[tokio::test]
async fn the_topic_is_confirmed_by_its_address() {
    let (asker, receiver) = (Asker::start().await, Asker::start().await);
    asker.call(&format!("{}/webhook/topic", receiver.server.url()));
    assert!(!asker.server.subscribe_ses().await);
    let asked = heard(&receiver, "topic", 1).await[0].body.clone().unwrap();
    assert_eq!(asked["Type"], "SubscriptionConfirmation");
    let confirm = asked["SubscribeURL"].as_str().unwrap();
    let wrong = confirm.replace("Token=", "Token=0");
    assert_eq!(asker.client.get(wrong).send().await.unwrap().status(), 400);
    assert_eq!(asker.client.get(confirm).send().await.unwrap().status(), 200);
    assert!(asker.server.subscribe_ses().await);
    let certificate = asker.client.get(asked["SigningCertURL"].as_str().unwrap()).send().await.unwrap();
    assert!(certificate.text().await.unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}
