//! Several events in one message, and what programs are told.

use crate::templates::house::Desk;
use octavo_domain_notify::{Channel, Digest, Event, Recipient, RenderedContent, Templates, languages, webhook_body};
use serde_json::{Value, json};
use std::sync::Arc;

fn event(category: &str, data: &Value) -> Arc<Event> {
    let event = json!({
        "id": "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081", "category": category, "recipients": [{"to": "user", "user": "ada"}],
        "data": data, "link": "/documents/7", "at": "2026-11-27T12:00:00Z",
    });
    Arc::new(serde_json::from_value(event).unwrap())
}

#[test]
fn each_event_is_called_as_it_is_by_itself() {
    let templates = Templates::new();
    let recipient: Recipient =
        serde_json::from_value(json!({"to": "user", "user": "ada", "data": {"by": "Alan"}})).unwrap();
    let events = [
        event("comment.added", &json!({"document": {"title": "plan.docx"}})),
        event("moon.full", &json!({"title": "<b>The moon</b>\r\nis full"})),
    ];
    let desk = Desk::default().languages(languages(Some("de-AT"), None));
    let digest = Digest { events: &events, gathered: 5, recipient: &recipient };
    let data = desk.with(Digest::TEMPLATE, Channel::Email, |render| templates.digest_data(&digest, render)).unwrap();
    assert_eq!((&data["count"], &data["more"]), (&json!(5), &json!(3)));
    assert_eq!(data["items"][0]["title"], "Alan hat plan.docx kommentiert", "by what is said to the recipient alone");
    assert_eq!(data["items"][1]["title"], "<b>The moon</b> is full");
    assert_eq!(data["items"][1]["link"], "https://octavo.example/documents/7");
    let said = desk.data(&data).say(Digest::TEMPLATE, Channel::Email);
    let RenderedContent::Email { subject, text, html } = said.content else { panic!("it is a mail") };
    assert_eq!(subject, "5 Mitteilungen von Octavo");
    assert!(text.contains("und 3 weitere"), "{text}");
    assert!(html.contains("&lt;b&gt;The moon&lt;/b&gt; is full") && !html.contains("<b>The moon"), "{html}");
}

#[test]
fn a_webhook_is_told_what_and_which() {
    let event = event("comment.added", &json!({"document": {"title": "plan.docx"}, "by": "Alan"}));
    let desk = Desk::default().data(&event.data);
    let content = desk.say("comment.added", Channel::Webhook).content;
    let body = webhook_body(&event, event.id, &content);
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("comment.added"), &json!("2026-11-27T12:00:00.000Z")));
    assert_eq!(body["data"]["title"], "Alan commented on plan.docx");
    assert_eq!(body["data"]["id"], json!(event.id));
    assert_eq!(body["data"]["data"]["by"], "Alan");
}
