//! What happens at each limit, and that it is counted.

use crate::support::{Client, Node, eventually};
use futures::StreamExt;
use realtime_node_server::{Ending, Refusal};
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_user_has_so_many_connections() {
    let node = Node::with(|options| options.limits.connections_per_user = 2).await;
    let mut held = [Client::connect(&node, "acme.ada").await, Client::connect(&node, "acme.ada").await];
    for client in &mut held {
        client.hears_nothing().await;
    }
    let mut third = Client::connect(&node, "acme.ada").await;
    assert!(third.record().await.unwrap()["error"].as_str().unwrap().contains("Too many connections"));
    assert_eq!(third.record().await, None);
    assert_eq!(node.seen.ended(Ending::TooManyOfUser), 1);
    // Another user, and the same name at another tenant, are not concerned.
    Client::connect(&node, "acme.bob").await.hears_nothing().await;
    Client::connect(&node, "other.ada").await.hears_nothing().await;
    drop(held);
    eventually("there is room again", || node.server.counters().connections == 0).await;
    Client::connect(&node, "acme.ada").await.hears_nothing().await;
}

#[tokio::test]
async fn an_address_the_unshaken_and_the_server_have_so_many() {
    for (at, refusal, status) in [(0, Refusal::Address, 429), (1, Refusal::Pending, 503), (2, Refusal::Full, 503)] {
        let node = Node::with(|options| {
            let limits = &mut options.limits;
            [&mut limits.connections_per_address, &mut limits.pending, &mut limits.connections]
                .into_iter()
                .nth(at)
                .map(|limit| *limit = 1)
                .unwrap();
        })
        .await;
        let held = Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap();
        assert_eq!(Client::refusal(&node, "/hubs/test?access_token=acme.ada").await, status);
        assert!(node.seen.refused(refusal));
        let url = node.url("/hubs/test/negotiate");
        let negotiated = reqwest::Client::new().post(url).bearer_auth("acme.ada").send().await.unwrap();
        assert_eq!((negotiated.status().as_u16(), negotiated.headers().contains_key("retry-after")), (status, true));
        drop(held);
        eventually("there is room again", || node.server.counters().connections == 0).await;
        Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_is_in_so_many_groups() {
    let node = Node::with(|options| options.limits.groups_per_connection = 2).await;
    let mut client = Client::connect(&node, "acme.ada").await;
    for group in ["a", "b", "b"] {
        client.result("Join", json!([group])).await;
    }
    assert!(client.error("Join", json!(["c"])).await.contains("may be in 2 groups"));
    client.result("Leave", json!(["a"])).await;
    client.result("Join", json!(["c"])).await;
    assert!(client.error("Join", json!([""])).await.contains("1 to 256 bytes"));
}

#[tokio::test]
async fn who_sends_too_much_waits_and_loses_nothing() {
    let node = Node::with(|options| {
        options.limits.records_per_second = 100.0;
        options.limits.records_burst = 5.0;
    })
    .await;
    let mut client = Client::connect(&node, "acme.ada").await;
    // Unknown methods count too.
    for _ in 0..15 {
        client.begin("NoSuch", json!([])).await;
    }
    for _ in 0..15 {
        client.record().await.unwrap();
    }
    assert!(node.seen.throttled.load(Ordering::Relaxed) >= 5);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_slows_nobody() {
    let node = Node::with(|options| options.limits.queue_bytes = 64 * 1024).await;
    let mut slow = Client::connect(&node, "acme.slow").await;
    let mut good = Client::connect(&node, "acme.good").await;
    slow.begin("Join", json!(["g"])).await;
    good.result("Join", json!(["g"])).await;
    let mut sent = 0;
    while node.seen.ended(Ending::Slow) == 0 {
        good.begin("SendToGroup", json!(["g", "x".repeat(30_000)])).await;
        assert_eq!(good.pushed().await.0, "told");
        good.record().await.unwrap();
        sent += 1;
        assert!(sent < 2_000, "it is never disconnected");
    }
    assert!(node.seen.dropped.load(Ordering::Relaxed) > 0);
    good.hears_nothing().await;
    // It finds the connection gone once it reads.
    while let Some(Ok(_)) = slow.socket.next().await {}
}

#[tokio::test]
async fn messages_that_may_be_dropped_are_and_the_connection_stays() {
    for slow in ["drop_oldest", "latest_wins"] {
        let node = Node::with(|options| options.limits.queue_bytes = 64 * 1024).await;
        let mut client = Client::connect(&node, "acme.slow").await;
        let id = client.begin("Flood", json!([2_000, 20_000, slow])).await;
        eventually("all is sent", || node.seen.invocations.lock().iter().any(|(method, _)| method == "Flood")).await;
        let (mut last, mut count) = (0, 0);
        loop {
            let record = client.record().await.unwrap();
            if record["type"] == 3 {
                assert_eq!(record["invocationId"], id.as_str());
                break;
            }
            count += 1;
            last = record["arguments"][0].as_i64().unwrap();
        }
        assert_eq!(last, 1_999, "the newest is never the one that is dropped");
        assert!(count < 2_000, "{count}");
        assert_eq!(node.seen.ended(Ending::Slow), 0);
        drop(client);
        eventually("what was dropped is counted", || node.seen.dropped.load(Ordering::Relaxed) == 2_000 - count).await;
    }
}
