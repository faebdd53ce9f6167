//! Stateful reconnect: a connection goes on over another socket.

use crate::support::{Client, Node, eventually};
use realtime_node_server::Ending;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Another socket of the connection, after its Sequence; what the server says first.
async fn again(node: &Node, token: &str, next: u64) -> (Client, Value) {
    let path = format!("/hubs/test?id={token}&access_token=acme.ada");
    let mut client = Client::over(Client::socket(node, &path).await.unwrap());
    let sequence = client.record().await.unwrap();
    assert_eq!(sequence["type"], 9, "{sequence}");
    client.send(json!({"type": 9, "sequenceId": next})).await;
    (client, sequence["sequenceId"].clone())
}

fn call(id: &str, target: &str, arguments: impl Into<Value>) -> Value {
    let arguments: Value = arguments.into();
    json!({"type": 1, "invocationId": id, "target": target, "arguments": arguments})
}

/// The next that is no acknowledgement.
async fn counted(client: &mut Client) -> Value {
    loop {
        let record = client.record().await.unwrap();
        if record["type"] != 8 {
            return record;
        }
    }
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_and_nothing_is_done_twice() {
    let node = Node::start().await;
    let mut client = Client::stateful(&node, "acme.ada").await;
    client.send(call("a", "Count", json!([]))).await;
    client.send(call("b", "Count", json!([]))).await;
    assert_eq!(counted(&mut client).await["result"], 1);
    assert_eq!(counted(&mut client).await["result"], 2);
    client.send(json!({"type": 8, "sequenceId": 1})).await;
    // The network fails; the server may not have noticed when the client is back.
    let token = client.token.clone();
    client.send(call("c", "Cut", json!([]))).await;
    while client.record().await.is_some() {}
    // The client sends its second message and the cut again: they were done.
    let (mut client, first) = again(&node, &token, 2).await;
    assert_eq!(first, 2, "the first that is not acknowledged");
    client.send(call("b", "Count", json!([]))).await;
    client.send(call("c", "Cut", json!([]))).await;
    client.send(call("d", "Count", json!([]))).await;
    assert_eq!(counted(&mut client).await, json!({"type": 3, "invocationId": "b", "result": 2}));
    assert_eq!(counted(&mut client).await["invocationId"], "c");
    assert_eq!(counted(&mut client).await, json!({"type": 3, "invocationId": "d", "result": 3}));
    assert_eq!(node.seen.resumed.load(Ordering::Relaxed), 1);
    assert_eq!(node.seen.opened.load(Ordering::Relaxed), 1, "it is the same connection");
    assert!(node.deps.disconnected.lock().is_empty());
}

#[tokio::test]
async fn what_is_sent_while_the_client_is_away_is_there_when_it_is_back() {
    let node = Node::start().await;
    let mut away = Client::stateful(&node, "acme.ada").await;
    away.send(call("a", "Join", json!(["g"]))).await;
    counted(&mut away).await;
    let token = away.token.clone();
    drop(away);
    let mut other = Client::connect(&node, "acme.bob").await;
    for at in 0..3 {
        other.result("SendToGroup", json!(["g", at])).await;
    }
    assert!(node.server.counters().stateful_bytes > 0);
    let (mut back, first) = again(&node, &token, 2).await;
    assert_eq!(first, 1);
    assert_eq!(counted(&mut back).await["invocationId"], "a");
    for at in 0..3 {
        assert_eq!(counted(&mut back).await["arguments"], json!([at]));
    }
    back.send(json!({"type": 8, "sequenceId": 4})).await;
    eventually("what is acknowledged is not kept", || node.server.counters().stateful_bytes == 0).await;
}

#[tokio::test]
async fn a_newer_socket_displaces_the_older() {
    let node = Node::start().await;
    let mut old = Client::stateful(&node, "acme.ada").await;
    let (mut new, _) = again(&node, &old.token.clone(), 1).await;
    assert_eq!(old.record().await, None);
    new.send(call("a", "Count", json!([]))).await;
    assert_eq!(counted(&mut new).await["result"], 1);
    assert_eq!(node.server.counters().connections, 1);
}

#[tokio::test]
async fn received_messages_are_acknowledged() {
    let node = Node::start().await;
    let mut client = Client::stateful(&node, "acme.ada").await;
    for id in ["a", "b"] {
        client.send(call(id, "Void", json!([]))).await;
    }
    loop {
        let record = client.record().await.unwrap();
        if record == json!({"type": 8, "sequenceId": 2}) {
            break;
        }
    }
}

#[tokio::test]
async fn an_acknowledgement_that_may_have_been_lost_comes_again() {
    let node = Node::start().await;
    let mut client = Client::stateful(&node, "acme.ada").await;
    client.send(call("a", "Void", json!([]))).await;
    while client.record().await.unwrap() != json!({"type": 8, "sequenceId": 1}) {}
    // It was lost with the socket: the client sends its message again, and nothing new before it hears of it.
    let (mut client, _) = again(&node, &client.token.clone(), 1).await;
    client.send(call("a", "Void", json!([]))).await;
    while client.record().await.unwrap() != json!({"type": 8, "sequenceId": 1}) {}
}

#[tokio::test]
async fn counts_that_do_not_fit_end_the_connection() {
    for wrong in [json!({"type": 9, "sequenceId": 7}), json!({"type": 8, "sequenceId": 7})] {
        let node = Node::start().await;
        let mut client = Client::stateful(&node, "acme.ada").await;
        client.send(wrong).await;
        assert_eq!(client.record().await.unwrap()["error"], "Connection closed with an error.");
        assert_eq!(client.record().await, None);
        assert_eq!(node.seen.ended(Ending::Malformed), 1);
    }
}

#[tokio::test]
async fn who_does_not_come_back_is_given_up() {
    let node = Node::with(|options| options.timing.disconnect = Duration::from_millis(2_500)).await;
    let client = Client::stateful(&node, "acme.ada").await;
    let token = client.token.clone();
    drop(client);
    eventually("it is given up", || node.seen.ended(Ending::NotResumed) == 1).await;
    assert_eq!(Client::refusal(&node, &format!("/hubs/test?id={token}&access_token=acme.ada")).await, 404);
    assert_eq!(node.deps.disconnected.lock().len(), 1);
}

#[tokio::test]
async fn a_client_that_closes_does_not_come_back() {
    let node = Node::start().await;
    let mut client = Client::stateful(&node, "acme.ada").await;
    client.socket.close(None).await.unwrap();
    eventually("it has ended", || node.seen.ended(Ending::Client) == 1).await;
}

#[tokio::test]
async fn a_client_that_acknowledges_nothing_waits_for_its_answers_and_loses_none() {
    let node = Node::with(|options| options.limits.stateful_bytes = 10_000).await;
    let mut client = Client::stateful(&node, "acme.ada").await;
    for at in 0..6 {
        client.send(call(&at.to_string(), "Echo", json!(["x".repeat(6_000)]))).await;
    }
    let mut received = 0;
    while received < 6 {
        let record = counted(&mut client).await;
        assert_eq!(record["invocationId"], received.to_string());
        received += 1;
        // Two are more than fits: the third waits until one is acknowledged.
        assert!(node.server.counters().stateful_bytes < 3 * 6_000);
        client.send(json!({"type": 8, "sequenceId": received})).await;
    }
    eventually("all is acknowledged", || node.server.counters().stateful_bytes == 0).await;
}

#[tokio::test]
async fn an_acknowledgement_behind_what_waits_for_its_turn_is_read() {
    let node = Node::start().await;
    let mut client = Client::stateful(&node, "acme.ada").await;
    let argument = "x".repeat(2_000);
    let record = |at: usize| format!("{}\u{1e}", call(&at.to_string(), "Echo", json!([argument])));
    // As npm's client does it: all at once, and it acknowledges what it has had when that went out.
    client.text(&(0..200).map(record).collect::<String>()).await;
    for at in 0..200 {
        assert_eq!(counted(&mut client).await["invocationId"], at.to_string());
        if at % 40 == 39 {
            client.send(json!({"type": 8, "sequenceId": at + 1})).await;
        }
    }
    assert!(node.deps.disconnected.lock().is_empty());
}

#[tokio::test]
async fn the_servers_budget_grants_no_more_and_ends_those_that_are_away() {
    let node = Node::with(|options| options.limits.stateful_bytes_total = 5_000).await;
    let mut away = Client::stateful(&node, "acme.ada").await;
    away.send(call("a", "Join", json!(["g"]))).await;
    counted(&mut away).await;
    drop(away);
    let mut other = Client::connect(&node, "acme.bob").await;
    for _ in 0..3 {
        other.result("SendToGroup", json!(["g", "x".repeat(4_000)])).await;
    }
    assert_eq!(node.seen.ended(Ending::OverBudget), 1);
    assert_eq!(node.server.counters().stateful_bytes, 0);
    let granted = Client::negotiate(&node, "acme.ada", "negotiateVersion=1&useStatefulReconnect=true").await;
    assert_eq!(granted["useStatefulReconnect"], true);
    let refused = Node::with(|options| options.stateful_reconnect = false).await;
    let answer = Client::negotiate(&refused, "acme.ada", "negotiateVersion=1&useStatefulReconnect=true").await;
    assert_eq!(answer.get("useStatefulReconnect"), None);
}
