//! Many things in one message.

use crate::desk::{Desk, event};
use octavo_tests::eventually;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Events that happen at the same time.
const EVENTS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_events_at_once_are_one_mail() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    desk.knows("bob", json!({})).await;
    let told = (0..EVENTS).map(|number| {
        let mut told = event("build.done", "ada", &format!("Build {number:02}"));
        told["recipients"] = json!([crate::desk::user("ada"), crate::desk::user("bob")]);
        // All of them are planned by then, on a busy machine too.
        told["digest"] = json!({ "key": "builds", "period": "PT40S" });
        told["channels"] = json!(["email"]);
        desk.tells(told)
    });
    futures::future::join_all(told).await;
    for user in ["ada", "bob"] {
        let address = format!("{user}@acme.example");
        let mail = desk.gets(&address, "notices").await;
        assert!(mail.subject.starts_with(&format!("{EVENTS} notices")), "{}", mail.subject);
        assert!(mail.text.contains("Build 00"), "{}", mail.text);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(desk.taken(&address).len(), 1, "one for each");
    }
    let page = desk.root().get("/v1/notification-messages?category=build.done&limit=100").await.expect(200).json();
    let mails = page["messages"].as_array().unwrap();
    assert_eq!(mails.len(), 2, "{mails:#?}");
    assert!(mails.iter().all(|one| one["digest"] == true && one["status"] == "sent"), "{mails:#?}");

    // What comes after it was sent is the next one's; another key is another one.
    let mut next = event("build.done", "ada", "Build 99");
    next["digest"] = json!({ "key": "builds", "period": "PT1S" });
    next["channels"] = json!(["email"]);
    let mut other = event("build.done", "ada", "Deploy 1");
    other["digest"] = json!({ "key": "deploys", "period": "PT1S" });
    other["channels"] = json!(["email"]);
    desk.tells(next).await;
    desk.tells(other).await;
    let build = desk.gets("ada@acme.example", "Build 99").await;
    let deploy = desk.gets("ada@acme.example", "Deploy 1").await;
    assert_ne!(build.number, deploy.number);
    assert!(!build.subject.contains("notices"), "one alone is told as itself: {}", build.subject);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_throttle_waits_for_the_daily_digest() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let rule = json!({ "channels": ["email"], "throttle": { "messages": 2, "per": "PT1H" } });
    desk.sets(json!({ "categories": { "build.*": rule } })).await;
    let mut ids: Vec<String> = Vec::new();
    for number in 0..4 {
        let id = desk.tells(event("build.done", "ada", &format!("Build {number}"))).await;
        // One after the other: each sees what came of the one before.
        eventually("it is planned", || async { (!desk.messages(&id).await.is_empty()).then_some(()) }).await;
        if number < 2 {
            desk.comes_to(&id, "email", "sent").await;
        }
        ids.push(id);
    }
    let mut throttled: Vec<Value> = Vec::new();
    for id in &ids[2..] {
        throttled.extend(desk.messages(id).await);
    }
    let waits = |one: &Value| one["status"] == "planned" && one["digest"] == true && one["id"] == throttled[0]["id"];
    assert!(throttled.len() == 2 && throttled.iter().all(waits), "both are in one: {throttled:#?}");
    assert_eq!(desk.taken("ada@acme.example").len(), 2);
}
