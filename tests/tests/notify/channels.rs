//! Each channel gets what its receiver understands.

use crate::desk::{Desk, compact, header, user};
use local_emulator_notify::Kind;
use serde_json::{Value, json};

const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test(flavor = "multi_thread")]
async fn mail_sms_webhook_slack_and_pager_arrive_in_their_form() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({ "name": "Ada L.", "phone": "+436601000001" })).await;
    let (root, url) = (desk.root(), desk.fakes().url());
    let target = |name: &str, body: Value| {
        let path = format!("/v1/notification-targets/{name}");
        let root = root.clone();
        async move { root.put(&path, body).await.expect(200).json() }
    };
    let crm = target("crm", json!({ "kind": "webhook", "url": format!("{url}/webhook/crm") })).await;
    // From now on the receiver believes only what is signed with the secret that was drawn.
    desk.fakes().set_webhook_secret("crm", crm["secret"].as_str().expect("it is shown this once"));
    let slack = target("team", json!({ "kind": "slack", "url": format!("{url}/services/T1/B2/secret") })).await;
    assert!(!slack.to_string().contains("secret"), "{slack}");
    target("ops", json!({ "kind": "pagerduty", "routing_key": ROUTING_KEY, "severity": "critical" })).await;
    let shown = root.get("/v1/notification-targets/crm").await.expect(200).json();
    assert_eq!((&shown["kind"], &shown["secret"]), (&json!("webhook"), &Value::Null));

    let id = desk
        .tells(json!({
            "category": "invoice.overdue", "link": "/invoices/17",
            "recipients": [user("ada"), { "to": "target", "target": "crm" }, { "to": "target", "target": "team" },
                { "to": "target", "target": "ops" }],
            "data": { "title": "Invoice 17 is <overdue> & Grüße, 日本語", "text": "Pay it.", "amount": 12 },
            "channels": ["email", "sms", "in_app"],
        }))
        .await;

    let mail = desk.gets("ada@acme.example", "Invoice 17").await;
    assert_eq!((mail.kind, mail.provider.as_str()), (Kind::Mail, "smtp"));
    assert_eq!(mail.subject, "Invoice 17 is <overdue> & Grüße, 日本語");
    assert!(mail.from.contains("no-reply@octavo.example"), "{}", mail.from);
    assert!(mail.html.contains("Pay it.") && !mail.html.contains("<overdue>"), "{}", mail.html);
    assert!(mail.text.contains("/invoices/17") && mail.text.contains("Ada L."), "{}", mail.text);
    assert_eq!(header(&mail, "auto-submitted"), Some("auto-generated"));
    let message = desk.comes_to(&id, "email", "sent").await;
    assert!(header(&mail, "message-id").unwrap().contains(&compact(&message)), "{:?}", mail.headers);

    let sms = desk.gets("+436601000001", "Invoice 17").await;
    assert_eq!((sms.kind, sms.from.as_str()), (Kind::Sms, "+15005550006"));
    desk.comes_to(&id, "sms", "delivered").await;

    let hook = desk.gets("crm", "").await;
    let (body, hooked) = (hook.body.as_ref().unwrap(), desk.comes_to(&id, "webhook", "delivered").await);
    assert_eq!((&body["type"], &body["data"]["event"]), (&json!("invoice.overdue"), &json!(id)), "{body:#}");
    assert_eq!((&body["data"]["id"], &body["data"]["data"]["amount"]), (&hooked["id"], &json!(12)));
    assert_eq!(hook.tags["webhook_id"], format!("msg_{}", compact(&hooked)));
    assert!(hook.origin.headers["webhook-signature"].starts_with("v1,"), "{:?}", hook.origin.headers);

    let chat = desk.gets("T1/B2", "Invoice 17").await;
    assert_eq!((chat.kind, chat.status), (Kind::Slack, 200));
    let page = desk.gets(ROUTING_KEY, "Invoice 17").await;
    let body = page.body.as_ref().unwrap();
    assert_eq!(
        (&body["event_action"], &body["payload"]["severity"]),
        (&json!("trigger"), &json!("critical")),
        "{body:#}"
    );
    assert_eq!(page.tags["dedup_key"], id);
    desk.comes_to(&id, "slack", "delivered").await;
    desk.comes_to(&id, "pagerduty", "sent").await;

    // The inbox, and everything once.
    desk.comes_to(&id, "in_app", "delivered").await;
    let inbox = desk.person("ada").get("/v1/inbox").await.expect(200).json();
    assert_eq!((&inbox["unread"], inbox["notifications"].as_array().unwrap().len()), (&json!(1), 1), "{inbox:#}");
    assert_eq!(inbox["notifications"][0]["link"], "/invoices/17");
    let read = desk.person("ada").post("/v1/inbox/marks", json!({ "mark": "read" })).await.expect(200).json();
    assert_eq!(read["unread"], 0);
    let sent = desk.fakes().messages(&local_emulator_notify::Filter::default());
    assert_eq!(sent.len(), 5, "{sent:#?}");
    assert_eq!(desk.messages(&id).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_not_believed_says_so() {
    let desk = Desk::start().await;
    let url = desk.fakes().url();
    let body = json!({ "kind": "webhook", "url": format!("{url}/webhook/crm") });
    desk.root().put("/v1/notification-targets/crm", body).await.expect(200);
    desk.fakes().set_webhook_secret("crm", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let event =
        json!({ "category": "order", "recipients": [{ "to": "target", "target": "crm" }], "data": { "title": "x" } });
    let message = desk.comes_to(&desk.tells(event.clone()).await, "webhook", "failed").await;
    assert_eq!((&message["tries"][0]["status"], &message["tries"][0]["code"]), (&json!("rejected"), &json!("401")));
    // The right secret is set, and a person sends it again.
    let body = json!({ "kind": "webhook", "url": format!("{url}/webhook/crm"),
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    desk.root().put("/v1/notification-targets/crm", body).await.expect(200);
    let id = message["id"].as_str().unwrap();
    desk.root().post(&format!("/v1/notification-messages/{id}/retry"), json!({})).await.expect(202);
    let message = desk.comes_to(message["event"].as_str().unwrap(), "webhook", "delivered").await;
    assert_eq!(message["attempts"], 2);
    // Of a target that is not there somebody can see why nothing came.
    let event =
        json!({ "category": "order", "recipients": [{ "to": "target", "target": "none" }], "data": { "title": "x" } });
    let message = desk.comes_to(&desk.tells(event).await, "webhook", "dropped").await;
    assert_eq!(message["reason"], "no_target");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_comes_by_sms_too_whatever_the_hour() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({ "phone": "+436601000002" })).await;
    // It is quiet all day.
    let quiet =
        json!({ "quiet": [{ "from": "00:00:00", "to": "00:00:00" }], "choices": { "*": { "email": "digest" } } });
    desk.person("ada").put("/v1/notification-preferences", quiet).await.expect(200);
    let mut event = crate::desk::event("invoice.overdue", "ada", "The press burns");
    event["urgency"] = json!("urgent");
    let id = desk.tells(event).await;
    desk.gets("+436601000002", "The press burns").await;
    desk.gets("ada@acme.example", "The press burns").await;
    let channels: std::collections::BTreeSet<String> =
        desk.messages(&id).await.iter().map(|one| one["channel"].as_str().unwrap().to_owned()).collect();
    assert_eq!(channels, ["email", "in_app", "sms"].map(str::to_owned).into());
}
