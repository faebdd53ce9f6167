//! Redis is away: people of one node work on with each other, and what they say is kept.

use crate::place::{Place, tenant};
use octavo_domain_documents::Role;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_people_of_one_node_work_on_and_nothing_that_was_said_is_lost() {
    let place = Place::of(2).await;
    let document = json!(place.document("acme", 1, &[("user:bob", Role::Editor)]).await.id);
    let mut ada = place.connect(0, "collaboration", "ada@acme").await;
    let mut bob = place.connect(0, "collaboration", "bob@acme").await;
    let mut inbox = place.connect(0, "notifications", "ada@acme").await;
    ada.call("Join", json!([document])).await;
    let told = |title: &str| json!({ "category": "test", "title": title, "text": "" });
    let ada_user = "ada".parse().unwrap();
    let mut inbox_there = place.connect(1, "notifications", "ada@acme").await;
    place.push(1).notify(&tenant("acme"), &ada_user, &told("Before")).await.unwrap();
    inbox.pushed("notification").await;
    let seen = inbox_there.pushed("notification").await[1].clone();
    place.proxy.refuse().await;
    place.proxy.cut();

    let joined = bob.call("Join", json!([document])).await;
    assert_eq!((joined["access"].clone(), joined["present_count"].clone()), (json!("editor"), json!(2)));
    ada.pushed("joined").await;
    bob.call("Cursor", json!([document, 7])).await;
    assert_eq!(ada.pushed("cursor").await[0]["state"], 7);
    let said = bob.call("Comment", json!([{ "document": document, "text": "Why?" }])).await;
    // Without a position: it is in no history.
    assert_eq!(ada.pushed("comment").await, std::slice::from_ref(&said));
    assert_eq!(inbox.pushed("notification").await[0]["text"], "Why?");
    let refused = ada.refused("Missed", json!([{ "document": document }])).await;
    assert!(refused.contains("Try again"), "{refused}");

    place.proxy.pass().await;
    let mut there = place.connect(1, "collaboration", "bob@acme").await;
    let page = there.call("Comments", json!([{ "document": document }])).await;
    assert_eq!(page["comments"], json!([said]));
    // What could not be kept is nobody's loss: whoever may have missed it is told to read anew.
    loop {
        inbox_there.pushed("resync").await;
        assert_eq!(inbox_there.call("UnreadCount", json!([])).await, 2);
        // The server may have said so for a reason of its own, before this could be kept.
        if inbox_there.ask("Missed", json!([seen])).await.is_ok_and(|missed| missed["whole"] == false) {
            break;
        }
    }
    assert_eq!(ada.pushed("resync").await[0], format!("document:{}", document.as_str().unwrap()));
    place.push(0).notify(&tenant("acme"), &ada_user, &told("Again")).await.unwrap();
    assert_eq!(inbox_there.pushed("notification").await[0]["title"], "Again");
    place.close().await;
}
