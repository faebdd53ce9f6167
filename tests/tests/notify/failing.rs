//! Providers that refuse, hang and come back.

use crate::desk::{Desk, event, tries};
use local_emulator_notify::{Fault, FaultKind, Filter, Stage, Step, When};
use octavo_tests::eventually;
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

fn reject(status: u16, code: &str) -> FaultKind {
    FaultKind::Reject { status, code: Some(code.to_owned()), message: None, body: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_provider_definitely_refuses_the_next_one_sends() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let fakes = desk.fakes();
    // The mail server wants nothing of us.
    fakes.add_fault(Fault::new("smtp", reject(554, "5.7.1")).at(Stage::Mail)).unwrap();
    let id = desk.tells(event("x", "ada", "By the second")).await;
    let message = desk.comes_to(&id, "email", "delivered").await;
    assert_eq!(tries(&message), [("smtp", "rejected"), ("sendgrid", "delivered")], "{message:#}");
    let mail = desk.gets("ada@acme.example", "By the second").await;
    assert_eq!(
        (mail.provider.as_str(), mail.tags["octavo_message"].as_str()),
        ("sendgrid", message["id"].as_str().unwrap())
    );
    // Nor does the second, for now: the third does.
    fakes.add_fault(Fault::new("sendgrid", FaultKind::RateLimit { retry_after_s: Some(60) }).times(1)).unwrap();
    let id = desk.tells(event("x", "ada", "By the third")).await;
    let message = desk.comes_to(&id, "email", "delivered").await;
    assert_eq!(tries(&message), [("smtp", "rejected"), ("sendgrid", "not_taken"), ("postmark", "delivered")]);
    // The recipient is nobody's: no other provider is asked, and the address is not told again.
    fakes.clear_faults();
    desk.knows("bob", json!({})).await;
    fakes.add_fault(Fault::new("smtp", reject(550, "5.1.1")).to("bob@*").at(Stage::Rcpt)).unwrap();
    let id = desk.tells(event("x", "bob", "To nobody")).await;
    let message = desk.comes_to(&id, "email", "failed").await;
    assert_eq!(tries(&message), [("smtp", "rejected")]);
    let id = desk.tells(event("x", "bob", "To nobody again")).await;
    assert_eq!(desk.comes_to(&id, "email", "dropped").await["reason"], "suppressed");
    assert!(desk.taken("bob@acme.example").is_empty());
    // An administrator knows that the address is good by now.
    fakes.clear_faults();
    let page = desk.root().get("/v1/notification-suppressions").await.expect(200).json();
    assert!(page.to_string().contains("bob@acme.example"), "{page:#}");
    desk.root().delete("/v1/notification-suppressions/email/bob@acme.example").await.expect(204);
    let again = message["id"].as_str().unwrap();
    desk.root().post(&format!("/v1/notification-messages/{again}/retry"), json!({})).await.expect(202);
    desk.gets("bob@acme.example", "To nobody").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_nobody_knows_nothing_is_sent_twice_and_a_later_callback_settles_it() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let fakes = desk.fakes();
    let callbacks = fakes.callbacks();
    // It took the mail and died before it could say so; and nobody is told anything later.
    fakes.set_callbacks(Default::default());
    fakes.add_fault(Fault::new("smtp", reject(554, "5.7.1")).at(Stage::Mail)).unwrap();
    fakes.add_fault(Fault::new("sendgrid", FaultKind::Close { when: When::After }).times(1)).unwrap();
    let id = desk.tells(event("x", "ada", "Who knows")).await;
    let message = desk.comes_to(&id, "email", "unknown").await;
    assert_eq!(tries(&message), [("smtp", "rejected"), ("sendgrid", "unknown")], "{message:#}");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(desk.taken("ada@acme.example").len(), 1, "no other provider is asked");
    fakes.set_callbacks(callbacks);
    let mail = desk.gets("ada@acme.example", "Who knows").await;
    fakes.step(mail.number, Step::Delivered).await.unwrap();
    let message = desk.comes_to(&id, "email", "delivered").await;
    assert_eq!(tries(&message), [("smtp", "rejected"), ("sendgrid", "delivered")]);
    // What arrived cannot be sent again.
    let path = format!("/v1/notification-messages/{}/retry", message["id"].as_str().unwrap());
    desk.root().post(&path, json!({})).await.expect_problem(409, "NOTIFY_0007", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_is_given_up_and_a_person_decides_whether_it_is_sent_again() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({ "phone": "+436601000003" })).await;
    let fakes = desk.fakes();
    fakes.add_fault(Fault::new("twilio", FaultKind::Hang { when: When::Before }).times(1)).unwrap();
    let mut told = event("x", "ada", "Hanging");
    told["channels"] = json!(["sms"]);
    let id = desk.tells(told).await;
    let message = desk.comes_to(&id, "sms", "unknown").await;
    assert_eq!(tries(&message), [("twilio", "unknown")]);
    assert!(desk.taken("+436601000003").is_empty());
    let page = desk.root().get("/v1/notification-messages?status=unknown").await.expect(200).json();
    assert_eq!(page["messages"].as_array().unwrap().len(), 1);
    let path = format!("/v1/notification-messages/{}/retry", message["id"].as_str().unwrap());
    desk.root().post(&path, json!({})).await.expect(202);
    let message = desk.comes_to(&id, "sms", "delivered").await;
    assert_eq!(tries(&message), [("twilio", "unknown"), ("twilio", "delivered")]);
    assert_eq!(desk.taken("+436601000003").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nobody_takes_it_now_it_goes_later() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let fakes = desk.fakes();
    for provider in ["smtp", "sendgrid", "postmark"] {
        fakes.add_fault(Fault::new(provider, FaultKind::RateLimit { retry_after_s: Some(1) }).times(1)).unwrap();
    }
    let id = desk.tells(event("x", "ada", "Later")).await;
    let message = desk.comes_to(&id, "email", "sent").await;
    let ends = tries(&message);
    assert_eq!(ends[..3], [("smtp", "not_taken"), ("sendgrid", "not_taken"), ("postmark", "not_taken")]);
    assert_eq!(ends[3..], [("smtp", "accepted")]);
    assert_eq!(desk.taken("ada@acme.example").len(), 1);
    // A webhook's receiver knows one thing told twice as one: it is told again by itself.
    let url = fakes.url();
    let body = json!({ "kind": "webhook", "url": format!("{url}/webhook/crm") });
    desk.root().put("/v1/notification-targets/crm", body).await.expect(200);
    fakes.add_fault(Fault::new("webhook", FaultKind::Close { when: When::After }).times(1)).unwrap();
    let told =
        json!({ "category": "x", "recipients": [{ "to": "target", "target": "crm" }], "data": { "title": "x" } });
    let id = desk.tells(told).await;
    let message = desk.comes_to(&id, "webhook", "delivered").await;
    assert_eq!(tries(&message).len(), 2, "{message:#}");
    let filter = Filter { provider: Some("webhook".to_owned()), accepted: Some(true), ..Filter::default() };
    let ids: Vec<String> = fakes.messages(&filter).iter().map(|sent| sent.tags["webhook_id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_loses_nothing_and_sends_nothing_twice() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({ "phone": "+436601000004" })).await;
    let fakes = desk.fakes();
    // Taken, and before its sender can know, the sender is gone.
    fakes.add_fault(Fault::new("twilio", FaultKind::Hang { when: When::After }).times(1)).unwrap();
    let mut told = event("x", "ada", "Dying");
    told["channels"] = json!(["sms"]);
    let id = desk.tells(told).await;
    desk.gets("+436601000004", "Dying").await;
    desk.world.emulator.lambda().kill("notify");
    // What Twilio tells later settles it, before anybody looks at what the dead one held.
    let message = eventually("it is settled", || async {
        let found = desk.messages(&id).await.into_iter().find(|one| one["status"] == "delivered")?;
        Some(desk.message(&found["id"]).await)
    })
    .await;
    assert_eq!(tries(&message), [("twilio", "delivered")], "{message:#}");
    assert_eq!(desk.taken("+436601000004").len(), 1);
}
