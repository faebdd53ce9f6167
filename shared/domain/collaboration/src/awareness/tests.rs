use super::*;
use chrono::TimeZone;
use proptest::prelude::*;
use yrs::sync::AwarenessUpdate;
use yrs::updates::decoder::Decode;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).unwrap()
}

fn stamp(user: &str) -> Stamp {
    Stamp { user: user.parse().unwrap(), name: user.to_uppercase() }
}

fn says(client: u64, clock: u32, state: &str) -> Vec<u8> {
    update(client, clock, Some(state)).payload
}

/// What is passed on, as the reference reads it: client, clock, state.
fn read(updates: &[PresenceUpdate]) -> Vec<(u64, u32, Value)> {
    let one = |update: &PresenceUpdate| {
        let theirs = AwarenessUpdate::decode_v1(&update.payload).unwrap();
        let (client, entry) = theirs.clients.iter().next().unwrap();
        (client.get(), entry.clock, serde_json::from_str(&entry.json).unwrap())
    };
    updates.iter().map(one).collect()
}

#[test]
fn a_state_is_passed_on_with_who_it_is() {
    let mut room = Presence::default();
    let state = r##"{"cursor":{"anchor":3},"user":{"name":"the king","id":"king","color":"#f00"}}"##;
    let out = read(&room.heard(Peer(1), &stamp("ada"), &says(7, 1, state), now()).unwrap());
    let expected = serde_json::json!({
        "cursor": { "anchor": 3 }, "user": { "id": "ada", "name": "ADA", "color": "#f00" }
    });
    assert_eq!(out[0].0, 7);
    assert_eq!(out[0].2, expected);
    let everybody = AwarenessUpdate::decode_v1(&room.everybody().unwrap()).unwrap();
    assert_eq!(everybody.clients.len(), 1);
}

#[test]
fn nobody_speaks_for_somebody_else() {
    let mut room = Presence::default();
    room.heard(Peer(1), &stamp("ada"), &says(7, 1, "{}"), now()).unwrap();
    assert!(room.heard(Peer(2), &stamp("eve"), &says(7, 9, r#"{"cursor":1}"#), now()).unwrap().is_empty());
    assert!(room.heard(Peer(2), &stamp("eve"), &says(7, 9, "null"), now()).unwrap().is_empty());
    // Nor for somebody who has just left: stock clients repeat what they heard.
    room.left(Peer(1), now());
    assert!(room.heard(Peer(2), &stamp("eve"), &says(7, 9, "{}"), now()).unwrap().is_empty());
}

#[test]
fn a_connection_speaks_for_a_few_ids_only() {
    let mut room = Presence::default();
    let heard =
        (0..20).filter(|id| !room.heard(Peer(1), &stamp("eve"), &says(*id, 1, "{}"), now()).unwrap().is_empty());
    assert_eq!(heard.count(), CLIENT_IDS_MAX);
}

#[test]
fn who_comes_back_is_believed_at_once() {
    let mut room = Presence::default();
    let first = read(&room.heard(Peer(1), &stamp("ada"), &says(7, 5, "{}"), now()).unwrap());
    // The old connection is not yet known to be dead; the new one begins with the same clock.
    let second = read(&room.heard(Peer(2), &stamp("ada"), &says(7, 5, "{}"), now()).unwrap());
    assert!(second[0].1 > first[0].1);
    assert!(room.left(Peer(1), now()).is_empty(), "it is the new connection's now");
    let gone = read(&room.left(Peer(2), now()));
    assert_eq!((gone[0].0, &gone[0].2), (7, &Value::Null));
    assert!(gone[0].1 > second[0].1);
    let third = read(&room.heard(Peer(3), &stamp("ada"), &says(7, 5, "{}"), now()).unwrap());
    assert!(third[0].1 > gone[0].1);
}

#[test]
fn a_tab_that_another_tab_spoke_for_is_its_own() {
    let mut room = Presence::default();
    let ada = stamp("ada");
    room.heard(Peer(1), &ada, &says(1, 1, "{}"), now()).unwrap();
    // Over the browser's own channel the first tab has heard of the second one.
    assert_eq!(room.heard(Peer(1), &ada, &says(2, 1, "{}"), now()).unwrap().len(), 1);
    assert_eq!(room.heard(Peer(2), &ada, &says(2, 1, "{}"), now()).unwrap().len(), 1);
    assert!(room.heard(Peer(1), &ada, &says(2, 2, "{}"), now()).unwrap().is_empty());
    assert_eq!(read(&room.left(Peer(1), now()))[0].0, 1);
}

#[test]
fn a_node_that_is_gone_takes_its_people_with_it() {
    let (mut here, mut there) = (Presence::default(), Presence::default());
    let out = here.heard(Peer(1), &stamp("ada"), &says(7, 1, "{}"), now()).unwrap();
    assert_eq!(there.relayed(&out[0].payload, now()).unwrap().len(), 1);
    assert!(there.relayed(&out[0].payload, now()).unwrap().is_empty(), "twice is once");
    assert!(there.here().is_none());
    assert!(here.here().is_some());
    assert!(there.expire(now() + TimeDelta::seconds(29)).is_empty());
    let gone = read(&there.expire(now() + TimeDelta::seconds(31)));
    assert_eq!(gone[0].2, Value::Null);
    // On the other node she comes back, after a while or at once.
    let later = now() + TimeDelta::seconds(60);
    assert_eq!(there.heard(Peer(9), &stamp("ada"), &says(7, 1, "{}"), later).unwrap().len(), 1);
    assert!(there.everybody().is_some());
}

#[test]
fn what_is_no_state_is_passed_over_and_what_is_too_large_too() {
    let mut room = Presence::default();
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(AWARENESS_STATE_BYTES_MAX));
    for bad in ["[1]", "7", "{", &large, &"[".repeat(4000)] {
        assert!(room.heard(Peer(1), &stamp("eve"), &says(1, 1, bad), now()).unwrap().is_empty());
    }
    assert!(room.heard(Peer(1), &stamp("eve"), &[0xff, 0xff, 0x7f], now()).is_err());
}

proptest! {
    #[test]
    fn hostile_bytes_are_an_error_at_most(message in proptest::collection::vec(any::<u8>(), 0..100)) {
        let mut room = Presence::default();
        let _ = room.heard(Peer(1), &stamp("eve"), &message, now());
        let _ = room.relayed(&message, now());
    }
}
