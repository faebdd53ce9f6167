//! Who may not be at a document is not, and who may no longer is put out at once.

use crate::place::{Place, grants};
use octavo_domain_documents::Role;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_comes_to_what_is_not_shared_with_them() {
    let place = Place::of(1).await;
    let document = json!(place.document("acme", 1, &[("user:bob", Role::Editor)]).await.id);
    let mut told = Vec::new();
    for who in ["cyd@acme", "ada@globex", "bob@globex"] {
        let mut client = place.connect(0, "collaboration", who).await;
        for (method, arguments) in [
            ("Join", json!([document])),
            ("Comments", json!([{ "document": document }])),
            ("Comment", json!([{ "document": document, "text": "Hello" }])),
            ("Resolve", json!([{ "document": document, "id": document, "resolved": true }])),
            ("DeleteComment", json!([{ "document": document, "id": document }])),
            ("Missed", json!([{ "document": document }])),
        ] {
            told.push(client.refused(method, arguments).await);
        }
        client.refused("Cursor", json!([document, 1])).await;
        // No different from one that is not there.
        told.push(client.refused("Join", json!(["00000000-0000-0000-0000-000000000099"])).await);
    }
    let reason = |error: String| error.rsplit_once("HubException: ").unwrap().1.to_owned();
    let mut told: Vec<String> = told.into_iter().map(reason).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    let mut bob = place.connect(0, "collaboration", "bob@acme").await;
    assert_eq!(bob.call("Join", json!([document])).await["access"], "editor");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_loses_a_document_is_put_out_on_every_node_and_the_others_hear_of_the_change() {
    let place = Place::of(2).await;
    let shares = [("user:bob", Role::Editor), ("group:legal", Role::Viewer), ("user:dan", Role::Viewer)];
    let before = place.document("acme", 1, &shares).await;
    let document = json!(before.id);
    let mut ada = place.connect(0, "collaboration", "ada@acme").await;
    let mut bob = place.connect(0, "collaboration", "bob@acme").await;
    let mut cyd = place.connect(1, "collaboration", "cyd@acme:legal").await;
    let mut dan = place.connect(1, "collaboration", "dan@acme").await;
    for client in [&mut ada, &mut bob, &mut cyd, &mut dan] {
        client.call("Join", json!([document])).await;
    }
    let after = place.change(&before, |document| document.grants = grants(&shares[2..])).await;
    for client in [&mut bob, &mut cyd] {
        assert_eq!(client.pushed("closed").await, [json!({ "document": document, "reason": "access" })]);
    }
    for client in [&mut ada, &mut dan] {
        let changed = client.pushed("document").await;
        assert_eq!(changed, [json!({ "id": document, "revision": after.revision, "version": 1, "kind": "changed" })]);
        client.pushed("left").await;
        client.pushed("left").await;
    }
    ada.call("Comment", json!([{ "document": document, "text": "Now that they are gone" }])).await;
    dan.pushed("comment").await;
    for client in [&mut bob, &mut cyd] {
        client.refused("Join", json!([document])).await;
        client.nothing_of(&["comment", "document"], ("Leave", json!([document]))).await;
    }
    // Deleted: nobody is at it any more, not even its owner.
    place.change(&after, |document| document.deleted_at = Some(document.updated_at)).await;
    for client in [&mut ada, &mut dan] {
        assert_eq!(client.pushed("closed").await, [json!({ "document": document, "reason": "deleted" })]);
        client.refused("Join", json!([document])).await;
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_are_looked_at_again_also_where_nobody_tells_of_a_change() {
    let place = Place::beating(2, Duration::from_millis(200)).await;
    let before = place.document("acme", 1, &[("user:bob", Role::Editor)]).await;
    let document = json!(before.id);
    let mut ada = place.connect(0, "collaboration", "ada@acme").await;
    let mut bob = place.connect(1, "collaboration", "bob@acme").await;
    for client in [&mut ada, &mut bob] {
        client.call("Join", json!([document])).await;
    }
    place.change_silently(&before, |document| document.grants.clear()).await;
    assert_eq!(bob.pushed("closed").await, [json!({ "document": document, "reason": "access" })]);
    assert_eq!(ada.pushed("left").await.len(), 1);
    // Who still has it stays, over many beats.
    let joined = ada.call("Join", json!([document])).await;
    assert_eq!((joined["present_count"].clone(), joined["present"][0]["user"].clone()), (json!(1), json!("ada")));
    ada.nothing_of(&["closed"], ("Comments", json!([{ "document": document }]))).await;
    place.close().await;
}
