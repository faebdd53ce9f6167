//! Who is told what.

use crate::house::{acme, house};
use octavo_domain_approvals::created_message;
use octavo_domain_kernel::Clock;
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_approval_is_told_once_however_often_its_message_comes() {
    let house = house().await;
    house.person("ada", &[]).await;
    let asked = json!({"Title": "Buy a press", "Urgent": true, "Approvers": ["user:bob", "user:cyd"], "Deadline": {"After": "P5D"}});
    let waiting = house.wait(asked).await;
    let first = house.sent("notify");
    let approval = house.deps.approvals.approval_get(&acme(), waiting.approval).await.unwrap().unwrap();
    let notices: Vec<_> = approval.stages[0]
        .seats
        .iter()
        .map(|seat| octavo_domain_approvals::Notice {
            to: seat.candidates.clone(),
            kind: octavo_domain_approvals::NoticeKind::Requested,
            seat: Some(seat.number),
        })
        .collect();
    let message = created_message(&acme(), waiting.approval, &notices, house.clock.now()).message;
    assert!(house.deliver(&message).await && house.deliver(&message).await);
    let again = house.sent("notify");
    assert_eq!(again[..again.len() / 2], again[again.len() / 2..], "the same events, with the same ids");
    assert_eq!(first, again[..again.len() / 2]);
    let event = &first[0].body["event"];
    assert_eq!((&event["category"], &event["urgency"]), (&json!("approval.requested"), &json!("urgent")));
    assert_eq!(event["link"], json!(format!("/approvals/{}", waiting.approval)));
    assert_eq!(event["matter"]["approval"], json!(waiting.approval));
    let data = &event["data"];
    assert_eq!(
        (&data["title"], &data["requester"], &data["requester_name"]),
        (&json!("Buy a press"), &json!("ada"), &json!("Ada"))
    );
    assert!(data["due_at"].is_string() && data["stage"].is_string(), "{data}");
}

#[tokio::test]
async fn groups_are_told_person_by_person_and_substitutes_beside_whom_they_substitute() {
    let house = house().await;
    for user in ["ada", "bob", "cyd"] {
        house.person(user, &["board"]).await;
    }
    let away = json!({"substitute": "fay", "from": "2026-01-01", "to": "2026-01-05"});
    house.post("eve", "/v1/substitutions", away).await.expect(201);
    house.wait(json!({"Title": "Buy a press", "Approvers": ["group:board", "user:eve"], "Exclude": ["cyd"]})).await;
    let messages = house.sent("notify");
    let recipients: Vec<Value> =
        messages.iter().flat_map(|message| message.body["event"]["recipients"].as_array().unwrap().clone()).collect();
    let mut users: Vec<&str> = recipients.iter().map(|recipient| recipient["user"].as_str().unwrap()).collect();
    users.sort_unstable();
    assert_eq!(users, ["bob", "eve", "fay"], "neither who asked nor who is excluded");
    let fay = recipients.iter().find(|recipient| recipient["user"] == "fay").unwrap();
    assert_eq!(fay["data"]["on_behalf_of"], "eve");
    let link = |one: &Value| one["data"]["decide_url"].as_str().unwrap().to_owned();
    let links: std::collections::BTreeSet<String> = recipients.iter().map(link).collect();
    assert_eq!(links.len(), 3, "each has their own link");
    let url = fay["data"]["decide_url"].as_str().unwrap();
    assert_eq!(house.form(url, "verdict=approve").await.status, 200);
}

#[tokio::test]
async fn the_end_is_told_to_who_asked_with_what_was_said() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    house.sent("notify");
    house.sent("realtime");
    house
        .post("bob", &waiting.path("/decision"), json!({"verdict": "reject", "comment": "Too dear."}))
        .await
        .expect(200);
    let told = house.sent("notify");
    assert_eq!(told.len(), 1);
    let event = &told[0].body["event"];
    assert_eq!((&event["category"], &event["recipients"][0]["user"]), (&json!("approval.ended"), &json!("ada")));
    let data = &event["data"];
    assert_eq!(
        (&data["outcome"], &data["comment"], &data["by"]),
        (&json!("REJECTED"), &json!("Too dear."), &json!("bob"))
    );
    assert!(event["recipients"][0]["data"].get("decide_url").is_none() && event.get("matter").is_none(), "{event}");
    let changed = house.sent("realtime");
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].kind, "approval.changed");
    let readers: Vec<&str> =
        changed[0].body["readers"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(readers.contains(&"user:ada") && readers.contains(&"user:bob"), "{readers:?}");
}

#[tokio::test]
async fn an_unknown_message_is_passed_over_and_a_broken_one_comes_again() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    let mut message = created_message(&acme(), waiting.approval, &[], house.clock.now()).message;
    message.kind = "approval.imagined".to_owned();
    assert!(house.deliver(&message).await);
    message.kind = "approval.wake".to_owned();
    message.body = json!({"approval": 1});
    assert!(!house.deliver(&message).await);
}
