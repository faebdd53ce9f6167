//! Streams, both ways.

use crate::support::{Client, Node, eventually};
use realtime_node_server::{Ending, InvocationOutcome};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

async fn begin_stream(client: &mut Client, target: &str, arguments: Value) -> String {
    let id = client.fresh();
    client.send(json!({"type": 4, "invocationId": id, "target": target, "arguments": arguments})).await;
    id
}

async fn upload(client: &mut Client, target: &str, kind: u32, stream: &str) -> String {
    let id = client.fresh();
    client
        .send(json!({"type": kind, "invocationId": id, "target": target, "arguments": [], "streamIds": [stream]}))
        .await;
    id
}

#[tokio::test]
async fn a_stream_brings_its_items_and_then_its_end() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let id = begin_stream(&mut client, "Counter", json!([3])).await;
    for item in 0..3 {
        assert_eq!(client.record().await.unwrap(), json!({"type": 2, "invocationId": id, "item": item}));
    }
    assert_eq!(client.record().await.unwrap(), json!({"type": 3, "invocationId": id}));
}

#[tokio::test]
async fn a_stream_that_fails_ends_with_its_error() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let id = begin_stream(&mut client, "CounterFails", json!([1])).await;
    assert_eq!(client.record().await.unwrap()["item"], 0);
    let end = client.record().await.unwrap();
    assert_eq!((end["invocationId"].as_str(), end["type"].as_i64()), (Some(id.as_str()), Some(3)));
    assert!(end["error"].as_str().unwrap().ends_with("HubException: no more"), "{end}");
}

#[tokio::test]
async fn a_stream_is_asked_for_as_one_and_a_value_is_not() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let error = client.error("Counter", json!([1])).await;
    assert!(error.contains("streaming 'Counter' method with a non-streaming invocation"), "{error}");
    begin_stream(&mut client, "Void", json!([])).await;
    let end = client.record().await.unwrap();
    assert!(end["error"].as_str().unwrap().contains("non-streaming 'Void' method"), "{end}");
}

#[tokio::test]
async fn a_cancelled_stream_is_dropped_and_still_answered() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let id = begin_stream(&mut client, "Endless", json!([])).await;
    client.record().await.unwrap();
    client.send(json!({"type": 5, "invocationId": id})).await;
    loop {
        let record = client.record().await.unwrap();
        if record["type"] == 3 {
            assert_eq!(record, json!({"type": 3, "invocationId": id}));
            break;
        }
    }
    assert_eq!(node.deps.cancelled.load(Ordering::Relaxed), 1);
    eventually("it is counted", || {
        node.seen.invocations.lock().contains(&("Endless".to_owned(), InvocationOutcome::Cancelled))
    })
    .await;
}

#[tokio::test]
async fn a_stream_is_dropped_with_its_connection_and_does_not_run_away_from_a_slow_client() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    begin_stream(&mut client, "Endless", json!([])).await;
    // Nothing is read: it fills what the kernel takes and then pauses, without an end of the connection.
    let mut before = usize::MAX;
    for _ in 0..400 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let sent = node.seen.sent.load(Ordering::Relaxed);
        if sent == before {
            break;
        }
        before = sent;
    }
    assert_eq!(node.seen.sent.load(Ordering::Relaxed), before, "it pauses");
    assert_eq!(node.seen.ended(Ending::Slow), 0);
    drop(client);
    eventually("it is dropped", || node.deps.cancelled.load(Ordering::Relaxed) == 1).await;
}

#[tokio::test]
async fn an_upload_comes_to_the_method_in_order() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let id = upload(&mut client, "Sum", 1, "s").await;
    for item in 1..=4 {
        client.send(json!({"type": 2, "invocationId": "s", "item": item})).await;
    }
    client.send(json!({"type": 3, "invocationId": "s"})).await;
    assert_eq!(client.record().await.unwrap(), json!({"type": 3, "invocationId": id, "result": 10}));
    // Both ids may be used again.
    upload(&mut client, "Sum", 1, "s").await;
    client.send(json!({"type": 3, "invocationId": "s"})).await;
    assert_eq!(client.record().await.unwrap()["result"], 0);
}

#[tokio::test]
async fn an_upload_that_the_method_does_not_take_yet_is_read_later_and_none_of_it_is_lost() {
    let node = Node::with(|options| options.limits.upload_items = 3).await;
    let mut client = Client::connect(&node, "acme.ada").await;
    upload(&mut client, "SumAfterGate", 1, "s").await;
    for _ in 0..50 {
        client.send(json!({"type": 2, "invocationId": "s", "item": 2})).await;
    }
    client.send(json!({"type": 3, "invocationId": "s"})).await;
    node.deps.gate.add_permits(1);
    assert_eq!(client.record().await.unwrap()["result"], 100);
}

#[tokio::test]
async fn what_waits_for_a_method_does_not_keep_others_from_being_told() {
    let node = Node::with(|options| options.limits.upload_items = 1).await;
    let mut held = Client::connect(&node, "acme.ada").await;
    let mut other = Client::connect(&node, "acme.bob").await;
    upload(&mut held, "SumAfterGate", 1, "s").await;
    for _ in 0..10 {
        held.send(json!({"type": 2, "invocationId": "s", "item": 1})).await;
    }
    // More than the kernel takes at once: what waits goes out although nothing is read from its client.
    for _ in 0..40 {
        other.result("SendToOthers", json!(["big", "x".repeat(30_000)])).await;
    }
    for _ in 0..40 {
        assert_eq!(held.pushed().await.0, "big");
    }
    node.deps.gate.add_permits(1);
    held.send(json!({"type": 3, "invocationId": "s"})).await;
    assert_eq!(held.record().await.unwrap()["result"], 10);
}

#[tokio::test]
async fn an_upload_and_a_stream_go_at_once() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let id = upload(&mut client, "Relay", 4, "s").await;
    for item in [json!(1), json!("two"), json!(null)] {
        client.send(json!({"type": 2, "invocationId": "s", "item": item})).await;
        assert_eq!(client.record().await.unwrap(), json!({"type": 2, "invocationId": id, "item": item}));
    }
    client.send(json!({"type": 3, "invocationId": "s"})).await;
    assert_eq!(client.record().await.unwrap(), json!({"type": 3, "invocationId": id}));
}

#[tokio::test]
async fn an_upload_that_fails_is_not_taken_for_one_that_is_complete() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    upload(&mut client, "Sum", 1, "s").await;
    client.send(json!({"type": 2, "invocationId": "s", "item": 1})).await;
    client.send(json!({"type": 3, "invocationId": "s", "error": "my disk"})).await;
    let end = client.record().await.unwrap();
    assert!(end["error"].as_str().unwrap().ends_with("my disk"), "{end}");
    upload(&mut client, "Sum", 1, "s").await;
    client.send(json!({"type": 2, "invocationId": "s", "item": "no number"})).await;
    let end = client.record().await.unwrap();
    assert!(end["error"].as_str().unwrap().contains("item is wrong"), "{end}");
    // Nor one whose client is gone.
    upload(&mut client, "Sum", 1, "s").await;
    client.send(json!({"type": 2, "invocationId": "s", "item": 1})).await;
    drop(client);
    eventually("the method is told", || node.deps.uploads.lock().len() == 3).await;
    let last = node.deps.uploads.lock()[2].clone();
    assert!(last.unwrap_err().contains("has ended"));
}

#[tokio::test]
async fn ids_in_use_and_streams_over_the_limit_are_refused() {
    let node = Node::with(|options| options.limits.streams = 2).await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let id = upload(&mut client, "Sum", 1, "s").await;
    client.send(json!({"type": 1, "invocationId": id, "target": "Void", "arguments": []})).await;
    assert!(client.record().await.unwrap()["error"].as_str().unwrap().contains("already in use"));
    upload(&mut client, "Sum", 1, "s").await;
    assert!(client.record().await.unwrap()["error"].as_str().unwrap().contains("already in use"));
    upload(&mut client, "Sum", 1, "t").await;
    upload(&mut client, "Sum", 1, "u").await;
    assert!(client.record().await.unwrap()["error"].as_str().unwrap().contains("at most 2 streams"));
    // Items of a stream that was refused are passed over.
    client.send(json!({"type": 2, "invocationId": "u", "item": 1})).await;
    client.hears_nothing().await;
}
