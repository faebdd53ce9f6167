//! What nodes that have the same room open tell each other.

use crate::room::{Room, Source};
use crate::rooms::Inner;
use octavo_domain_collaboration::{Message, messages, text_digest};
use std::time::{Duration, Instant};

/// Not more often than this, however much is missing.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// A message of another node. Whatever it says was checked and stamped there.
pub(crate) fn received(inner: &Inner, room: &Room, frame: &[u8]) {
    room.live.lock().others_heard = Some(Instant::now());
    for message in messages(frame) {
        let Ok(message) = message else {
            tracing::warn!(document = %room.document, "rooms: a node sent what cannot be read");
            return;
        };
        match message {
            Message::Step1(state) => answer(inner, room, state),
            Message::Step2(update) | Message::Update(update) => {
                if room.absorb(inner, update, &Source::Node).is_err() {
                    tracing::warn!(document = %room.document, "rooms: a node sent an update that cannot be read");
                }
            }
            Message::Awareness(message) => {
                let relayed = room.live.lock().presence.relayed(message, inner.ports.clock.now());
                if let Ok(relayed) = relayed {
                    room.show(None, &relayed);
                }
            }
            Message::QueryAwareness => {
                let here = room.live.lock().presence.here();
                if let Some(here) = here {
                    inner.publisher.publish(&room.tenant, &room.channel, Message::Awareness(&here).encode());
                }
            }
            Message::Saved { version, digest } => saved(room, version, digest),
            Message::Denied(_) | Message::Unknown(_) => {}
        }
    }
}

/// Another node says what it has: it is given what it lacks, and asked for what is lacking here. It is answered also where
/// it lacks nothing that can be seen from its state, for deletions cannot, and so that it knows that somebody is there.
fn answer(inner: &Inner, room: &Room, state: &[u8]) {
    let (difference, lacks) = {
        let live = room.live.lock();
        (live.replica.encode_since(state), live.replica.lacks(state).unwrap_or(false))
    };
    if let Ok(difference) = difference {
        inner.publisher.publish(&room.tenant, &room.channel, Message::Step2(&difference).encode());
    }
    if lacks {
        ask(inner, room, false);
    }
}

/// Says what this node has; who has more answers. `first` where nobody is known here yet.
pub(crate) fn ask(inner: &Inner, room: &Room, first: bool) {
    let mut frame = Vec::new();
    {
        let mut live = room.live.lock();
        if !first && live.asked.is_some_and(|asked| asked.elapsed() < ASK_EVERY) {
            return;
        }
        live.asked = Some(Instant::now());
        Message::Step1(&live.replica.state_vector()).encode_into(&mut frame);
        if first {
            Message::QueryAwareness.encode_into(&mut frame);
            if let Some(here) = live.presence.here() {
                Message::Awareness(&here).encode_into(&mut frame);
            }
        }
    }
    inner.publisher.publish(&room.tenant, &room.channel, frame.into());
}

/// Another node wrote the room as a version.
fn saved(room: &Room, version: u32, digest: &[u8]) {
    let mut live = room.live.lock();
    if version <= live.version {
        return;
    }
    live.version = version;
    live.saved = digest.try_into().ok();
    if live.unsaved.is_some() && live.saved == Some(text_digest(&live.replica.text())) {
        live.unsaved = None;
    }
}
