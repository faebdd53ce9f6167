//! Events: taken once, whoever sends them again.

use crate::desk::{Desk, event, user};
use octavo_tests::eventually;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_one_event_however_often_it_comes() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    let root = desk.root();
    let send = |body: Value| {
        root.send(root.request(Method::POST, "/v1/notifications").header("idempotency-key", "invoice-17").json(&body))
    };
    let all = (0..10).map(|_| send(event("invoice.overdue", "ada", "Once")));
    let answers = futures::future::join_all(all).await;
    let ids: BTreeSet<String> =
        answers.into_iter().map(|answer| answer.expect(202).json()["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let id = ids.first().unwrap();
    desk.comes_to(id, "email", "sent").await;
    assert_eq!(send(event("invoice.overdue", "ada", "Once")).await.expect(202).json()["id"], json!(id));
    assert_eq!(desk.taken("ada@acme.example").len(), 1);
    // Another event under the same key is a mistake.
    send(event("invoice.overdue", "bob", "Twice")).await.expect_problem(422, "NOTIFY_0004", "");
    // In another tenant the key is another one.
    let other = desk.world.with_roles("globex", "root", &["admin"]);
    let request = other.request(Method::POST, "/v1/notifications").header("idempotency-key", "invoice-17");
    let made = other.send(request.json(&event("invoice.overdue", "bob", "Theirs"))).await.expect(202).json();
    assert_ne!(made["id"], json!(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_told_person_by_person_and_the_event_shows_what_became_of_it() {
    let desk = Desk::start().await;
    for user in ["ada", "bob", "cyd"] {
        desk.knows(user, json!({ "groups": ["legal"] })).await;
    }
    desk.root().put("/v1/people/dan", json!({ "name": "Dan", "groups": ["legal"] })).await.expect(200);
    let id = desk
        .tells(json!({ "category": "meeting", "data": { "title": "At nine" }, "channels": ["email"],
            "recipients": [{ "to": "group", "group": "legal", "except": ["cyd"] }, user("bob")] }))
        .await;
    let root = desk.root();
    let event = eventually("all is told", || async {
        let event = root.get(&format!("/v1/notifications/{id}")).await.expect(200).json();
        (event["counts"] == json!({ "sent": 2, "dropped": 1 })).then_some(event)
    })
    .await;
    assert_eq!(event["messages"].as_array().unwrap().len(), 3, "{event:#}");
    let dropped = event["messages"].as_array().unwrap().iter().find(|one| one["status"] == "dropped").unwrap();
    assert_eq!((&dropped["user"], &dropped["reason"]), (&json!("dan"), &json!("no_address")));
    assert_eq!(desk.taken("bob@acme.example").len(), 1, "named twice, told once");
    assert!(desk.taken("cyd@acme.example").is_empty());
    let listed = root.get("/v1/notifications").await.expect(200).json();
    assert!(listed.to_string().contains(&id), "{listed:#}");
    for (bad, field) in [
        (json!({ "category": "Bad Category", "recipients": [user("ada")] }), "category"),
        (json!({ "category": "ok", "recipients": [] }), "recipients"),
    ] {
        let problem = root.post("/v1/notifications", bad).await.expect(422).json();
        assert!(problem["errors"][0]["field"].as_str().unwrap().starts_with(field), "{problem:#}");
    }
}
