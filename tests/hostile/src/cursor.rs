//! Cursors: of searches, which are signed, and of listings, which are not.

use chrono::DateTime;
use octavo_domain_search::{CursorKey, InvalidCursor, Position, SearchRequest};
use octavo_wiring_edge::{decode_cursor, encode_cursor};
use serde_json::Value;

/// The input as a cursor, and as what is done to a real one. Panics where one that was not given out opens, or where a
/// listing's is another one after it was read and written.
pub(crate) fn run(bytes: &[u8]) {
    let key = CursorKey::new(&[7; 32]).expect("long enough");
    let (tenant, user) = ("acme".parse().expect("a tenant"), "ada".parse().expect("a user"));
    let asked = SearchRequest { text: Some("borrow".to_owned()), ..SearchRequest::default() };
    let query = asked.validate().expect("a search");
    let now = DateTime::UNIX_EPOCH;
    let position = Position { tolerant: false, seen: 20, values: vec![Value::from(1.5), Value::from("0193")] };
    let genuine = key.seal(&tenant, &user, &query, position.clone(), now);
    assert_eq!(key.open(&tenant, &user, &query, &genuine, now), Ok(position));

    if let Ok(text) = std::str::from_utf8(bytes) {
        assert_eq!(key.open(&tenant, &user, &query, text, now), Err(InvalidCursor::Foreign), "a forgery opened");
        if let Ok(position) = decode_cursor::<Value>("query:cursor", text) {
            let again = decode_cursor::<Value>("query:cursor", &encode_cursor(&position));
            assert_eq!(again.ok(), Some(position), "a listing's cursor written anew");
        }
    }
    // The input says where the genuine one is changed, and to what.
    let mut tampered = genuine.clone().into_bytes();
    for change in bytes.chunks_exact(2).take(64) {
        let at = usize::from(change[0]) % tampered.len();
        tampered[at] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[usize::from(change[1] % 64)];
    }
    if let Some(cut) = bytes.last().filter(|_| bytes.len() % 2 == 1) {
        tampered.truncate(usize::from(*cut) % tampered.len());
    }
    let tampered = String::from_utf8(tampered).expect("of ASCII");
    if tampered != genuine {
        assert_eq!(key.open(&tenant, &user, &query, &tampered, now), Err(InvalidCursor::Foreign), "{tampered} opened");
    }
}
