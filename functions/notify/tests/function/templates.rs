//! Templates: the platform's, a tenant's, previews and tests.

use crate::house::{by, event, house};
use octavo_domain_notify::{Channel, MessageStatus};
use serde_json::json;

const PATH: &str = "/v1/notification-templates/approval.requested/en";

#[tokio::test]
async fn a_tenant_says_it_in_its_own_words_and_takes_them_back() {
    let house = house().await;
    let read = house.ask("root/admin", "GET", PATH, None).await;
    assert_eq!(read.headers["etag"], "\"r0\"");
    let read = read.expect(200);
    assert!(read["platform"]["subject"].is_string() && read["parts"] == json!({}));
    let parts = json!({"parts": {"subject": "Please look at {{ title }}"}});
    let put = async |tag: &'static str, body: &serde_json::Value| {
        house.ask_with("root/admin", "PUT", PATH, Some(body.clone()), &[("if-match", tag)]).await
    };
    assert_eq!(house.ask("root/admin", "PUT", PATH, Some(parts.clone())).await.status, 428);
    put("\"r0\"", &parts).await.expect(200);
    let late = put("\"r0\"", &parts).await;
    assert_eq!((late.problem().1, &late.json["current_revision"]), ("NOTIFY_0005", &json!(1)));
    let broken = put("\"r1\"", &json!({"parts": {"subject": "{% if %}"}})).await;
    assert_eq!((broken.problem(), &broken.json["line"]), ((422, "NOTIFY_0008", "parts.subject"), &json!(1)));
    let event = by(&[Channel::Email], event("approval.requested", &["ada"]));
    house.tell(&event).await;
    assert_eq!(house.mail.mail().0, "Please look at Something");
    let list = house.admin("GET", "/v1/notification-templates", None, 200).await;
    let own: Vec<_> = list["templates"].as_array().unwrap().iter().filter(|one| one["revision"] != 0).collect();
    assert_eq!((own.len(), &own[0]["platform"]), (1, &json!(true)));
    house.admin("DELETE", PATH, None, 204).await;
    house.admin("DELETE", PATH, None, 404).await;
    house.admin("GET", "/v1/notification-templates/nothing.such/en", None, 404).await;
}

#[tokio::test]
async fn a_draft_is_shown_by_every_channel_and_changes_nothing() {
    let house = house().await;
    let preview = format!("{PATH}/preview");
    let sample = house.admin("POST", &preview, Some(json!({})), 200).await;
    assert!(sample["email"]["html"].as_str().unwrap().contains("<html"), "{sample}");
    for part in ["/email/subject", "/email/text", "/sms", "/in_app/title", "/slack/text", "/pagerduty"] {
        assert!(!sample.pointer(part).unwrap().as_str().unwrap().is_empty(), "{part}: {sample}");
    }
    let draft = json!({"parts": {"subject": "{{ title }}!"}, "data": {"title": "<b>\r\nBcc: x"}});
    let shown = house.admin("POST", &preview, Some(draft), 200).await;
    assert_eq!(shown["email"]["subject"], "<b> Bcc: x!");
    assert!(!shown["email"]["html"].as_str().unwrap().contains("<b>\r"));
    let broken = house.ask("root/admin", "POST", &preview, Some(json!({"parts": {"text": "a\n{{ b"}}))).await;
    assert_eq!(broken.problem(), (422, "NOTIFY_0008", "parts.text"));
    assert_eq!(house.admin("GET", PATH, None, 200).await["revision"], 0);
    assert_eq!(house.mail.count(), 0);
}

#[tokio::test]
async fn a_test_goes_to_whoever_asks_and_to_nobody_else() {
    let house = house().await;
    let test = "/v1/notification-templates/approval.requested/de/test";
    let unknown = house.ask("root/admin", "POST", test, Some(json!({}))).await;
    assert_eq!(unknown.problem(), (422, "NOTIFY_0003", "channel"));
    let answer = house.ask("ada/admin", "POST", test, Some(json!({}))).await.expect(202);
    let event: uuid::Uuid = answer["id"].as_str().unwrap().parse().unwrap();
    for message in house.sent("notify") {
        assert!(house.deliver(message).await);
    }
    assert_eq!(house.status(event).await, MessageStatus::Sent);
    assert_eq!(house.mail.addresses()[0].0, "ada@acme.example");
    let (_, _, headers) = house.mail.mail();
    assert!(!headers.iter().any(|(name, _)| name == "List-Unsubscribe"));
    house.ask("ada/admin", "POST", test, Some(json!({"channel": "sms"}))).await.expect(202);
    for message in house.sent("notify") {
        assert!(house.deliver(message).await);
    }
    assert_eq!(house.sms.count(), 1);
    let elsewhere = house.ask("ada/admin", "POST", test, Some(json!({"to": "bob@acme.example"}))).await;
    assert_eq!(elsewhere.status, 422);
}
