//! Frames of WebSockets, from a client.

use realtime_node_websocket::{Decoder, Fault, IN_PIECES, Item};

/// Bytes of a message, at most: small, so that inputs meet it.
const MESSAGE_BYTES_MAX: usize = 512;
/// Bytes of a control frame's payload (RFC 6455, section 5.5).
const CONTROL_BYTES_MAX: usize = 125;

/// Panics where the reading depends on how the bytes were cut, where a message is over its limit, or where a text is none.
pub(crate) fn run(bytes: &[u8]) {
    let (items, fault) = read(bytes, bytes.len().max(1), MESSAGE_BYTES_MAX);
    for piece in [1, 5] {
        assert_eq!(read(bytes, piece, MESSAGE_BYTES_MAX), (items.clone(), fault), "in pieces of {piece}");
    }
    for item in &items {
        match item {
            Item::Text(text) => {
                assert!(std::str::from_utf8(text).is_ok(), "a text that is no UTF-8");
                assert!(text.len() <= MESSAGE_BYTES_MAX);
            }
            Item::Binary(message) => assert!(message.len() <= MESSAGE_BYTES_MAX),
            Item::Ping(payload) | Item::Pong(payload) => assert!(payload.len() <= CONTROL_BYTES_MAX),
            Item::Close(_) => {}
        }
    }
    // However it was cut, all of a message comes out of pieces, in order.
    let joined = |piece| {
        let (items, fault) = read(bytes, piece, IN_PIECES);
        let binary = items.iter().filter_map(|item| if let Item::Binary(part) = item { Some(&part[..]) } else { None });
        (binary.collect::<Vec<_>>().concat(), fault)
    };
    let (whole, fault) = joined(bytes.len().max(1));
    let (cut, their_fault) = joined(3);
    assert_eq!(their_fault, fault);
    assert_eq!(cut, whole);
}

fn read(bytes: &[u8], piece: usize, message_bytes_max: usize) -> (Vec<Item>, Option<Fault>) {
    let mut decoder = Decoder::new(message_bytes_max);
    let mut items = Vec::new();
    // Unmasked in place: each reading has bytes of its own.
    let mut wire = bytes.to_vec();
    for part in wire.chunks_mut(piece) {
        let mut at = 0;
        while at < part.len() {
            match decoder.decode(&mut part[at..]) {
                Ok((done, item)) => {
                    at += done;
                    let is_last = matches!(item, Some(Item::Close(_)));
                    items.extend(item);
                    if is_last {
                        return (items, None);
                    }
                }
                Err(fault) => return (items, Some(fault)),
            }
        }
    }
    (items, None)
}
