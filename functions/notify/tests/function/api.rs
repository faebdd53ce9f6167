//! Events, people, settings and preferences by HTTP.

use crate::house::{acme, house};
use octavo_domain_notify::{MessageStatus, NotifyStore};
use serde_json::json;

#[tokio::test]
async fn an_event_is_taken_once_by_its_key_and_shown_with_what_became_of_it() {
    let house = house().await;
    let body = json!({
        "category": "invoice.due", "link": "/invoices/17", "data": {"title": "Invoice 17"},
        "recipients": [{"to": "user", "user": "ada", "data": {"decide_url": "https://secret.example/x"}},
            {"to": "address", "channel": "email", "address": "Guest@Else.example", "name": "Guest"}],
    });
    let create = "/v1/notifications";
    let key = [("idempotency-key", "one")];
    let first = house.ask_with("app/notifications", "POST", create, Some(body.clone()), &key).await;
    let location = first.headers["location"].to_str().unwrap().to_owned();
    let id = first.expect(202)["id"].as_str().unwrap().to_owned();
    assert_eq!(location, format!("/v1/notifications/{id}"));
    let again = house.ask_with("app/notifications", "POST", create, Some(body.clone()), &key).await.expect(202);
    assert_eq!(again["id"], id);
    let other = json!({"category": "invoice.paid", "recipients": [{"to": "user", "user": "ada"}]});
    let reused = house.ask_with("app/notifications", "POST", create, Some(other), &key).await;
    assert_eq!(reused.problem(), (422, "NOTIFY_0004", "key"));
    let sent = house.sent("notify");
    assert_eq!(sent.len(), 1, "the second time nothing is to be done");
    assert!(house.deliver(sent[0].clone()).await && house.deliver(sent[0].clone()).await);
    assert_eq!(
        house.mail.addresses().iter().map(|to| to.0.as_str()).collect::<Vec<_>>(),
        ["ada@acme.example", "guest@else.example"]
    );
    let shown = house.ask("root/admin", "GET", &location, None).await;
    assert!(!shown.text.contains("secret.example"), "what is said to one alone is theirs");
    let shown = shown.expect(200);
    assert_eq!(shown["counts"], json!({"sent": 2, "delivered": 1}));
    assert_eq!(shown["messages"].as_array().unwrap().len(), 3);
    let list = house.admin("GET", "/v1/notifications?category=invoice.due&limit=1", None, 200).await;
    assert_eq!((&list["notifications"][0]["id"], &list["next_cursor"]), (&json!(id), &json!(null)));
    let messages = format!("/v1/notification-messages?event={id}&channel=email&limit=1");
    let page = house.admin("GET", &messages, None, 200).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = house.admin("GET", &format!("{messages}&cursor={cursor}"), None, 200).await;
    assert_eq!(rest["next_cursor"], json!(null));
    assert_ne!(page["messages"][0]["id"], rest["messages"][0]["id"]);
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_named() {
    let house = house().await;
    for (body, field) in [
        (json!({"category": "A B", "recipients": [{"to": "user", "user": "ada"}]}), "category"),
        (json!({"category": "a", "recipients": []}), "recipients"),
        (
            json!({"category": "a", "recipients": [{"to": "user", "user": "ada"}], "link": "https://evil.example"}),
            "link",
        ),
        (
            json!({"category": "a", "recipients": [{"to": "address", "channel": "email", "address": "a\r\nBcc: b@c.example"}]}),
            "recipients[0].address",
        ),
        (json!({"category": "a", "recipients": [{"to": "user", "user": "ada"}], "matter": {}}), "matter"),
    ] {
        let answer = house.ask("root/admin", "POST", "/v1/notifications", Some(body.clone())).await;
        assert_eq!((answer.status, answer.problem().2), (422, field), "{body}: {}", answer.text);
    }
    assert!(house.sent("notify").is_empty());
    // What comes by the queue is looked at too, and what nobody knows is passed over.
    let mut message = octavo_domain_notify::event_message(&acme(), &crate::house::mail_to(&["ada"])).message;
    message.kind = "notification.unheard_of".to_owned();
    assert!(house.deliver(message.clone()).await);
    message.kind = octavo_domain_notify::EVENT.to_owned();
    message.body["event"]["recipients"] = json!([]);
    assert!(!house.deliver(message).await);
}

#[tokio::test]
async fn settings_are_changed_on_what_was_read() {
    let house = house().await;
    let path = "/v1/notification-settings";
    let read = house.ask("root/admin", "GET", path, None).await;
    let tag = read.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, "\"r0\"");
    let mut settings = read.expect(200);
    settings["branding"] = json!({"product": "Acme Docs", "colour": "#123456"});
    settings["reply_to"] = json!("office@acme.example");
    settings["mail_from"] = json!("Acme <hello@acme.example>");
    let put = async |tag: &str, settings: &serde_json::Value| {
        let headers = [("if-match", tag)];
        house.ask_with("root/admin", "PUT", path, Some(settings.clone()), &headers).await
    };
    assert_eq!(house.ask("root/admin", "PUT", path, Some(settings.clone())).await.problem().1, "NOTIFY_0006");
    let set = put(&tag, &settings).await;
    assert_eq!(set.headers["etag"], "\"r1\"");
    set.expect(200);
    let late = put(&tag, &settings).await;
    assert_eq!((late.problem().0, &late.json["current_revision"]), (412, &json!(1)));
    settings["branding"]["colour"] = json!("red; background: url(x)");
    assert_eq!(put("\"r1\"", &settings).await.problem(), (422, "NOTIFY_0003", "branding.colour"));
    let event = crate::house::mail_to(&["ada"]);
    house.tell(&event).await;
    let taken = house.mail.took.lock();
    match &taken[0].content {
        octavo_domain_notify::OutgoingContent::Email { from, reply_to, html, .. } => {
            assert_eq!(from.as_deref(), Some("Acme <hello@acme.example>"));
            assert_eq!(reply_to.as_deref(), Some("office@acme.example"));
            assert!(html.contains("Acme Docs") && html.contains("#123456"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn preferences_say_what_holds() {
    let house = house().await;
    house.person("ada", |person| person.zone = Some("Europe/Vienna".parse().unwrap())).await;
    let path = "/v1/notification-preferences";
    let shown = house.ask("ada", "GET", path, None).await.expect(200);
    assert_eq!(shown["zone"], "Europe/Vienna");
    let chosen = json!({"choices": {"comment.*": {"email": "on"}}, "quiet": [{"from": "22:00:00", "to": "06:00:00", "days": ["friday"]}], "digest_at": "09:30:00"});
    let set = house.ask("ada", "PUT", path, Some(chosen)).await.expect(200);
    let comments = set["categories"].as_array().unwrap().iter().find(|shown| shown["category"] == "comment.*").unwrap();
    assert_eq!(comments["channels"]["email"], "on");
    assert_eq!(house.ask("ada", "GET", path, None).await.expect(200), set);
    let wrong = json!({"choices": {"a": {"webhook": "on"}}});
    assert_eq!(house.ask("ada", "PUT", path, Some(wrong)).await.problem(), (422, "NOTIFY_0003", "choices.a.webhook"));
    assert_eq!(house.ask("bob", "GET", path, None).await.expect(200)["choices"], json!({}));
}

#[tokio::test]
async fn a_suppression_by_hand_holds_for_its_category() {
    let house = house().await;
    let body =
        json!({"channel": "email", "address": "ADA@acme.example", "category": "invoice.due", "detail": "asked to"});
    house.admin("POST", "/v1/notification-suppressions", Some(body), 201).await;
    let (one, other) = (crate::house::mail_to(&["ada"]), crate::house::mail_to(&["ada"]));
    let other = octavo_domain_notify::Event { category: "invoice.paid".to_owned(), ..other };
    house.tell(&one).await;
    house.tell(&other).await;
    assert_eq!(house.status(one.id).await, MessageStatus::Dropped);
    assert_eq!(house.status(other.id).await, MessageStatus::Sent);
    let found = house.store.suppression_list(&acme(), None, 10).await.unwrap();
    assert_eq!((found.len(), found[0].why.as_str()), (1, "manual"));
}

#[tokio::test]
async fn a_batch_is_worked_tenant_by_tenant_and_only_what_failed_comes_again() {
    let house = house().await;
    let record = |tenant: &str, event: &octavo_domain_notify::Event| {
        let message = octavo_domain_notify::event_message(&tenant.parse().unwrap(), event).message;
        let body = serde_json::to_string(&message).unwrap();
        octavo_notify::QueueRecord { message_id: format!("{tenant}-{}", event.id), body }
    };
    let events: Vec<_> = (0..20).map(|_| crate::house::mail_to(&["ada", "bob"])).collect();
    let mut records: Vec<_> = events.iter().map(|event| record("acme", event)).collect();
    let stranger = crate::house::mail_to(&["ada"]);
    records.push(record("umbrella", &stranger));
    let wrong = octavo_domain_notify::Event { recipients: Vec::new(), ..crate::house::mail_to(&[]) };
    records.push(record("acme", &wrong));
    records.push(octavo_notify::QueueRecord { message_id: "none".to_owned(), body: "{".to_owned() });
    let mut failed = octavo_notify::handle_queue(&house.deps, records).await;
    failed.sort();
    assert_eq!(failed, [format!("acme-{}", wrong.id), "none".to_owned()]);
    assert_eq!(house.mail.count(), 40);
    assert!(house.mail.took.lock().iter().all(|taken| taken.tenant == acme()), "nobody of umbrella is known");
    let umbrella = "umbrella".parse().unwrap();
    let known = house.store.event_get(&umbrella, stranger.id).await.unwrap().unwrap();
    assert_eq!(known.messages, vec![(MessageStatus::Dropped, 1)]);
    assert!(house.store.event_get(&acme(), stranger.id).await.unwrap().is_none());
}
