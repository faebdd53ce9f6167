//! Replicas against clients of the reference library.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

use octavo_domain_collaboration::{Replica, ReplicaFault, TEXT_NAME, edits, merged_edits};
use proptest::prelude::*;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;
use yrs::{Doc, GetString, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact, Update};

/// A browser: UTF-16 positions, an id of its own.
struct Client {
    doc: Doc,
    text: TextRef,
}

impl Client {
    fn new(id: u64) -> Self {
        let mut options = Options::with_client_id(yrs::ClientID::new(id));
        options.offset_kind = OffsetKind::Utf16;
        let doc = Doc::with_options(options);
        let text = doc.get_or_insert_text(TEXT_NAME);
        Self { doc, text }
    }

    fn insert(&self, at: u32, what: &str) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        self.text.insert(&mut transaction, at, what);
        transaction.encode_update_v1()
    }

    fn remove(&self, at: u32, length: u32) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        self.text.remove_range(&mut transaction, at, length);
        transaction.encode_update_v1()
    }

    fn apply(&self, update: &[u8]) {
        self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }

    fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }

    fn state_vector(&self) -> Vec<u8> {
        self.doc.transact().state_vector().encode_v1()
    }

    fn everything(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }
}

#[test]
fn only_what_is_new_is_passed_on() {
    let (ada, mut room) = (Client::new(1), Replica::default());
    let update = ada.insert(0, "hello");
    assert!(room.absorb(&update).unwrap().is_some());
    assert_eq!(room.absorb(&update).unwrap(), None, "twice is once");
    ada.insert(5, " world");
    let new = room.absorb(&ada.everything()).unwrap().unwrap();
    assert!(new.len() < ada.everything().len(), "the whole document brought one word");
    let bob = Client::new(2);
    bob.apply(&update);
    bob.apply(&new);
    assert_eq!(bob.text(), "hello world");
    assert_eq!(room.absorb(&[0, 0]).unwrap(), None);
    let removed = ada.remove(0, 6);
    assert!(!room.has_content_for(&removed).unwrap());
    assert!(room.absorb(&removed).unwrap().is_some());
    assert_eq!(room.absorb(&removed).unwrap(), None);
    assert_eq!(room.text(), "world");
}

#[test]
fn what_builds_on_something_unseen_is_held_back_until_that_comes() {
    let (ada, bob, mut room) = (Client::new(1), Client::new(2), Replica::default());
    let (first, second) = (ada.insert(0, "a"), ada.insert(1, "b"));
    bob.apply(&ada.everything());
    let third = bob.insert(2, "c");
    let fourth = ada.remove(0, 1);
    for early in [&third, &second, &fourth, &third] {
        assert_eq!(room.absorb(early).unwrap(), None, "nobody is told of it yet");
    }
    assert_eq!(room.text(), "");
    let all = room.absorb(&first).unwrap().unwrap();
    assert_eq!(room.text(), "bc");
    let mut other = Replica::default();
    other.absorb(&all).unwrap();
    assert_eq!(other.text(), "bc");
}

#[test]
fn positions_are_utf_16() {
    let (ada, mut room) = (Client::new(1), Replica::default());
    room.absorb(&ada.insert(0, "a😀b👩‍👩‍👧c")).unwrap();
    let wanted = "a😀!b👩‍👩‍👧c😀";
    let found = edits(&room.text(), wanted);
    let update = room.edit(b"v2", &found).unwrap().unwrap();
    ada.apply(&update);
    assert_eq!((room.text(), ada.text()), (wanted.to_owned(), wanted.to_owned()));
    // And those of a client that types behind an emoji.
    room.absorb(&ada.insert(3, "ä")).unwrap();
    assert_eq!(room.text(), "a😀ä!b👩‍👩‍👧c😀");
}

#[test]
fn two_who_take_in_the_same_text_take_it_in_once() {
    let text = "The first content 😀\nof a document";
    let (mut here, mut there) = (Replica::default(), Replica::default());
    let first = here.edit(b"document-1:3", &edits("", text)).unwrap().unwrap();
    let second = there.edit(b"document-1:3", &edits("", text)).unwrap().unwrap();
    assert_eq!(first, second);
    assert_eq!(here.absorb(&second).unwrap(), None);
    assert_eq!(here.text(), text);
    // The same of a later version that came from elsewhere.
    let found = edits(text, "The content 😀\nof a document!");
    let first = here.edit(b"document-1:4", &found).unwrap().unwrap();
    let second = there.edit(b"document-1:4", &found).unwrap().unwrap();
    assert_eq!(first, second);
    there.absorb(&first).unwrap();
    assert_eq!(there.text(), "The content 😀\nof a document!");
    // Another version, or another state, has another id: their blocks never meet.
    let other = Replica::default().edit(b"document-1:4", &edits("", text)).unwrap().unwrap();
    assert_ne!(Some(other), Replica::default().edit(b"document-1:3", &edits("", text)).unwrap());
}

#[test]
fn a_version_from_elsewhere_leaves_what_was_typed_meanwhile() {
    let (ada, mut room) = (Client::new(1), Replica::default());
    let base = "one\ntwo\nthree\n";
    ada.apply(&room.edit(b"1", &edits("", base)).unwrap().unwrap());
    room.absorb(&ada.insert(3, "!")).unwrap();
    let found = merged_edits(base, &room.text(), "one\ntwo\nthree\nfour\n");
    room.edit(b"2", &found).unwrap();
    assert_eq!(room.text(), "one!\ntwo\nthree\nfour\n");
}

#[test]
fn what_is_embedded_in_the_text_is_in_nobodys_way() {
    let (ada, mut room) = (Client::new(1), Replica::default());
    ada.insert(0, "ab");
    {
        let mut transaction = ada.doc.transact_mut();
        ada.text.insert_embed(&mut transaction, 1, yrs::Any::from(7.5));
    }
    room.absorb(&ada.everything()).unwrap();
    assert_eq!(room.text(), "ab");
    for wanted in ["abc", "xabc", "xayc", "", "z"] {
        let found = edits(&room.text(), wanted);
        room.edit(b"v", &found).unwrap();
        assert_eq!(room.text(), wanted);
    }
}

#[test]
fn a_state_vector_that_is_none_is_refused() {
    let room = Replica::default();
    assert_eq!(room.encode_since(&[0xff]), Err(ReplicaFault::Malformed));
    assert!(room.encode_since(&[0]).is_ok());
}

/// An edit of a client: which, insert or delete, where, what.
fn typing() -> impl Strategy<Value = Vec<(usize, bool, u32, String)>> {
    proptest::collection::vec((0..3usize, any::<bool>(), any::<u32>(), "[a-z😀é]{1,4}"), 1..40)
}

fn type_all(clients: &[Client], typed: &[(usize, bool, u32, String)]) -> Vec<Vec<u8>> {
    let mut updates = Vec::new();
    for (who, insert, at, what) in typed {
        let client = &clients[*who];
        let length = client.text.len(&client.doc.transact());
        // Not between the halves of a pair: no editor does.
        let text: Vec<u16> = client.text().encode_utf16().collect();
        let mut at = at % (length + 1);
        if text.get(at as usize).is_some_and(|unit| (0xdc00..0xe000).contains(unit)) {
            at -= 1;
        }
        if *insert || length == 0 {
            updates.push(client.insert(at, what));
        } else if at < length {
            let wide = text.get(at as usize).is_some_and(|unit| (0xd800..0xdc00).contains(unit));
            updates.push(client.remove(at, if wide { 2 } else { 1 }));
        }
        // Now and then they hear of each other.
        if updates.len() % 5 == 0 {
            let all = clients[0].everything();
            clients[1].apply(&all);
        }
    }
    updates
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn replicas_converge_in_any_order(typed in typing(), seed: u64) {
        let clients = [Client::new(1), Client::new(2), Client::new(3)];
        let updates = type_all(&clients, &typed);
        let mut shuffled = updates.clone();
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let (mut one, mut two, mut relayed) = (Replica::default(), Replica::default(), Replica::default());
        for update in &updates {
            one.absorb(update).unwrap();
        }
        for update in shuffled.iter().chain(&updates) {
            // Whoever has only what was passed on has all.
            if let Some(new) = two.absorb(update).unwrap() {
                relayed.absorb(&new).unwrap();
            }
        }
        prop_assert_eq!(one.text(), two.text());
        prop_assert_eq!(one.text(), relayed.text());
        // Also where it comes in lumps that overlap, as other nodes answer.
        let (mut lumped, mut relayed) = (Replica::default(), Replica::default());
        for lump in shuffled.chunks(3).chain(updates.chunks(5)) {
            if let Some(new) = lumped.absorb(&Replica::merge(lump).unwrap()).unwrap() {
                relayed.absorb(&new).unwrap();
                prop_assert_eq!(lumped.text(), relayed.text());
            }
        }
        prop_assert_eq!(one.text(), relayed.text());
        // Merged, as the store keeps them.
        let mut stored = Replica::default();
        for pair in shuffled.chunks(3) {
            stored.absorb(&Replica::merge(pair).unwrap()).unwrap();
        }
        prop_assert_eq!(one.text(), stored.text());
        let mut snapshot = Replica::default();
        snapshot.absorb(&stored.encode()).unwrap();
        prop_assert_eq!(snapshot.text(), one.text());
        let sorted = |bytes: &[u8]| {
            let state = StateVector::decode_v1(bytes).unwrap();
            let mut all: Vec<_> = state.iter().map(|(client, clock)| (client.get(), *clock)).collect();
            all.sort_unstable();
            all
        };
        prop_assert_eq!(sorted(&one.state_vector()), sorted(&snapshot.state_vector()));
        // A client that was away gets the difference to what it has.
        clients[2].apply(&snapshot.encode_since(&clients[2].state_vector()).unwrap());
        prop_assert_eq!(clients[2].text(), one.text());
    }

    #[test]
    fn hostile_bytes_are_an_error_at_most(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let mut room = Replica::default();
        let _ = room.absorb(&bytes);
        let _ = room.encode_since(&bytes);
        let _ = Replica::merge(&[bytes]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn damaged_updates_do_not_end_the_process(
        typed in typing(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let clients = [Client::new(1), Client::new(2), Client::new(3)];
        let updates = type_all(&clients, &typed);
        let mut room = Replica::default();
        for update in &updates[..updates.len() / 2] {
            room.absorb(update).unwrap();
        }
        let mut damaged = clients[1].everything();
        for (at, byte) in &damage {
            let at = at.index(damaged.len());
            damaged[at] = *byte;
        }
        if matches!(room.absorb_foreign(&damaged), Ok(Some(_))) {
            // Whoever comes can read what it has become.
            let _ = (room.text(), Replica::merge(&[damaged]));
            let mut other = Replica::default();
            other.absorb(&room.encode()).unwrap();
            let _ = other.text();
        }
    }
}
