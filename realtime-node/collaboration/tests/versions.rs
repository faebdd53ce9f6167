//! The room and the document's versions: what becomes one, and what came from elsewhere.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod support;

use octavo_domain_documents::MediaType;
use realtime_node_collaboration::RoomEvent;
use std::time::Duration;
use support::{Browser, Engines, Node, document, quick, run, tenant, until};

fn engines(text: &str) -> Engines {
    let engines = Engines::default();
    engines.documents.put(document(1), MediaType::Markdown, text);
    engines
}

#[test]
fn a_version_from_elsewhere_comes_into_the_open_room_and_leaves_what_was_typed() {
    run(async {
        let engines = engines("one\ntwo\nthree\n");
        let node = Node::start(&engines, quick());
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("one\ntwo\nthree\n").await;
        ada.insert(3, "! 😀");
        until("it is stored", || engines.store.text(&tenant(), document(1)).contains("😀")).await;
        let version = engines.documents.write(document(1), "one\ntwo\nthree\nfour\n");
        node.rooms.document_changed(&tenant(), document(1), version);
        ada.until_text("one! 😀\ntwo\nthree\nfour\n").await;
        ada.leave();
        until("a version of both", || engines.documents.versions(document(1)).len() == 3).await;
        assert_eq!(engines.documents.text(document(1)), "one! 😀\ntwo\nthree\nfour\n");
        assert_eq!(engines.documents.writers(document(1)), ["ada", "api", "ada"]);
    });
}

#[test]
fn a_version_that_nobody_told_of_is_found_when_one_is_written() {
    run(async {
        let engines = engines("one\ntwo\n");
        let mut options = quick();
        options.saving.quiet = Duration::from_millis(100);
        let node = Node::start(&engines, options);
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("one\ntwo\n").await;
        engines.documents.write(document(1), "zero\none\ntwo\n");
        ada.append("three\n");
        ada.until_text("zero\none\ntwo\nthree\n").await;
        until("a version of both", || engines.documents.text(document(1)) == "zero\none\ntwo\nthree\n").await;
        assert_eq!(engines.documents.versions(document(1)).len(), 3);
    });
}

#[test]
fn two_nodes_take_a_version_in_once() {
    run(async {
        let engines = engines("one\n");
        let (here, there) = (Node::start(&engines, quick()), Node::start(&engines, quick()));
        let ada = Browser::join(&here, document(1), "ada").await;
        let bob = Browser::join(&there, document(1), "bob").await;
        ada.until_text("one\n").await;
        bob.until_text("one\n").await;
        for round in 2..=6 {
            let text = format!("{}line {round} 😀\n", engines.documents.text(document(1)));
            let version = engines.documents.write(document(1), &text);
            here.rooms.document_changed(&tenant(), document(1), version);
            there.rooms.document_changed(&tenant(), document(1), version);
            ada.until_text(&text).await;
            bob.until_text(&text).await;
        }
        assert_eq!(engines.documents.versions(document(1)).len(), 6, "nothing was typed: no version of ours");
        let taken = |node: &Node| node.events.count(|event| *event == RoomEvent::TakenIn);
        // The text is seen a moment before it is counted.
        until("each was taken in", || taken(&here) + taken(&there) >= 6).await;
        assert_eq!(taken(&here) + taken(&there), 6, "and only once");
    });
}

#[test]
fn a_document_that_changed_while_nobody_was_there_is_opened_as_it_is() {
    run(async {
        let engines = engines("one\n");
        let node = Node::start(&engines, quick());
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("one\n").await;
        ada.append("two\n");
        let doc = ada.leave();
        until("it is unloaded", || node.rooms.counters().rooms == 0).await;
        engines.documents.write(document(1), "one\ntwo\nthree\n");
        // Also for one who has the old state still.
        let ada = Browser::join_with(&node, document(1), "ada", doc).await;
        ada.until_text("one\ntwo\nthree\n").await;
        ada.leave();
        until("it is unloaded", || node.rooms.counters().rooms == 0).await;
        assert_eq!(engines.documents.versions(document(1)).len(), 3);
    });
}

#[test]
fn what_was_typed_and_taken_back_is_no_version() {
    run(async {
        let engines = engines("text");
        let node = Node::start(&engines, quick());
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("text").await;
        ada.insert(0, "xyz");
        ada.remove(0, 3);
        until("it is stored", || engines.store.updates(&tenant(), document(1)) >= 2).await;
        ada.leave();
        until("it is unloaded", || node.rooms.counters().rooms == 0).await;
        assert_eq!(engines.documents.versions(document(1)), ["text"]);
    });
}

#[test]
fn a_document_that_is_deleted_closes_its_room() {
    run(async {
        let engines = engines("text");
        let node = Node::start(&engines, quick());
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("text").await;
        ada.append("!");
        until("it is stored", || engines.store.text(&tenant(), document(1)) == "text!").await;
        engines.documents.delete(document(1));
        node.rooms.document_deleted(&tenant(), document(1));
        assert_eq!(ada.closed().await, 4404);
        until("it is unloaded", || node.rooms.counters().rooms == 0).await;
    });
}
