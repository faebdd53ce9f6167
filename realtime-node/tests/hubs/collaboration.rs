//! The hub `collaboration`: people at one document, at two nodes.

use crate::client::Client;
use crate::place::Place;
use octavo_domain_documents::Role;
use serde_json::{Value, json};

async fn join(client: &mut Client, document: &Value) -> Value {
    client.call("Join", json!([document])).await
}

fn users(present: &Value) -> Vec<String> {
    let mut users: Vec<String> =
        present.as_array().unwrap().iter().map(|one| one["user"].as_str().unwrap().to_owned()).collect();
    users.sort();
    users
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_each_other_come_move_and_go() {
    let place = Place::of(2).await;
    let document = json!(place.document("acme", 1, &[("group:legal", Role::Viewer)]).await.id);
    let mut ada = place.connect(0, "collaboration", "ada@acme").await;
    let mut bob = place.connect(1, "collaboration", "bob@acme:legal").await;
    let joined = join(&mut ada, &document).await;
    assert_eq!(
        (joined["access"].as_str(), joined["version"].as_u64(), joined["comments"].as_u64()),
        (Some("owner"), Some(1), Some(0))
    );
    assert_eq!(users(&joined["present"]), ["ada"]);
    ada.call("SetState", json!([document, { "colour": "red" }])).await;

    let joined = join(&mut bob, &document).await;
    assert_eq!((joined["access"].as_str(), joined["present_count"].as_u64()), (Some("viewer"), Some(2)));
    assert_eq!(users(&joined["present"]), ["ada", "bob"]);
    let adas = joined["present"].as_array().unwrap().iter().find(|one| one["user"] == "ada").unwrap().clone();
    assert_eq!((adas["name"].as_str(), adas["state"].clone()), (Some("ada of acme"), json!({ "colour": "red" })));
    assert_eq!(adas.get("through"), None, "shares are nobody's business");
    let came = ada.pushed("joined").await;
    assert_eq!((came[0]["user"].as_str(), came[0]["document"].clone()), (Some("bob"), document.clone()));

    bob.call("Cursor", json!([document, { "at": 7 }])).await;
    let moved = ada.pushed("cursor").await;
    assert_eq!((moved[0]["user"].as_str(), moved[0]["state"].clone()), (Some("bob"), json!({ "at": 7 })));
    bob.call("SetState", json!([document, "typing"])).await;
    let told = ada.pushed("presence").await;
    assert_eq!((told[0]["name"].as_str(), told[0]["state"].clone()), (Some("bob of acme"), json!("typing")));
    bob.nothing_of(&["cursor", "presence", "joined"], ("Comments", json!([{ "document": document }]))).await;

    // Joining twice is being there once.
    join(&mut bob, &document).await;
    bob.drop_it();
    let gone = ada.pushed("left").await;
    assert_eq!(gone[0]["connection"], came[0]["connection"]);
    ada.nothing_of(&["joined"], ("Comments", json!([{ "document": document }]))).await;
    assert_eq!(users(&join(&mut ada, &document).await["present"]), ["ada"]);
    ada.call("Leave", json!([document])).await;
    ada.refused("Cursor", json!([document, 1])).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_or_too_often_is_refused() {
    let place = Place::of(1).await;
    let document = json!(place.document("acme", 1, &[]).await.id);
    let mut ada = place.connect(0, "collaboration", "ada@acme").await;
    join(&mut ada, &document).await;
    ada.refused("Cursor", json!([document, "x".repeat(2_100)])).await;
    let mut refused = 0;
    for number in 0..120 {
        refused += u32::from(ada.ask("Cursor", json!([document, number])).await.is_err());
    }
    // A machine that is very slow sends no faster than is allowed.
    assert!(refused < 90, "{refused}");
    for (number, bad) in [
        json!({ "document": document, "text": "" }),
        json!({ "document": document, "text": "x".repeat(10_001) }),
        json!({ "document": document, "text": "a\u{0}b" }),
        json!({ "document": document, "text": "Yes", "anchor": "<script>" }),
        json!({ "document": document, "text": "Yes", "parent": "00000000-0000-0000-0000-000000000009" }),
        json!({ "document": document, "text": "Yes", "author": "bob" }),
        json!({ "document": "nonsense", "text": "Yes" }),
    ]
    .into_iter()
    .enumerate()
    {
        let error = ada.refused("Comment", json!([bad])).await;
        assert!(!error.is_empty(), "{number}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comments_are_pushed_settled_deleted_and_had_again_after_being_away() {
    let place = Place::of(2).await;
    let document = json!(place.document("acme", 1, &[("user:bob", Role::Viewer)]).await.id);
    let mut ada = place.connect(0, "collaboration", "ada@acme").await;
    let mut bob = place.connect(1, "collaboration", "bob@acme").await;
    join(&mut ada, &document).await;
    let position = join(&mut bob, &document).await["position"].clone();
    let said = ada.call("Comment", json!([{ "document": document, "text": "Why?", "anchor": "AAE=" }])).await;
    let heard = bob.pushed("comment").await;
    assert_eq!(heard[0], said);
    assert!(heard[1]["offset"].is_u64());
    assert_eq!(ada.pushed("comment").await[0], said, "also at one's own");
    let answer = bob.call("Comment", json!([{ "document": document, "parent": said["id"], "text": "So." }])).await;
    assert_eq!(ada.pushed("comment").await[0]["parent"], said["id"]);

    let refused = bob.refused("Resolve", json!([{ "document": document, "id": said["id"], "resolved": true }])).await;
    assert!(refused.contains("settle"), "{refused}");
    bob.call("Resolve", json!([{ "document": document, "id": answer["id"], "resolved": true }])).await;
    let settled = ada.call("Resolve", json!([{ "document": document, "id": said["id"], "resolved": true }])).await;
    assert_eq!(settled["resolved_by"], "ada");
    assert_eq!(bob.pushed("comment_resolved").await[0]["id"], answer["id"]);
    assert_eq!(bob.pushed("comment_resolved").await[0]["id"], said["id"]);

    let page = bob.call("Comments", json!([{ "document": document, "limit": 1 }])).await;
    assert_eq!((page["comments"][0]["id"].clone(), page["more"].clone()), (said["id"].clone(), json!(true)));
    let page = bob.call("Comments", json!([{ "document": document, "after": said["id"] }])).await;
    assert_eq!((page["comments"][0]["id"].clone(), page["more"].clone()), (answer["id"].clone(), json!(false)));

    let not_theirs = bob.call("DeleteComment", json!([{ "document": document, "id": said["id"] }])).await;
    assert_eq!(not_theirs, json!({ "deleted": false }));
    assert_eq!(ada.call("DeleteComment", json!([{ "document": document, "id": said["id"] }])).await["deleted"], true);
    assert_eq!(bob.pushed("comment_deleted").await[0], json!({ "document": document, "id": said["id"] }));
    let left = bob.call("Comments", json!([{ "document": document }])).await;
    assert_eq!(left["comments"], json!([]), "its answer went with it");

    let missed = bob.call("Missed", json!([{ "document": document, "position": position }])).await;
    let targets: Vec<_> = missed["pushes"].as_array().unwrap().iter().map(|push| push["target"].clone()).collect();
    assert_eq!(missed["whole"], true);
    assert_eq!(targets, ["comment", "comment", "comment_resolved", "comment_resolved", "comment_deleted"]);
    assert_eq!(missed["pushes"][0]["arguments"], json!([said]));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_and_those_of_a_thread_find_it_in_their_inbox_and_the_author_does_not() {
    let place = Place::of(2).await;
    let shares = [("user:bob", Role::Viewer), ("group:legal", Role::Viewer)];
    let document = json!(place.document("acme", 1, &shares).await.id);
    let mut bob = place.connect(0, "collaboration", "bob@acme").await;
    let mut cyd = place.connect(1, "collaboration", "cyd@acme:legal").await;
    let mut inboxes = Vec::new();
    for who in ["ada@acme", "bob@acme", "cyd@acme"] {
        inboxes.push(place.connect(1, "notifications", who).await);
    }
    let [adas, bobs, cyds] = &mut inboxes[..] else { panic!("three") };
    let said = bob.call("Comment", json!([{ "document": document, "text": "Why?" }])).await;
    let told = adas.pushed("notification").await[0].clone();
    assert_eq!(told["title"], "bob of acme commented on The plan");
    assert_eq!((told["text"].clone(), told["category"].clone()), (json!("Why?"), json!("document.commented")));
    assert_eq!(told["data"], json!({ "document": document, "comment": said["id"], "thread": said["id"] }));

    cyd.call("Comment", json!([{ "document": document, "parent": said["id"], "text": "So." }])).await;
    assert_eq!(bobs.pushed("notification").await[0]["title"], "cyd of acme answered a comment on The plan");
    assert_eq!(adas.pushed("notification").await[0]["text"], "So.");
    // Cyd has it through a group, of which nobody else knows whether she is still in it: she is told that, not what.
    bob.call("Comment", json!([{ "document": document, "parent": said["id"], "text": "Secret." }])).await;
    let told = cyds.pushed("notification").await[0].clone();
    assert_eq!(told["text"], "");
    assert!(!told.to_string().contains("plan"), "{told}");
    bobs.nothing_of(&["notification"], ("UnreadCount", json!([]))).await;
    assert_eq!(bobs.call("UnreadCount", json!([])).await, 1);
    place.close().await;
}
