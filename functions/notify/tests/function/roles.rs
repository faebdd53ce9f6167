//! Who may what; and that tenants see nothing of each other.

use crate::house::{House, house, mail_to};
use serde_json::{Value, json};

/// Every route that needs a role, with a body that would be acceptable.
fn guarded(event: &str, message: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let template = "/v1/notification-templates/approval.requested/en";
    vec![
        (
            "POST",
            "/v1/notifications".to_owned(),
            Some(json!({"category": "a", "recipients": [{"to": "user", "user": "ada"}]})),
        ),
        ("GET", "/v1/notifications".to_owned(), None),
        ("GET", format!("/v1/notifications/{event}"), None),
        ("GET", "/v1/notification-messages".to_owned(), None),
        ("GET", format!("/v1/notification-messages/{message}"), None),
        ("POST", format!("/v1/notification-messages/{message}/retry"), None),
        ("GET", "/v1/notification-settings".to_owned(), None),
        ("PUT", "/v1/notification-settings".to_owned(), Some(json!({}))),
        ("GET", "/v1/notification-templates".to_owned(), None),
        ("GET", template.to_owned(), None),
        ("PUT", template.to_owned(), Some(json!({"parts": {"subject": "x"}}))),
        ("DELETE", template.to_owned(), None),
        ("POST", format!("{template}/preview"), Some(json!({}))),
        ("POST", format!("{template}/test"), Some(json!({}))),
        ("GET", "/v1/notification-suppressions".to_owned(), None),
        (
            "POST",
            "/v1/notification-suppressions".to_owned(),
            Some(json!({"channel": "email", "address": "a@b.example"})),
        ),
        ("DELETE", "/v1/notification-suppressions/email/a@b.example".to_owned(), None),
        ("GET", "/v1/notification-targets".to_owned(), None),
        ("GET", "/v1/notification-targets/crm".to_owned(), None),
        (
            "PUT",
            "/v1/notification-targets/crm".to_owned(),
            Some(json!({"kind": "webhook", "url": "https://evil.example"})),
        ),
        ("DELETE", "/v1/notification-targets/crm".to_owned(), None),
        ("GET", "/v1/people".to_owned(), None),
        ("GET", "/v1/people/bob".to_owned(), None),
        ("PUT", "/v1/people/bob".to_owned(), Some(json!({"email": "eve@evil.example"}))),
        ("DELETE", "/v1/people/bob".to_owned(), None),
    ]
}

async fn prepared(house: &House) -> (String, String) {
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    let target = json!({"kind": "webhook", "url": "https://crm.example/hook"});
    house.admin("PUT", "/v1/notification-targets/crm", Some(target), 200).await;
    (event.id.to_string(), house.message(event.id).await.message.id.to_string())
}

#[tokio::test]
async fn what_is_the_administrators_is_nobody_elses() {
    let house = house().await;
    let (event, message) = prepared(&house).await;
    for (method, path, body) in guarded(&event, &message) {
        for user in ["eve", "eve/editor", "eve/notifications"] {
            if user == "eve/notifications" && (method, path.as_str()) == ("POST", "/v1/notifications") {
                continue;
            }
            let answer = house.ask_with(user, method, &path, body.clone(), &[("if-match", "\"r0\"")]).await;
            assert_eq!(answer.problem(), (403, "NOTIFY_0002", ""), "{user} {method} {path}");
        }
        assert_eq!(house.ask("", method, &path, body).await.status, 401, "{method} {path}");
    }
    for path in ["/v1/inbox", "/v1/notification-preferences", "/v1/people/me", "/v1/people/eve"] {
        house.ask("eve", "GET", path, None).await.expect(200);
    }
}

#[tokio::test]
async fn another_tenants_administrator_sees_and_changes_nothing() {
    let house = house().await;
    let (event, message) = prepared(&house).await;
    let stranger = "umbrella:root/admin";
    let mut all = guarded(&event, &message);
    // Looked at first: what they make is their own.
    all.sort_by_key(|(method, ..)| *method != "GET");
    for (method, path, body) in all {
        let empty = [
            "/v1/notifications",
            "/v1/notification-messages",
            "/v1/notification-targets",
            "/v1/notification-suppressions",
            "/v1/people",
        ];
        let answer = house.ask_with(stranger, method, &path, body, &[("if-match", "\"r0\"")]).await;
        if method == "GET" && empty.contains(&path.as_str()) {
            let list = answer.json.as_object().unwrap().values().find_map(Value::as_array).unwrap().clone();
            assert!(list.is_empty(), "{path}: {list:?}");
        }
        if path.contains(&event) || path.contains(&message) || (method == "GET" && path.ends_with("/crm")) {
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
    let target = house.admin("GET", "/v1/notification-targets/crm", None, 200).await;
    assert_eq!(target["url"], "https://crm.example/hook");
    assert_eq!(house.admin("GET", "/v1/people/bob", None, 200).await["email"], "bob@acme.example");
    assert_eq!(house.ask("root/admin", "GET", "/v1/notification-settings", None).await.headers["etag"], "\"r0\"");
    let inbox = house.ask("umbrella:ada", "GET", "/v1/inbox", None).await.expect(200);
    assert_eq!(inbox["notifications"], json!([]));
}

#[tokio::test]
async fn a_person_sets_what_is_theirs_and_not_where_others_think_they_are() {
    let house = house().await;
    let own = json!({"name": "Ada", "language": "de-AT", "zone": "Europe/Vienna"});
    let set = house.ask("ada", "PUT", "/v1/people/me", Some(own)).await.expect(200);
    assert_eq!((&set["email"], &set["language"]), (&json!("ada@acme.example"), &json!("de-AT")));
    for wrong in [json!({"email": "eve@evil.example"}), json!({"phone": "+436609999999"}), json!({"groups": ["board"]})]
    {
        let answer = house.ask("ada", "PUT", "/v1/people/me", Some(wrong.clone())).await;
        assert_eq!(answer.problem().1, "NOTIFY_0002", "{wrong}");
    }
    let wrong = house.ask("ada", "PUT", "/v1/people/me", Some(json!({"zone": "Moon/Base"}))).await;
    assert_eq!((wrong.status, wrong.problem().2), (422, "zone"));
    let all = json!({"name": "Ada", "email": "Ada@Acme.example", "groups": ["board"]});
    let set = house.admin("PUT", "/v1/people/ada", Some(all), 200).await;
    assert_eq!(
        (&set["email"], &set["phone"], &set["groups"]),
        (&json!("ada@acme.example"), &json!(null), &json!(["board"]))
    );
    let page = house.admin("GET", "/v1/people?limit=2", None, 200).await;
    let rest = format!("/v1/people?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = house.admin("GET", &rest, None, 200).await;
    assert_eq!((page["people"].as_array().unwrap().len(), rest["people"].as_array().unwrap().len()), (2, 1));
    house.admin("DELETE", "/v1/people/ada", None, 204).await;
    house.admin("GET", "/v1/people/ada", None, 404).await;
    let me = house.ask("ada", "GET", "/v1/people/me", None).await.expect(200);
    assert_eq!((&me["user"], &me["updated_at"]), (&json!("ada"), &json!(null)));
}
