//! One node: joining, typing, seeing each other, and what is not allowed.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod support;

use octavo_domain_collaboration::{Message, ROOM_BYTES_MAX, UPDATE_BYTES_MAX};
use octavo_domain_documents::MediaType;
use octavo_domain_realtime::Channel;
use realtime_node_collaboration::{RoomEvent, RoomRole};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;
use support::{Browser, Engines, Node, document, quick, run, tenant, until, user};

fn one(text: &str) -> (Engines, Node) {
    let engines = Engines::default();
    engines.documents.put(document(1), MediaType::Markdown, text);
    let node = Node::start(&engines, quick());
    (engines, node)
}

#[test]
fn two_people_type_in_one_document_and_it_is_kept() {
    run(async {
        let (engines, node) = one("Hello 😀\n");
        let ada = Browser::join(&node, document(1), "ada").await;
        let bob = Browser::join(&node, document(1), "bob").await;
        ada.until_text("Hello 😀\n").await;
        bob.until_synced().await;
        ada.insert(8, "!");
        bob.until_text("Hello 😀!\n").await;
        bob.remove(6, 2);
        ada.until_text("Hello !\n").await;
        until("it is stored", || engines.store.text(&tenant(), document(1)) == "Hello !\n").await;
        assert_eq!(node.rooms.counters().connections, 2);
        assert_eq!(engines.documents.versions(document(1)).len(), 1, "not yet a version");
        // Everybody leaves: a version, by who edited last; one snapshot; and the room is unloaded.
        ada.leave();
        bob.leave();
        until("it is unloaded", || node.rooms.counters().rooms == 0).await;
        assert_eq!(engines.documents.versions(document(1)), ["Hello 😀\n", "Hello !\n"]);
        assert_eq!(engines.documents.writers(document(1)), ["ada", "bob"]);
        assert_eq!(engines.store.updates(&tenant(), document(1)), 0);
        assert!(!node.wire.wants(&Channel::room(&tenant(), document(1))));
        // And it is opened again as it was, without another version.
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("Hello !\n").await;
        ada.leave();
        until("it is unloaded again", || node.rooms.counters().rooms == 0).await;
        assert_eq!(engines.documents.versions(document(1)).len(), 2);
    });
}

#[test]
fn a_room_is_opened_once_for_all_who_come_at_the_same_time() {
    run(async {
        let (engines, node) = one("text");
        let all = futures::future::join_all((0..20).map(|_| Browser::join(&node, document(1), "ada"))).await;
        for browser in &all {
            browser.until_text("text").await;
        }
        let opened = || node.events.count(|event| matches!(event, RoomEvent::Opened(_)));
        until("it was counted", || opened() > 0).await;
        assert_eq!(opened(), 1);
        assert_eq!(engines.store.text(&tenant(), document(1)), "text");
    });
}

#[test]
fn who_was_offline_brings_what_was_typed_there() {
    run(async {
        let (_engines, node) = one("one\n");
        let ada = Browser::join(&node, document(1), "ada").await;
        let bob = Browser::join(&node, document(1), "bob").await;
        ada.until_text("one\n").await;
        bob.until_text("one\n").await;
        let offline = ada.leave();
        bob.append("two\n");
        {
            use yrs::{Text, Transact};
            let text = offline.get_or_insert_text("content");
            text.insert(&mut offline.transact_mut(), 0, "zero\n");
        }
        let ada = Browser::join_with(&node, document(1), "ada", offline).await;
        for browser in [&ada, &bob] {
            browser.until_text("zero\none\ntwo\n").await;
        }
    });
}

#[test]
fn a_viewer_sees_and_cannot_write() {
    run(async {
        let (engines, node) = one("text");
        let eve = Browser::join(&node, document(1), "eve").await;
        let ada = Browser::join(&node, document(1), "ada").await;
        eve.until_text("text").await;
        ada.until_text("text").await;
        eve.insert(0, "evil ");
        eve.until("she is told", |eve| eve.denied().len() == 1).await;
        // Neither as the answer to a question that nobody asked.
        let everything = {
            use yrs::{ReadTxn, Transact};
            eve.doc().transact().encode_state_as_update_v1(&yrs::StateVector::default())
        };
        eve.say(&Message::Step2(&everything));
        eve.until("she is told again", |eve| eve.denied().len() == 2).await;
        ada.insert(4, "!");
        eve.until("she still sees", |eve| eve.text().ends_with("text!")).await;
        assert_eq!(ada.text(), "text!");
        until("it is stored", || engines.store.text(&tenant(), document(1)) == "text!").await;
        for _ in 0..30 {
            eve.insert(0, "x");
        }
        assert_eq!(eve.closed().await, 4403);
        assert_eq!(ada.text(), "text!");
    });
}

#[test]
fn a_cursor_has_the_name_of_who_holds_it() {
    run(async {
        let (_engines, node) = one("text");
        let (ada, bob) =
            (Browser::join(&node, document(1), "ada").await, Browser::join(&node, document(1), "bob").await);
        ada.until_synced().await;
        bob.until_synced().await;
        ada.point(ada.id, 1, r##"{"cursor":1,"user":{"name":"the king","color":"#f00"}}"##);
        bob.until("ada's cursor", |bob| bob.other(ada.id).is_some()).await;
        let state: Value = serde_json::from_str(&bob.other(ada.id).unwrap()).unwrap();
        assert_eq!(state["user"]["name"], "ADA");
        assert_eq!(state["user"]["id"], "ada");
        assert_eq!((&state["user"]["color"], &state["cursor"]), (&"#f00".into(), &1.into()));
        // Bob cannot move it, nor take it away; his own comes behind what was dropped.
        bob.point(ada.id, 99, r#"{"cursor":7}"#);
        bob.point(bob.id, 1, r#"{"cursor":2}"#);
        ada.until("bob's cursor", |ada| ada.other(bob.id).is_some()).await;
        assert!(ada.other(ada.id).is_none());
        // Who comes later sees who is there.
        let eve = Browser::join(&node, document(1), "eve").await;
        eve.until("both cursors", |eve| eve.other(ada.id).is_some() && eve.other(bob.id).is_some()).await;
        let left = ada.id;
        ada.leave();
        bob.until("ada is gone", |bob| bob.other(left).is_none()).await;
        // She comes back with the same id and a clock from before.
        let back = Browser::join(&node, document(1), "ada").await;
        back.point(left, 1, r#"{"cursor":3}"#);
        bob.until("ada is back", |bob| bob.other(left).is_some()).await;
    });
}

#[test]
fn who_may_not_is_told_by_the_code() {
    run(async {
        let (engines, node) = one("text");
        engines.documents.put(document(2), MediaType::Pdf, "%PDF");
        let code = async |token: &str, id: u128| Browser::join(&node, document(id), token).await.closed().await;
        assert_eq!(code("bad", 1).await, 4401);
        assert_eq!(code("old-ada", 1).await, 4401);
        assert_eq!(code("mallory", 1).await, 4404, "that there is such a document is private");
        assert_eq!(code("other-ada", 1).await, 4404, "another tenant's");
        assert_eq!(code("ada", 9).await, 4404);
        assert_eq!(code("ada", 2).await, 4415);
        let doc = yrs::Doc::new();
        assert_eq!(Browser::connect(&node.url(&document(1).to_string()), doc.clone()).await.closed().await, 4401);
        assert_eq!(Browser::connect(&node.url("nonsense?access_token=ada"), doc).await.closed().await, 4404);
        let late = Browser::join(&node, document(1), "late-ada").await;
        late.until_text("text").await;
        assert_eq!(late.closed().await, 4401);
    });
}

#[test]
fn a_request_that_is_no_upgrade_gets_a_problem() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    run(async {
        let (_engines, node) = one("text");
        for (target, code) in [
            (format!("/yjs/{}?token=ada", document(1)), "COLLABORATION_0001"),
            (format!("/yjs/{}?token=bad", document(1)), "COLLABORATION_0002"),
            (format!("/yjs/{}?access_token=mallory", document(1)), "COLLABORATION_0002"),
            (format!("/yjs/{}", document(1)), "COLLABORATION_0002"),
        ] {
            let mut stream = tokio::net::TcpStream::connect(node.address).await.unwrap();
            stream.write_all(format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.contains(&format!("x-code: {code}")), "{target}: {answer}");
        }
    });
}

#[test]
fn rights_that_change_are_seen_at_once() {
    run(async {
        let (engines, node) = one("text");
        let ada = Browser::join(&node, document(1), "ada").await;
        let bob = Browser::join(&node, document(1), "bob").await;
        bob.until_text("text").await;
        ada.until_text("text").await;
        engines.documents.share(document(1), "bob", Some(RoomRole::Viewer));
        node.rooms.permissions_changed(&tenant(), document(1));
        // The look-up is somewhere under way: bob writes until it is done.
        while bob.denied().is_empty() {
            bob.insert(0, "x");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        engines.documents.share(document(1), "bob", None);
        node.rooms.permissions_changed(&tenant(), document(1));
        assert_eq!(bob.closed().await, 4403);
        node.rooms.revoked(&tenant(), &user("ada"));
        assert_eq!(ada.closed().await, 4401);
    });
}

#[test]
fn what_is_not_of_the_protocol_closes_only_who_sent_it() {
    run(async {
        let (_engines, node) = one("text");
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("text").await;
        for bad in [&[0u8, 7][..], &[0, 2, 3, 9, 9, 9], &[1, 2, 0xff, 0xff], &[0, 0, 1, 0xff]] {
            let mallory = Browser::join(&node, document(1), "bob").await;
            mallory.send(bytes::Bytes::copy_from_slice(bad));
            assert_eq!(mallory.closed().await, 1002, "{bad:?}");
        }
        let large = Browser::join(&node, document(1), "bob").await;
        large.until_text("text").await;
        large.insert(0, &"x".repeat(UPDATE_BYTES_MAX + 1));
        assert_eq!(large.closed().await, 4413);
        let larger = Browser::join(&node, document(1), "bob").await;
        larger.send(vec![0; 3 * UPDATE_BYTES_MAX].into());
        assert_eq!(larger.closed().await, 1009);
        // What a newer client may say is passed over.
        ada.send(bytes::Bytes::from_static(&[9, 1, 2, 3]));
        ada.insert(0, "a ");
        let bob = Browser::join(&node, document(1), "bob").await;
        bob.until_text("a text").await;
    });
}

#[test]
fn a_room_that_is_full_can_still_be_made_smaller() {
    run(async {
        let (_engines, node) = one("");
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_synced().await;
        let bob = Browser::join(&node, document(1), "bob").await;
        let part = UPDATE_BYTES_MAX - 100;
        for _ in 0..ROOM_BYTES_MAX / part {
            ada.append(&"x".repeat(part));
        }
        let full = (ROOM_BYTES_MAX / part) * part;
        bob.until("all of it", |bob| bob.text().len() == full).await;
        bob.append(&"y".repeat(part));
        assert_eq!(bob.closed().await, 4413);
        ada.remove(0, 10);
        let bob = Browser::join(&node, document(1), "bob").await;
        bob.until("the rest", |bob| bob.text().len() == full - 10).await;
    });
}

#[test]
fn a_full_room_takes_nobody_more() {
    run(async {
        let engines = Engines::default();
        engines.documents.put(document(1), MediaType::Text, "text");
        engines.documents.put(document(2), MediaType::Text, "text");
        let node =
            Node::start(&engines, realtime_node_collaboration::Options { connections_max: 2, rooms_max: 1, ..quick() });
        let guests = [Browser::join(&node, document(1), "ada").await, Browser::join(&node, document(1), "bob").await];
        for guest in &guests {
            guest.until_text("text").await;
        }
        assert_eq!(Browser::join(&node, document(1), "ada").await.closed().await, 4429);
        assert_eq!(Browser::join(&node, document(2), "ada").await.closed().await, 1013);
    });
}

#[test]
fn what_cannot_be_kept_is_not_accepted_and_what_was_accepted_is_kept() {
    run(async {
        let engines = Engines::default();
        engines.documents.put(document(1), MediaType::Text, "text");
        let options = realtime_node_collaboration::Options { store_away_max: Duration::from_millis(300), ..quick() };
        let node = Node::start(&engines, options);
        let ada = Browser::join(&node, document(1), "ada").await;
        let bob = Browser::join(&node, document(1), "bob").await;
        ada.until_text("text").await;
        bob.until_text("text").await;
        engines.store.set_away(true);
        ada.insert(0, "kept ");
        bob.until_text("kept text").await;
        // For a while it is taken in the hope of better times, then no more.
        let refused = tokio::time::timeout(support::PATIENCE, async {
            loop {
                tokio::select! {
                    code = ada.closed() => return code,
                    () = tokio::time::sleep(Duration::from_millis(20)) => ada.append("."),
                }
            }
        });
        assert_eq!(refused.await.unwrap(), 1013);
        let accepted = bob.text();
        assert!(accepted.starts_with("kept text"));
        engines.store.set_away(false);
        until("it is stored", || engines.store.text(&tenant(), document(1)) == accepted).await;
        // She comes back with what was refused.
        let ada = Browser::join_with(&node, document(1), "ada", ada.doc()).await;
        let all = ada.text();
        bob.until_text(&all).await;
        assert!(node.events.count(|event| matches!(event, RoomEvent::AppendFailed)) > 0);
    });
}

#[test]
fn many_updates_are_appended_together_and_made_a_snapshot() {
    run(async {
        let (engines, node) = one("");
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_synced().await;
        for _ in 0..1500 {
            ada.append("x");
        }
        until("all of it is stored", || engines.store.text(&tenant(), document(1)).len() == 1500).await;
        assert!(engines.store.appends.load(Ordering::SeqCst) < 1000);
        until("a snapshot", || engines.store.compactions.load(Ordering::SeqCst) > 0).await;
        assert_eq!(engines.store.text(&tenant(), document(1)).len(), 1500);
    });
}
