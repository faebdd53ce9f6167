//! What a frame makes a node hold is bounded by its bytes, whatever it claims. In a program of its own: the most memory that a
//! process ever held is counted for the process.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use octavo_domain_collaboration::Replica;

/// What a few kilobytes may cost, beside what the program needs anyway. Each of these claims made the library hold more.
const GROWTH_KB_MAX: u64 = 48 * 1024;

/// A number as lib0 writes it.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A block of the client 1 in the text `t` whose content is of values, and what is in it.
fn block(values: &[u8]) -> Vec<u8> {
    [&[1, 1, 1, 0, 8, 1, 1, b't'][..], values, &[0]].concat()
}

/// The most memory that this process has held, in KiB.
#[cfg(target_os = "linux")]
fn most_held_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_frame_claims_costs_nothing() {
    let (clients, members) = (varint(1 << 26), varint(1 << 20));
    let object = [&[118][..], &members, &[0]].concat();
    let bombs = [
        ("clients", clients.clone()),
        ("blocks", [&[1][..], &clients, &[1, 0]].concat()),
        ("values", block(&clients)),
        ("members", block(&[&[1][..], &object].concat())),
        // Each within the other, so that the room for all of them is held at a time.
        ("members of members", block(&[&[1][..], &object.repeat(90)].concat())),
    ];
    let replica = Replica::default();
    let before = most_held_kb();
    for (name, bytes) in &bombs {
        assert!(Replica::default().absorb_foreign(bytes).is_err(), "{name}");
        assert!(replica.has_content_for(bytes).is_err(), "{name}");
        assert!(Replica::merge(&[bytes]).is_err(), "{name}");
        let grown = most_held_kb() - before;
        assert!(grown < GROWTH_KB_MAX, "{name}: {} bytes made {grown} KiB", bytes.len());
    }
    assert!(replica.encode_since(&clients).is_err() && replica.lacks(&clients).is_err());
    let grown = most_held_kb() - before;
    assert!(grown < GROWTH_KB_MAX, "a state vector made {grown} KiB");
}

#[test]
fn what_is_nested_without_end_ends_nobody() {
    // A stack that runs over is no panic that could be caught.
    let nested = block(&[&[1][..], &[117, 1].repeat(1_000_000), &[127]].concat());
    assert!(Replica::default().absorb_foreign(&nested).is_err());
}
