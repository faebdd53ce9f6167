//! Frames and updates of Yjs.

use chrono::DateTime;
use octavo_domain_collaboration::{FRAME_MESSAGES_MAX, Message, Peer, Presence, Replica, Stamp, messages};

/// Panics where a message is another one after it was written and read, where a frame holds more of them than it may, or
/// where somebody's presence is told with what cannot be read.
pub(crate) fn frame(bytes: &[u8]) {
    let all: Vec<_> = messages(bytes).collect();
    assert!(all.len() <= FRAME_MESSAGES_MAX + 1);
    let stamp = Stamp { user: "ada".parse().expect("a user"), name: "Ada".to_owned() };
    let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a moment");
    let (mut here, mut elsewhere) = (Presence::default(), Presence::default());
    for message in all.iter().flatten() {
        // What follows an unknown kind is dropped with it.
        if !matches!(message, Message::Unknown(_)) {
            let written = message.encode();
            let again: Vec<_> = messages(&written).collect();
            assert_eq!(again, [Ok(*message)], "written anew as {written:?}");
        }
        match message {
            Message::Awareness(update) => {
                for told in here.heard(Peer(1), &stamp, update, now).into_iter().flatten() {
                    let relayed = elsewhere.relayed(&told.payload, now);
                    assert!(relayed.is_ok(), "what one node tells another cannot be read: {relayed:?}");
                }
            }
            Message::Step1(vector) => {
                let _ = Replica::default().encode_since(vector);
            }
            Message::Step2(update_bytes) | Message::Update(update_bytes) => update(update_bytes),
            _ => {}
        }
    }
}

/// Panics where two replicas that took in the same do not agree, or where what one of them says cannot be taken in.
pub(crate) fn update(bytes: &[u8]) {
    let mut first = Replica::default();
    let taken = first.absorb_foreign(bytes);
    let told = match taken {
        Ok(Some(told)) => told,
        Ok(None) | Err(_) => return,
    };
    let mut second = Replica::default();
    second.absorb(&told).expect("what one replica tells can be taken in");
    assert_eq!(second.text(), first.text(), "after what was told");
    assert_eq!(second.state_vector(), first.state_vector(), "after what was told");
    let mut third = Replica::default();
    third.absorb(&first.encode()).expect("a whole state can be taken in");
    assert_eq!(third.text(), first.text(), "after the whole state");
    assert_eq!(first.absorb_foreign(bytes), Ok(None), "the same again is nothing new");
}
