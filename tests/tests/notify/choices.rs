//! What people do not want they are not told; what they must know they are.

use crate::desk::{Desk, event, header, user};
use octavo_tests::eventually;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn preferences_hold_but_for_what_is_mandatory() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let ada = desk.person("ada");
    let choices = json!({ "choices": { "invoice.*": { "email": "off" }, "security.*": { "email": "off" } } });
    let shown = ada.put("/v1/notification-preferences", choices).await.expect(200).json();
    let of = |name: &str| {
        let found = shown["categories"].as_array().unwrap().iter().find(|one| one["category"] == name);
        found.unwrap_or_else(|| panic!("{name}: {shown:#}"))["channels"]["email"].clone()
    };
    assert_eq!((of("invoice.*"), of("security.*")), (json!("off"), json!("on")));
    let id = desk.tells(event("invoice.overdue", "ada", "Not by mail")).await;
    let message = desk.comes_to(&id, "email", "dropped").await;
    assert_eq!(message["reason"], "preference");
    desk.comes_to(&id, "in_app", "delivered").await;
    desk.tells(event("security.password", "ada", "Your password")).await;
    let mail = desk.gets("ada@acme.example", "Your password").await;
    assert_eq!(header(&mail, "list-unsubscribe"), None, "one cannot unsubscribe from it");
    assert_eq!(desk.taken("ada@acme.example").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_wait_and_the_inbox_does_not() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({ "zone": "Pacific/Auckland" })).await;
    let quiet = json!({ "quiet": [{ "from": "00:00:00", "to": "00:00:00" }] });
    desk.person("ada").put("/v1/notification-preferences", quiet).await.expect(200);
    let id = desk.tells(event("invoice.overdue", "ada", "Later")).await;
    desk.comes_to(&id, "in_app", "delivered").await;
    let message = desk.comes_to(&id, "email", "planned").await;
    assert_eq!((&message["reason"], &message["tries"]), (&json!("quiet_hours"), &json!([])));
    assert!(message["due_at"].is_string(), "{message:#}");
    assert!(desk.taken("ada@acme.example").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_unsubscribes_and_a_look_does_not() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    desk.tells(event("invoice.overdue", "ada", "First")).await;
    let mail = desk.gets("ada@acme.example", "First").await;
    assert_eq!(header(&mail, "list-unsubscribe-post"), Some("List-Unsubscribe=One-Click"));
    let url = header(&mail, "list-unsubscribe").expect("it has one").trim_matches(['<', '>']).to_owned();
    let path = url.strip_prefix(&desk.world.emulator.url()).unwrap_or_else(|| panic!("{url}")).to_owned();
    let stranger = desk.world.stranger();
    for method in [Method::GET, Method::HEAD, Method::GET] {
        stranger.send(stranger.request(method, &path)).await.expect(200);
    }
    desk.tells(event("invoice.overdue", "ada", "Second")).await;
    desk.gets("ada@acme.example", "Second").await;
    // What mail programs send (RFC 8058); twice, and by a forger.
    let one_click = |path: &str| {
        let form = "application/x-www-form-urlencoded";
        let request = stranger.request(Method::POST, path).header("content-type", form);
        stranger.send(request.body("List-Unsubscribe=One-Click"))
    };
    one_click(&format!("{path}A")).await.expect(404);
    one_click(&path).await.expect(200);
    one_click(&path).await.expect(200);
    let id = desk.tells(event("invoice.overdue", "ada", "Third")).await;
    assert_eq!(desk.comes_to(&id, "email", "dropped").await["reason"], "preference");
    desk.tells(event("order.placed", "ada", "Another category")).await;
    desk.gets("ada@acme.example", "Another category").await;
    // They may want it again.
    let shown = desk.person("ada").get("/v1/notification-preferences").await.expect(200).json();
    assert_eq!(shown["choices"]["invoice.overdue"]["email"], "off", "{shown:#}");
    desk.person("ada").put("/v1/notification-preferences", json!({})).await.expect(200);
    desk.tells(event("invoice.overdue", "ada", "Fourth")).await;
    desk.gets("ada@acme.example", "Fourth").await;

    // An address that is nobody's is suppressed.
    let outside = json!({ "category": "order.placed", "data": { "title": "For you" },
        "recipients": [{ "to": "address", "channel": "email", "address": "out@side.example" }] });
    desk.tells(outside.clone()).await;
    let mail = desk.gets("out@side.example", "For you").await;
    let url = header(&mail, "list-unsubscribe").unwrap().trim_matches(['<', '>']).to_owned();
    one_click(url.strip_prefix(&desk.world.emulator.url()).unwrap()).await.expect(200);
    let id = desk.tells(outside).await;
    assert_eq!(desk.comes_to(&id, "email", "dropped").await["reason"], "suppressed");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_tenants_are_kept_apart() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let ada = desk.person("ada");
    ada.post("/v1/notifications", event("x", "ada", "No")).await.expect_problem(403, "NOTIFY_0002", "");
    let service = desk.world.with_roles(crate::desk::TENANT, "billing", &["notifications"]);
    service.post("/v1/notifications", event("x", "ada", "Yes")).await.expect(202);
    let id = desk.tells(event("x", "ada", "Seen by whom")).await;
    let message = desk.comes_to(&id, "email", "sent").await;
    let message = format!("/v1/notification-messages/{}", message["id"].as_str().unwrap());
    let eve = desk.world.with_roles("globex", "eve", &["admin"]);
    for path in ["/v1/notification-messages", "/v1/notifications", "/v1/people", "/v1/notification-settings"] {
        ada.get(path).await.expect(403);
    }
    ada.get(&message).await.expect(403);
    ada.put("/v1/people/me", json!({ "email": "elsewhere@evil.example" })).await.expect_problem(403, "NOTIFY_0002", "");
    ada.put("/v1/people/bob", json!({ "name": "Bob" })).await.expect(403);
    eve.get(&message).await.expect(404);
    eve.get(&format!("/v1/notifications/{id}")).await.expect(404);
    eve.post(&format!("{message}/retry"), json!({})).await.expect(404);
    eve.get("/v1/people/ada").await.expect(404);
    let page = eve.get("/v1/notification-messages").await.expect(200).json();
    assert_eq!(page["messages"], json!([]));
    // Whoever is told in another tenant of the same name is somebody else.
    eve.post(
        "/v1/notifications",
        json!({ "category": "x", "recipients": [user("ada")], "data": { "title": "Globex" } }),
    )
    .await
    .expect(202);
    let theirs = desk.world.person("globex", "ada");
    eventually("it is in their inbox", || async {
        let inbox = theirs.get("/v1/inbox").await.expect(200).json();
        (inbox["unread"] == 1).then_some(())
    })
    .await;
    let inbox = ada.get("/v1/inbox").await.expect(200).json();
    let titles: Vec<&Value> = inbox["notifications"].as_array().unwrap().iter().map(|one| &one["title"]).collect();
    assert!(!titles.contains(&&json!("Globex")), "{inbox:#}");
    assert!(desk.taken("globex").is_empty());
}
