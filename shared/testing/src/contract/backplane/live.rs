//! Messages that are not kept.

use super::{Groups, Node};
use crate::hearing::Heard;
use bytes::Bytes;
use octavo_domain_realtime::{Backplane, BackplaneState, Channel};
use std::time::{Duration, Instant};

/// How many channels a node wants that has many.
const MANY: usize = 10_000;
/// Longer than they take; on an idle machine it is some tenths of a second.
const MANY_WITHIN: Duration = Duration::from_secs(5);
/// Channels that are wanted one by one, to see what a round trip takes on a machine that does much else.
const ONE_BY_ONE: usize = 100;
/// How many times as long the many may take there. One by one they would take a hundred times as long.
const MANY_FACTOR: u32 = 20;

pub(super) async fn judge<B: Backplane>(nodes: &[Node<B>; 2]) {
    for node in nodes {
        assert_eq!(node.backplane.state(), BackplaneState::Connected);
        node.heard.until("connected", |all| all.contains(&Heard::State(BackplaneState::Connected))).await;
    }
    reaches_whoever_is_subscribed(nodes).await;
    any_bytes_come_as_they_were(nodes).await;
    a_channel_is_in_order(nodes).await;
    the_last_word_counts(nodes).await;
    many_channels(nodes).await;
    for node in nodes {
        assert_eq!(node.heard.states(), [BackplaneState::Connected], "nothing was lost");
    }
}

async fn reaches_whoever_is_subscribed<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let (groups, others) = (Groups::new(), Groups::new());
    let (room, same_name, end) = (groups.channel("room"), others.channel("room"), groups.channel("end"));
    assert_eq!(one.backplane.publish(&room, Bytes::from_static(b"nobody")).await.unwrap(), 0);
    one.wants(&[room.clone(), end.clone()]).await;
    assert_eq!(two.backplane.publish(&room, Bytes::from_static(b"to one")).await.unwrap(), 1);
    two.wants(&[room.clone(), end.clone()]).await;
    assert_eq!(one.backplane.publish(&room, Bytes::from_static(b"to both")).await.unwrap(), 2, "its own echo too");
    assert_eq!(one.backplane.publish(&same_name, Bytes::from_static(b"of another tenant")).await.unwrap(), 0);
    for end_of in [one, two] {
        end_of.backplane.publish(&end, Bytes::from_static(b"end")).await.unwrap();
    }
    for (node, expected) in [(one, &[&b"to one"[..], b"to both"][..]), (two, &[b"to both"])] {
        node.heard.messages(&end, 2).await;
        let heard = node.heard.of(&room);
        assert_eq!(heard.iter().map(|(payload, _)| payload.as_ref()).collect::<Vec<_>>(), expected);
        assert!(heard.iter().all(|(_, position)| position.is_none()), "it is not kept");
        assert!(node.heard.of(&same_name).is_empty());
    }
    one.backplane.unsubscribe(std::slice::from_ref(&room));
    one.backplane.subscribed().await.unwrap();
    assert_eq!(one.backplane.publish(&room, Bytes::from_static(b"to two")).await.unwrap(), 1);
    two.heard.message(&room, b"to two").await;
    one.backplane.publish(&end, Bytes::from_static(b"end")).await.unwrap();
    one.heard.messages(&end, 3).await;
    assert_eq!(one.heard.of(&room).len(), 2, "not wanted any more");
}

async fn any_bytes_come_as_they_were<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let odd = Groups::new().channel("{odd}:} \u{e9}\r\n*?[x]");
    one.wants(std::slice::from_ref(&odd)).await;
    let payloads = [
        Bytes::new(),
        Bytes::from_static(b"\0\x01\r\n\xff$5\r\n"),
        Bytes::from_static(b"\x01a 1\n"),
        Bytes::from(vec![7; 1 << 20]),
    ];
    for payload in &payloads {
        two.backplane.publish(&odd, payload.clone()).await.unwrap();
    }
    let heard = one.heard.messages(&odd, payloads.len()).await;
    assert_eq!(heard, payloads.map(|payload| (payload, None)));
}

async fn a_channel_is_in_order<B: Backplane>([one, two]: &[Node<B>; 2]) {
    const EACH: usize = 300;
    let groups = Groups::new();
    let channels = ["a", "b", "c"].map(|name| groups.channel(name));
    one.wants(&channels).await;
    two.wants(&channels).await;
    let text = |n: usize| Bytes::from(n.to_string());
    for n in (0..EACH).step_by(3) {
        for channel in &channels {
            one.backplane.publish(channel, text(n)).await.unwrap();
        }
        let more = channels.iter().flat_map(|channel| [n + 1, n + 2].map(|n| (channel.clone(), text(n))));
        one.backplane.publish_many(more.collect()).await.unwrap();
    }
    one.backplane.publish_many(Vec::new()).await.expect("nothing is no error");
    let expected: Vec<_> = (0..EACH).map(|n| (text(n), None)).collect();
    for node in [one, two] {
        for channel in &channels {
            assert_eq!(node.heard.messages(channel, EACH).await, expected);
        }
    }
}

async fn the_last_word_counts<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let room = [Groups::new().channel("fickle")];
    let reached = async || two.backplane.publish(&room[0], Bytes::new()).await.unwrap();
    for round in 0..20 {
        for _ in 0..round % 3 {
            one.backplane.subscribe(&room);
        }
        one.backplane.unsubscribe(&room);
        one.wants(&room).await;
        assert_eq!(reached().await, 1, "wanting twice is wanting once");
        one.backplane.subscribe(&room);
        one.backplane.unsubscribe(&room);
        one.backplane.subscribed().await.unwrap();
        assert_eq!(reached().await, 0, "it is given up with one word");
    }
}

async fn many_channels<B: Backplane>([one, two]: &[Node<B>; 2]) {
    let groups = Groups::new();
    let began = Instant::now();
    for n in 0..ONE_BY_ONE {
        one.wants(&[groups.channel(&format!("one-by-one-{n}"))]).await;
    }
    let within = MANY_WITHIN.max(began.elapsed() * MANY_FACTOR);
    let many: Vec<Channel> = (0..MANY).map(|n| groups.channel(&format!("many-{n}"))).collect();
    tokio::time::timeout(within, one.wants(&many)).await.expect("many are wanted in few round trips");
    let some: Vec<&Channel> = many.iter().step_by(97).collect();
    let messages = some.iter().map(|channel| ((*channel).clone(), Bytes::from(channel.to_string())));
    two.backplane.publish_many(messages.collect()).await.unwrap();
    for channel in &some {
        let heard = one.heard.messages(channel, 1).await;
        assert_eq!(heard, [(Bytes::from(channel.to_string()), None)]);
    }
    // Meanwhile others come and go.
    one.backplane.unsubscribe(&many);
    let room = groups.channel("one of few");
    tokio::time::timeout(within, one.wants(std::slice::from_ref(&room))).await.expect("many are given up at once");
    for channel in some {
        assert_eq!(two.backplane.publish(channel, Bytes::new()).await.unwrap(), 0);
    }
    assert_eq!(two.backplane.publish(&room, Bytes::new()).await.unwrap(), 1);
}
