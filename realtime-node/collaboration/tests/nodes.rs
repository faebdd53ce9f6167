//! Several nodes: what they hear of each other and what not, and nodes that die.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod support;

use octavo_domain_documents::MediaType;
use octavo_domain_realtime::Channel;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use realtime_node_collaboration::RoomEvent;
use std::sync::atomic::Ordering;
use std::time::Duration;
use support::{Browser, Engines, Node, document, quick, run, tenant, until, until_or_say};

fn engines(text: &str) -> Engines {
    let engines = Engines::default();
    engines.documents.put(document(1), MediaType::Markdown, text);
    engines
}

#[test]
fn people_on_two_nodes_see_each_other() {
    run(async {
        let engines = engines("Hello 😀");
        let (one, two) = (Node::start(&engines, quick()), Node::start(&engines, quick()));
        let ada = Browser::join(&one, document(1), "ada").await;
        let bob = Browser::join(&two, document(1), "bob").await;
        ada.until_text("Hello 😀").await;
        bob.until_text("Hello 😀").await;
        ada.append("!");
        bob.until_text("Hello 😀!").await;
        bob.insert(0, "😀");
        ada.until_text("😀Hello 😀!").await;
        ada.point(ada.id, 1, r#"{"cursor":1}"#);
        bob.until("ada's cursor", |bob| bob.other(ada.id).is_some_and(|state| state.contains("ADA"))).await;
        // Who comes to a third node sees her there.
        let three = Node::start(&engines, quick());
        let eve = Browser::join(&three, document(1), "eve").await;
        eve.until_text("😀Hello 😀!").await;
        eve.until("ada's cursor", |eve| eve.other(ada.id).is_some()).await;
        let gone = ada.id;
        ada.leave();
        bob.until("ada is gone", |bob| bob.other(gone).is_none()).await;
        eve.until("ada is gone", |eve| eve.other(gone).is_none()).await;
    });
}

#[test]
fn what_waited_for_another_nodes_update_is_stored_when_that_comes() {
    use octavo_domain_collaboration::Message;
    use yrs::{OffsetKind, Options, Text, Transact};
    run(async {
        let engines = engines("x");
        let (one, two) = (Node::start(&engines, quick()), Node::start(&engines, quick()));
        let ada = Browser::join(&one, document(1), "ada").await;
        let bob = Browser::join(&two, document(1), "bob").await;
        ada.until_synced().await;
        bob.until_synced().await;
        let eve = Browser::join(&two, document(1), "eve").await;
        eve.until_synced().await;
        // Somebody who came from one node to the other typed on before either had all.
        let doc = yrs::Doc::with_options(Options { offset_kind: OffsetKind::Utf16, ..Options::default() });
        let text = doc.get_or_insert_text(octavo_domain_collaboration::TEXT_NAME);
        let update = |what: &str| {
            let mut transaction = doc.transact_mut();
            let end = text.len(&transaction);
            text.insert(&mut transaction, end, what);
            transaction.encode_update_v1()
        };
        let (first, second) = (update("first "), update("second "));
        ada.say(&Message::Update(&second));
        tokio::time::sleep(Duration::from_millis(50)).await;
        bob.say(&Message::Update(&first));
        ada.until("both", |ada| ada.text().contains("first second ")).await;
        eve.until("both", |eve| eve.text().contains("first second ")).await;
        until("both are stored", || engines.store.replica(&tenant(), document(1)).text().contains("first second "))
            .await;
    });
}

#[test]
fn the_first_text_is_there_once_however_many_nodes_open_the_room() {
    run(async {
        let engines = engines("The first content 😀\n");
        let nodes: Vec<_> = (0..4).map(|_| Node::start(&engines, quick())).collect();
        let all = futures::future::join_all(nodes.iter().map(|node| Browser::join(node, document(1), "ada"))).await;
        for browser in &all {
            browser.until_text("The first content 😀\n").await;
        }
        all[0].append("x");
        for browser in &all {
            browser.until_text("The first content 😀\nx").await;
        }
        until("it is stored", || engines.store.text(&tenant(), document(1)) == "The first content 😀\nx").await;
    });
}

#[test]
fn what_a_partition_hid_is_seen_after_it() {
    run(async {
        let engines = engines("text");
        let (one, two) = (Node::start(&engines, quick()), Node::start(&engines, quick()));
        let ada = Browser::join(&one, document(1), "ada").await;
        let bob = Browser::join(&two, document(1), "bob").await;
        ada.until_text("text").await;
        bob.until_text("text").await;
        engines.hub.cut(true);
        ada.insert(0, "ada ");
        bob.append(" bob");
        bob.remove(0, 1);
        until("all is stored", || engines.store.text(&tenant(), document(1)) == "ada ext bob").await;
        assert_eq!((ada.text(), bob.text()), ("ada text".to_owned(), "ext bob".to_owned()));
        engines.hub.cut(false);
        one.rooms.backplane_recovered();
        two.rooms.backplane_recovered();
        ada.until_text("ada ext bob").await;
        bob.until_text("ada ext bob").await;
    });
}

#[test]
fn a_deletion_that_was_lost_between_nodes_is_found() {
    run(async {
        let engines = engines("one two");
        let (one, two) = (Node::start(&engines, quick()), Node::start(&engines, quick()));
        let ada = Browser::join(&one, document(1), "ada").await;
        let bob = Browser::join(&two, document(1), "bob").await;
        ada.until_text("one two").await;
        bob.until_text("one two").await;
        // Both know of the other, and then nothing comes for a moment: no state vector will tell.
        engines.hub.faults.store(100, Ordering::SeqCst);
        ada.remove(0, 4);
        until("it is stored", || engines.store.text(&tenant(), document(1)) == "two").await;
        engines.hub.faults.store(0, Ordering::SeqCst);
        bob.until_text("two").await;
    });
}

#[test]
fn nothing_that_was_appended_is_lost_with_its_node() {
    run(async {
        let engines = engines("");
        let node = Node::start(&engines, quick());
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_synced().await;
        for word in ["It ", "was ", "typed ", "😀"] {
            ada.append(word);
        }
        until("it is stored", || engines.store.text(&tenant(), document(1)) == "It was typed 😀").await;
        ada.append(" and this was under way");
        let typed = ada.text();
        node.kill();
        assert_eq!(ada.closed().await, 1006);
        assert_eq!(engines.documents.versions(document(1)), [""], "no version was written");
        // The client goes to another node, with what the first one may not have kept.
        let other = Node::start(&engines, quick());
        let bob = Browser::join(&other, document(1), "bob").await;
        bob.until("what was stored", |bob| bob.text().starts_with("It was typed 😀")).await;
        let ada = Browser::join_with(&other, document(1), "ada", ada.doc()).await;
        bob.until_text(&typed).await;
        ada.leave();
        bob.leave();
        until("a version", || engines.documents.text(document(1)) == typed).await;
    });
}

#[test]
fn what_a_dead_node_did_not_save_another_saves_though_nobody_comes() {
    run(async {
        let engines = engines("text");
        let node = Node::start(&engines, quick());
        let ada = Browser::join(&node, document(1), "bob").await;
        ada.until_text("text").await;
        ada.append(" typed");
        until("it is stored", || engines.store.text(&tenant(), document(1)) == "text typed").await;
        node.kill();
        let other = Node::start(&engines, quick());
        use octavo_domain_kernel::Clock;
        let now = octavo_adapters_system::SystemClock.now();
        assert_eq!(other.rooms.save_left_behind(now).await.unwrap(), 1);
        until("a version", || engines.documents.text(document(1)) == "text typed").await;
        assert_eq!(engines.documents.writers(document(1)), ["ada", "bob"], "by who edited last");
        until("the room is not needed", || other.rooms.counters().rooms == 0).await;
        assert_eq!(other.rooms.save_left_behind(now).await.unwrap(), 0);
    });
}

#[test]
fn a_node_that_is_drained_sends_its_people_elsewhere_and_keeps_all() {
    run(async {
        let engines = engines("text");
        let (one, two) = (Node::start(&engines, quick()), Node::start(&engines, quick()));
        let ada = Browser::join(&one, document(1), "ada").await;
        ada.until_text("text").await;
        ada.append(" typed");
        one.rooms.drain(Duration::from_millis(50)).await;
        assert_eq!(ada.closed().await, 1012);
        assert_eq!(engines.documents.text(document(1)), "text typed");
        assert_eq!(Browser::join(&one, document(1), "ada").await.closed().await, 1012);
        let ada = Browser::join_with(&two, document(1), "ada", ada.doc()).await;
        ada.until_text("text typed").await;
        assert_eq!(one.rooms.counters().rooms, 0);
    });
}

#[test]
fn one_node_writes_the_version_of_what_was_typed_on_two() {
    run(async {
        let engines = engines("");
        let mut options = quick();
        options.saving.quiet = Duration::from_millis(200);
        options.saving.others = Duration::from_millis(200);
        let (one, two) = (Node::start(&engines, options.clone()), Node::start(&engines, options));
        let ada = Browser::join(&one, document(1), "ada").await;
        let bob = Browser::join(&two, document(1), "bob").await;
        ada.until_synced().await;
        bob.until_synced().await;
        for round in 1..=3 {
            ada.append("a");
            bob.append("b");
            let longest = 2 * round;
            ada.until("both", |ada| ada.text().len() == longest).await;
            bob.until("both", |bob| bob.text().len() == longest).await;
            until("a version", || engines.documents.text(document(1)).len() == longest).await;
        }
        tokio::time::sleep(Duration::from_millis(600)).await;
        let versions = engines.documents.versions(document(1));
        let mut distinct = versions.clone();
        distinct.dedup();
        assert_eq!(versions, distinct, "no version without a change");
        assert_eq!(versions.last().unwrap(), &ada.text());
        assert_eq!(ada.text(), bob.text());
    });
}

#[test]
fn a_tenants_envelope_reaches_no_other_tenants_room() {
    run(async {
        let engines = engines("text");
        let node = Node::start(&engines, quick());
        let ada = Browser::join(&node, document(1), "ada").await;
        ada.until_text("text").await;
        let envelope = octavo_domain_realtime::Envelope {
            origin: octavo_domain_realtime::NodeId::of_random(1),
            tenant: "other".parse().unwrap(),
            hub: String::new(),
            sent_at: 0,
            command: octavo_domain_realtime::Command::Room { message: bytes::Bytes::from_static(&[0, 2, 2, 0, 0]) },
        };
        node.rooms.received(&Channel::room(&tenant(), document(1)), &envelope);
        assert_eq!(node.events.count(|event| *event == RoomEvent::Relayed), 0);
    });
}

/// What people do: who, insert or delete, where, what; and sometimes one loses the connection or comes to another node.
#[derive(Debug, Clone)]
enum Act {
    Insert(usize, u32, String),
    Remove(usize, u32),
    Move(usize, usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (0..4usize, any::<u32>(), "[a-z😀é ]{1,6}").prop_map(|(who, at, what)| Act::Insert(who, at, what)),
        3 => (0..4usize, any::<u32>()).prop_map(|(who, at)| Act::Remove(who, at)),
        1 => (0..4usize, 0..3usize).prop_map(|(who, node)| Act::Move(who, node)),
    ];
    proptest::collection::vec(act, 1..60)
}

#[test]
fn everybody_converges_with_the_store_over_a_backplane_that_loses_doubles_and_reorders() {
    let config = Config { cases: 8, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    TestRunner::new(config)
        .run(&(acts(), 0..40u8), |(acts, faults)| {
            run(converge(acts, faults));
            Ok(())
        })
        .unwrap();
}

async fn converge(acts: Vec<Act>, faults: u8) {
    let engines = engines("A document 😀 that many edit.\n");
    engines.hub.faults.store(faults, Ordering::SeqCst);
    let nodes: Vec<_> = (0..3).map(|_| Node::start(&engines, quick())).collect();
    let mut people = Vec::new();
    for who in 0..4 {
        let browser = Browser::join(&nodes[who % 3], document(1), if who % 2 == 0 { "ada" } else { "bob" }).await;
        browser.until_synced().await;
        people.push(browser);
    }
    for act in acts {
        match act {
            Act::Insert(who, at, what) => {
                let place = place(&people[who], at);
                people[who].insert(place, &what);
            }
            Act::Remove(who, at) => {
                let place = place(&people[who], at);
                let text: Vec<u16> = people[who].text().encode_utf16().collect();
                if let Some(unit) = text.get(place as usize) {
                    people[who].remove(place, if (0xd800..0xdc00).contains(unit) { 2 } else { 1 });
                }
            }
            Act::Move(who, node) => {
                let token = if who % 2 == 0 { "ada" } else { "bob" };
                let doc = people[who].doc();
                // What the old connection still brings is read first: two would bring it in no order.
                people[who].leave_now();
                people[who].closed().await;
                people[who] = Browser::join_with(&nodes[node], document(1), token, doc).await;
            }
        }
        tokio::task::yield_now().await;
    }
    // Faults go on: what is lost is found again, only later.
    let same = || {
        let text = people[0].text();
        let stored = engines.store.replica(&tenant(), document(1));
        people.iter().all(|one| one.text() == text && one.state() == people[0].state()) && stored.text() == text
    };
    let stand = || {
        let of = |one: &Browser| format!("closed {:?}, {:?}: {:?}", one.closed_with(), one.state(), one.text());
        let stored = engines.store.replica(&tenant(), document(1)).text();
        let people: Vec<_> = people.iter().map(of).collect();
        format!("with {faults} faults of 100; stored: {stored:?}; {}", people.join("; "))
    };
    until_or_say("all have the same", same, stand).await;
    let stored = engines.store.replica(&tenant(), document(1));
    use yrs::updates::encoder::Encode;
    assert!(stored.is_at(&people[0].state().encode_v1()).unwrap());
    for one in &people {
        one.leave_now();
    }
    // And the version that is written in the end is the same text.
    let text = people[0].text();
    until("the version", || engines.documents.text(document(1)) == text).await;
}

/// A place that is not within a pair of surrogates.
fn place(browser: &Browser, at: u32) -> u32 {
    let text: Vec<u16> = browser.text().encode_utf16().collect();
    let at = at as usize % (text.len() + 1);
    let within = text.get(at).is_some_and(|unit| (0xdc00..0xe000).contains(unit));
    (if within { at - 1 } else { at }) as u32
}
