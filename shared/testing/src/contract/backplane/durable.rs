//! Messages with a history.

use super::{Groups, Node};
use crate::contract::eventually::eventually;
use bytes::Bytes;
use octavo_domain_realtime::{Backplane, Channel, HistoryLimits, Position};
use std::time::Duration;

const LIMITS: HistoryLimits = HistoryLimits { length: 1_000, ttl: Duration::from_secs(600) };

pub(super) async fn judge<B: Backplane>(nodes: &[Node<B>; 2], forget: &impl AsyncFn(&Channel)) {
    every_message_has_its_place(nodes).await;
    what_came_after_a_position_is_whole_or_nothing(nodes).await;
    what_was_trimmed_is_missed(nodes).await;
    who_waits_for_the_first_message_misses_nothing(nodes).await;
    tops_are_in_the_order_of_the_question(nodes).await;
    a_lost_history_has_another_epoch(nodes, forget).await;
    a_history_ends_with_its_time(nodes).await;
    two_that_publish_at_once_share_the_places(nodes).await;
    large_histories_are_whole_or_nothing(nodes).await;
}

async fn say<B: Backplane>(node: &Node<B>, channel: &Channel, text: &str) -> Position {
    node.backplane.publish_durable(channel, Bytes::from(text.to_owned()), LIMITS).await.unwrap()
}

fn at(top: &Position, offset: u64) -> Position {
    Position { offset, ..top.clone() }
}

/// The texts that came after a position, if they are all that did.
async fn after<B: Backplane>(node: &Node<B>, channel: &Channel, since: &Position, limit: usize) -> Option<Vec<String>> {
    let history = node.backplane.history(channel, Some(since), limit).await.unwrap();
    if !history.whole {
        assert!(history.entries.is_empty(), "a part is never shown as the whole");
        return None;
    }
    let offsets: Vec<u64> = history.entries.iter().map(|entry| entry.offset).collect();
    assert_eq!(offsets, (since.offset + 1..=history.top.offset).collect::<Vec<_>>(), "in order, without gaps");
    Some(history.entries.iter().map(|entry| String::from_utf8_lossy(&entry.payload).into_owned()).collect())
}

async fn every_message_has_its_place<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let room = Groups::new().channel("room");
    one.wants(std::slice::from_ref(&room)).await;
    let first = say(two, &room, "a").await;
    assert_eq!(first.offset, 1);
    assert!(!first.epoch.is_empty());
    two.backplane.publish(&room, Bytes::from_static(b"in passing")).await.unwrap();
    assert_eq!(say(one, &room, "b").await, at(&first, 2), "what is not kept has no place");
    let odd = Bytes::from_static(b"\0\r\n\xff\n");
    assert_eq!(one.backplane.publish_durable(&room, odd.clone(), LIMITS).await.unwrap(), at(&first, 3));
    let heard = one.heard.messages(&room, 4).await;
    let expected = [
        (Bytes::from_static(b"a"), Some(at(&first, 1))),
        (Bytes::from_static(b"in passing"), None),
        (Bytes::from_static(b"b"), Some(at(&first, 2))),
        (odd.clone(), Some(at(&first, 3))),
    ];
    assert_eq!(heard, expected);
    let history = two.backplane.history(&room, Some(&at(&first, 2)), 10).await.unwrap();
    assert_eq!((history.whole, &history.entries[0].payload, history.top), (true, &odd, at(&first, 3)));
}

async fn what_came_after_a_position_is_whole_or_nothing<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let room = Groups::new().channel("room");
    let top = say(one, &room, "1").await;
    for n in 2..=5 {
        say(one, &room, &n.to_string()).await;
    }
    let top = at(&top, 5);
    let texts = |from: u64| Some((from..=5).map(|n| n.to_string()).collect::<Vec<_>>());
    for since in 0..=5 {
        assert_eq!(after(two, &room, &at(&top, since), 5).await, texts(since + 1));
    }
    assert_eq!(after(two, &room, &at(&top, 3), 2).await, texts(4));
    assert_eq!(after(two, &room, &at(&top, 2), 2).await, None, "more than was asked for");
    assert_eq!(after(two, &room, &at(&top, 5), 0).await, texts(6), "nothing is whole");
    assert_eq!(after(two, &room, &at(&top, 6), 5).await, None, "never was");
    assert_eq!(after(two, &room, &at(&top, u64::MAX), 5).await, None, "never was");
    for epoch in ["", "another", "a b\nc", &format!("{}x", top.epoch)] {
        let since = Position { epoch: epoch.to_owned(), offset: 5 };
        let history = two.backplane.history(&room, Some(&since), 5).await.unwrap();
        assert_eq!((history.whole, history.entries.len(), history.top), (false, 0, top.clone()), "{epoch:?}");
    }
    let history = two.backplane.history(&room, None, 5).await.unwrap();
    assert_eq!((history.entries.len(), history.top), (0, top));
}

async fn what_was_trimmed_is_missed<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let room = Groups::new().channel("room");
    let short = HistoryLimits { length: 3, ..LIMITS };
    let mut top = None;
    for n in 1..=5 {
        top = Some(one.backplane.publish_durable(&room, Bytes::from(n.to_string()), short).await.unwrap());
    }
    let top = top.unwrap();
    assert_eq!(top.offset, 5);
    assert_eq!(after(two, &room, &at(&top, 1), 10).await, None, "2 is gone: exactly three are kept");
    assert_eq!(after(two, &room, &at(&top, 2), 10).await.unwrap(), ["3", "4", "5"]);
}

async fn who_waits_for_the_first_message_misses_nothing<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let room = Groups::new().channel("room");
    let before = one.backplane.history(&room, None, 10).await.unwrap().top;
    assert_eq!(before.offset, 0);
    assert_eq!(two.backplane.history(&room, None, 10).await.unwrap().top, before, "all wait for the same");
    assert_eq!(after(two, &room, &before, 10).await.unwrap(), [""; 0]);
    assert_eq!(after(two, &room, &Position { epoch: "another".to_owned(), offset: 0 }, 10).await, None);
    assert_eq!(after(two, &room, &at(&before, 1), 10).await, None);
    assert_eq!(one.backplane.tops(std::slice::from_ref(&room)).await.unwrap(), [None], "nothing was published");
    say(two, &room, "first").await;
    assert_eq!(after(one, &room, &before, 10).await.unwrap(), ["first"]);
}

async fn tops_are_in_the_order_of_the_question<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let groups = Groups::new();
    let channels: Vec<Channel> = (0..300).map(|n| groups.channel(&n.to_string())).collect();
    let mut expected = vec![None; channels.len()];
    for n in (0..channels.len()).step_by(7) {
        say(one, &channels[n], "a").await;
        expected[n] = Some(say(one, &channels[n], "b").await);
    }
    assert_eq!(two.backplane.tops(&channels).await.unwrap(), expected);
    assert_eq!(two.backplane.tops(&[]).await.unwrap(), []);
}

async fn a_lost_history_has_another_epoch<B: Backplane>([one, two]: &[Node<B>; 2], forget: &impl AsyncFn(&Channel)) {
    let room = Groups::new().channel("room");
    let old = say(one, &room, "old").await;
    forget(&room).await;
    assert_eq!(after(two, &room, &old, 10).await, None, "what it held is not known");
    let new = say(one, &room, "new").await;
    assert_eq!(new.offset, 1);
    assert_ne!(new.epoch, old.epoch);
    assert_eq!(after(two, &room, &old, 10).await, None, "the same offset of another epoch");
    assert_eq!(after(two, &room, &at(&new, 0), 10).await.unwrap(), ["new"]);
}

async fn a_history_ends_with_its_time<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let room = [Groups::new().channel("room")];
    // Shorter than a second is kept for one.
    let brief = HistoryLimits { ttl: Duration::from_millis(1), ..LIMITS };
    let waited = one.backplane.history(&room[0], None, 1).await.unwrap().top;
    let old = one.backplane.publish_durable(&room[0], Bytes::from_static(b"brief"), brief).await.unwrap();
    assert_eq!(old, at(&waited, 1));
    eventually("the history is gone", async || two.backplane.tops(&room).await.unwrap() == [None]).await;
    assert_eq!(after(two, &room[0], &old, 10).await, None);
    assert_eq!(after(two, &room[0], &waited, 10).await, None, "something came after it");
    assert_ne!(say(one, &room[0], "later").await.epoch, old.epoch);
}

async fn two_that_publish_at_once_share_the_places<B: Backplane>(nodes: &[Node<B>; 2]) {
    const EACH: usize = 100;
    let [one, two] = nodes;
    let room = Groups::new().channel("room");
    one.wants(std::slice::from_ref(&room)).await;
    two.wants(std::slice::from_ref(&room)).await;
    let all = nodes.iter().flat_map(|node| (0..EACH).map(|n| say(node, &room, if n == 0 { "x" } else { "y" })));
    let mut places: Vec<Position> = futures::future::join_all(all).await;
    places.sort_by_key(|place| place.offset);
    let expected: Vec<Position> = (1..=2 * EACH as u64).map(|offset| at(&places[0], offset)).collect();
    assert_eq!(places, expected);
    for node in nodes {
        let heard = node.heard.messages(&room, 2 * EACH).await;
        let heard: Vec<Position> = heard.into_iter().filter_map(|(_, position)| position).collect();
        assert_eq!(heard, expected, "they come in the order of their places");
    }
}

async fn large_histories_are_whole_or_nothing<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let room = Groups::new().channel("room");
    let top = say(one, &room, "0").await;
    for _ in 0..40 {
        one.backplane.publish_durable(&room, Bytes::from(vec![b'x'; 500_000]), LIMITS).await.unwrap();
    }
    let lengths = |texts: Vec<String>| texts.iter().map(String::len).collect::<Vec<_>>();
    assert_eq!(lengths(after(two, &room, &at(&top, 39), 100).await.unwrap()), [500_000; 2]);
    // However much an engine reads at once: all of it, or it says that it does not.
    if let Some(all) = after(two, &room, &top, 100).await {
        assert_eq!(lengths(all), [500_000; 40]);
    }
}
