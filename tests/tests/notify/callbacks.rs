//! What providers say later, and who only says that they are one.

use crate::desk::{Desk, event, tries};
use local_emulator_notify::{Fault, FaultKind, Stage};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_bounce_is_told_once_and_never_again() {
    let desk = Desk::start().await;
    let fakes = desk.fakes();
    // The mail server hands everything on to the services.
    let refuse = FaultKind::Reject { status: 554, code: Some("5.7.1".to_owned()), message: None, body: None };
    fakes.add_fault(Fault::new("smtp", refuse).at(Stage::Mail)).unwrap();
    let bounce = |hard: bool| FaultKind::Bounce { after_ms: 0, hard, code: None };
    for (user, provider) in [("ada", "sendgrid"), ("bob", "postmark")] {
        desk.knows(user, json!({})).await;
        let address = format!("{user}@acme.example");
        if provider == "postmark" {
            let refuse = FaultKind::Reject { status: 401, code: None, message: None, body: None };
            fakes.add_fault(Fault::new("sendgrid", refuse).to(&address)).unwrap();
        }
        fakes.add_fault(Fault::new(provider, bounce(true)).to(&address)).unwrap();
        let id = desk.tells(event("x", user, "To bounce")).await;
        let message = desk.comes_to(&id, "email", "bounced").await;
        assert_eq!(tries(&message).last(), Some(&(provider, "bounced")), "{message:#}");
        let id = desk.tells(event("x", user, "Not sent")).await;
        assert_eq!(desk.comes_to(&id, "email", "dropped").await["reason"], "suppressed");
        assert_eq!(desk.taken(&address).len(), 1);
    }
    let page = desk.root().get("/v1/notification-suppressions").await.expect(200).json();
    let why: Vec<_> = page["suppressions"].as_array().unwrap().iter().map(|one| &one["why"]).collect();
    assert_eq!(why, [&json!("bounce"), &json!("bounce")], "{page:#}");
    // The same news again changes nothing.
    for mail in desk.taken("ada@acme.example") {
        let step = local_emulator_notify::Step::Bounced { hard: true, code: None };
        fakes.step(mail.number, step).await.unwrap();
        fakes.step(mail.number, local_emulator_notify::Step::Delivered).await.unwrap();
    }
    let page = desk.root().get("/v1/notification-messages?user=ada&status=bounced").await.expect(200).json();
    assert_eq!(page["messages"].as_array().unwrap().len(), 1, "what bounced stays so: {page:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_tells_of_a_number_that_is_not_reached() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({ "phone": "+436601000005" })).await;
    let bounce = FaultKind::Bounce { after_ms: 0, hard: true, code: Some("30005".to_owned()) };
    desk.fakes().add_fault(Fault::new("twilio", bounce).times(1)).unwrap();
    let mut told = event("x", "ada", "Nobody there");
    told["channels"] = json!(["sms"]);
    let message = desk.comes_to(&desk.tells(told).await, "sms", "bounced").await;
    assert_eq!((&message["tries"][0]["code"], message["attempts"].as_u64()), (&json!("30005"), Some(1)), "{message:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_prove_who_they_are_is_not_believed() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let id = desk.tells(event("x", "ada", "Mine")).await;
    let message = desk.comes_to(&id, "email", "sent").await;
    let stranger = desk.world.stranger();
    let told = json!([{ "event": "bounce", "octavo_tenant": "acme", "octavo_message": message["id"],
        "email": "ada@acme.example", "timestamp": 1_800_000_000 }]);
    let delivery = json!({ "RecordType": "Bounce", "Type": "HardBounce", "Email": "ada@acme.example", "Inactive": true,
        "Metadata": { "octavo_tenant": "acme", "octavo_message": message["id"] } });
    stranger.post("/v1/notification-callbacks/sendgrid", told.clone()).await.expect_problem(401, "NOTIFY_0010", "");
    let signed = stranger
        .request(Method::POST, "/v1/notification-callbacks/sendgrid")
        .header("x-twilio-email-event-webhook-signature", "MEUCIQ==")
        .header("x-twilio-email-event-webhook-timestamp", "1800000000")
        .json(&told);
    stranger.send(signed).await.expect(401);
    stranger.post("/v1/notification-callbacks/postmark", delivery.clone()).await.expect(401);
    let wrong =
        stranger.request(Method::POST, "/v1/notification-callbacks/postmark").basic_auth("postmark", Some("no"));
    stranger.send(wrong.json(&delivery)).await.expect(401);
    let reference = format!("acme.{}", message["id"].as_str().unwrap());
    let twilio = stranger
        .request(Method::POST, &format!("/v1/notification-callbacks/twilio/{reference}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", "AAAA")
        .body("MessageSid=SM1&MessageStatus=undelivered");
    stranger.send(twilio).await.expect(401);
    stranger.post("/v1/notification-callbacks/nobody", told).await.expect(404);
    assert_eq!(desk.message(&message["id"]).await["status"], "sent");
    let page = desk.root().get("/v1/notification-suppressions").await.expect(200).json();
    assert_eq!(page["suppressions"], json!([]));
}
