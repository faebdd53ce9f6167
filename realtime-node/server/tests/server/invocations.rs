//! Invocations over WebSockets, in both protocols.

use crate::support::{Client, Node, eventually, packed, unpacked, within};
use futures::{SinkExt, StreamExt};
use octavo_domain_signalr::{Message, Outcome, Payload};
use realtime_node_server::{Ending, InvocationOutcome};
use serde_json::json;
use std::sync::atomic::Ordering;
use tokio_tungstenite::tungstenite;

#[tokio::test]
async fn a_negotiated_connection_invokes_in_json() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    assert_eq!(client.result("Echo", json!([{"a": [1, "zwei", null]}])).await, json!({"a": [1, "zwei", null]}));
    let void = client.invoke("Void", json!([])).await;
    assert_eq!(void.get("result"), None);
    assert_eq!(node.seen.opened.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn method_names_are_read_in_any_case() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    for name in ["Add", "add", "ADD"] {
        assert_eq!(client.result(name, json!([2, 3])).await, 5);
    }
}

#[tokio::test]
async fn message_pack_shakes_hands_in_text_and_goes_on_in_binary() {
    let node = Node::start().await;
    let mut socket = Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap();
    socket.send(tungstenite::Message::text("{\"protocol\":\"messagepack\",\"version\":1}\u{1e}")).await.unwrap();
    let answer = within("the handshake", socket.next()).await.unwrap().unwrap();
    assert_eq!(answer.into_data(), &b"{}\x1e"[..]);
    // Bytes are bytes in MessagePack.
    let value = Payload::MessagePack(vec![0xc4, 3, 0, 1, 255].into());
    let echo = Message::Invocation {
        id: Some("7".to_owned()),
        target: "echo".to_owned(),
        arguments: vec![value.clone()],
        stream_ids: Vec::new(),
    };
    socket.send(packed(&echo)).await.unwrap();
    let answer = within("an answer", socket.next()).await.unwrap().unwrap();
    assert!(answer.is_binary());
    let outcome = Outcome::Value(value);
    assert_eq!(unpacked(&answer.into_data()), [Message::Completion { id: "7".to_owned(), outcome }]);
}

#[tokio::test]
async fn records_may_be_cut_and_joined_anywhere() {
    let node = Node::start().await;
    let socket = Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap();
    let mut client = Client::over(socket);
    let all = concat!(
        "{\"protocol\":\"json\",\"version\":1}\u{1e}",
        "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[1]}\u{1e}",
        "{\"type\":1,\"invocationId\":\"2\",\"target\":\"Echo\",\"arguments\":[2]}\u{1e}"
    );
    for part in [&all[..5], &all[5..60], &all[60..]] {
        client.text(part).await;
    }
    assert_eq!(client.record().await, Some(json!({})));
    for id in ["1", "2"] {
        assert_eq!(client.record().await.unwrap()["invocationId"], id);
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_invocation_fails_only_that() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let unknown = client.error("NoSuch", json!([])).await;
    assert_eq!(
        unknown,
        "Failed to invoke 'NoSuch' due to an error on the server. HubException: Method does not exist."
    );
    let few = client.error("Add", json!([1])).await;
    assert!(few.contains("Invocation provides 1 argument(s) but target expects 2."), "{few}");
    let wrong = client.error("Add", json!([1, "x"])).await;
    assert!(wrong.contains("argument 2"), "{wrong}");
    assert_eq!(
        client.error("Fail", json!(["because"])).await,
        "An unexpected error occurred invoking 'Fail' on the server. HubException: because"
    );
    let hidden = "An unexpected error occurred invoking 'Crash' on the server.";
    assert_eq!(client.error("Crash", json!([])).await, hidden);
    assert_eq!(client.error("Panic", json!([])).await, hidden.replace("Crash", "Panic"));
    assert_eq!(client.result("Add", json!([1, 2])).await, 3);
    let seen = node.seen.invocations.lock().clone();
    let expected = [
        ("unknown", InvocationOutcome::Invalid),
        ("Add", InvocationOutcome::Invalid),
        ("Add", InvocationOutcome::Invalid),
        ("Fail", InvocationOutcome::Refused),
        ("Crash", InvocationOutcome::Failed),
        ("Panic", InvocationOutcome::Failed),
        ("Add", InvocationOutcome::Succeeded),
    ];
    assert_eq!(seen.iter().map(|(method, outcome)| (method.as_str(), *outcome)).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn an_invocation_without_an_id_is_never_answered() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    for target in ["Void", "Crash", "NoSuch"] {
        client.send(json!({"type": 1, "target": target, "arguments": []})).await;
    }
    // The answer to the next one is the first that comes.
    client.hears_nothing().await;
}

#[tokio::test]
async fn methods_of_a_connection_run_one_after_the_other() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let first = client.begin("Gate", json!([1])).await;
    let second = client.begin("Gate", json!([2])).await;
    let third = client.begin("Void", json!([])).await;
    eventually("the first runs", || node.deps.entered.load(Ordering::Relaxed) == 1).await;
    node.deps.gate.add_permits(1);
    assert_eq!(client.record().await.unwrap()["invocationId"], first.as_str());
    eventually("the second runs", || node.deps.entered.load(Ordering::Relaxed) == 2).await;
    node.deps.gate.add_permits(1);
    assert_eq!(client.record().await.unwrap()["invocationId"], second.as_str());
    assert_eq!(client.record().await.unwrap()["invocationId"], third.as_str());
}

#[tokio::test]
async fn as_many_run_at_once_as_the_option_says() {
    let node = Node::with(|options| options.limits.parallel_invocations = 2).await;
    let mut client = Client::connect(&node, "acme.ada").await;
    for value in 0..3 {
        client.begin("Gate", json!([value])).await;
    }
    eventually("two run", || node.deps.entered.load(Ordering::Relaxed) == 2).await;
    node.deps.gate.add_permits(3);
    for _ in 0..3 {
        client.record().await.unwrap();
    }
}

#[tokio::test]
async fn more_invocations_than_may_wait_are_read_later_and_none_is_lost() {
    let node = Node::with(|options| options.limits.queued_invocations = 2).await;
    let mut client = Client::connect(&node, "acme.ada").await;
    for value in 0..20 {
        client.begin("Gate", json!([value])).await;
    }
    node.deps.gate.add_permits(20);
    for value in 0..20 {
        assert_eq!(client.record().await.unwrap()["result"], value);
    }
}

#[tokio::test]
async fn a_running_method_is_told_that_its_caller_cancels() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let id = client.begin("UntilCancelled", json!([])).await;
    client.send(json!({"type": 5, "invocationId": id})).await;
    assert_eq!(client.record().await.unwrap(), json!({"type": 3, "invocationId": id}));
    assert_eq!(node.deps.cancelled.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_connection_has_a_place_of_its_own() {
    let node = Node::start().await;
    let (mut one, mut two) = (Client::connect(&node, "acme.ada").await, Client::connect(&node, "acme.ada").await);
    assert_eq!(one.result("Count", json!([])).await, 1);
    assert_eq!(one.result("Count", json!([])).await, 2);
    assert_eq!(two.result("Count", json!([])).await, 1);
}

#[tokio::test]
async fn the_client_is_asked_and_its_answer_is_the_methods() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    for (reply, expected) in [
        (json!({"result": 42}), Ok(42)),
        (json!({"error": "Client didn't provide a result."}), Err("Client didn't provide a result.")),
        (json!({"result": "text"}), Err("not as expected")),
        (json!({}), Err("no result")),
    ] {
        let id = client.begin("Ask", json!([7])).await;
        let asked = client.record().await.unwrap();
        assert_eq!((&asked["target"], &asked["arguments"]), (&json!("answer"), &json!([7])));
        let mut answer = json!({"type": 3, "invocationId": asked["invocationId"]});
        answer.as_object_mut().unwrap().extend(reply.as_object().unwrap().clone());
        client.send(answer).await;
        let completion = client.record().await.unwrap();
        assert_eq!(completion["invocationId"], id.as_str());
        match expected {
            Ok(value) => assert_eq!(completion["result"], value),
            Err(text) => assert!(completion["error"].as_str().unwrap().contains(text), "{completion}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_not_awaited_for_ever() {
    let node = Node::with(|options| options.timing.client_result = std::time::Duration::from_millis(50)).await;
    let mut client = Client::connect(&node, "acme.ada").await;
    client.begin("Ask", json!([7])).await;
    assert_eq!(client.record().await.unwrap()["target"], "answer");
    let late = client.record().await.unwrap();
    assert!(late["error"].as_str().unwrap().contains("did not answer in time"), "{late}");
}

#[tokio::test]
async fn what_is_none_of_the_protocol_closes_with_an_error() {
    for bad in ["{\"type\":1,\"arguments\":[]}\u{1e}", "nonsense\u{1e}", "{\"type\":\"x\"}\u{1e}"] {
        let node = Node::start().await;
        let mut client = Client::connect(&node, "acme.ada").await;
        client.text(bad).await;
        let close = client.record().await.unwrap();
        assert_eq!((&close["type"], &close["error"]), (&json!(7), &json!("Connection closed with an error.")));
        assert_ne!(close["allowReconnect"], true);
        assert_eq!(client.record().await, None);
        assert_eq!(node.seen.ended(Ending::Malformed), 1);
    }
}

#[tokio::test]
async fn a_record_over_the_limit_closes_with_an_error() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    client.begin("Echo", json!(["x".repeat(40_000)])).await;
    assert_eq!(client.record().await.unwrap()["error"], "Connection closed with an error.");
    assert_eq!(client.record().await, None);
    assert_eq!(node.seen.ended(Ending::TooLarge), 1);
}

#[tokio::test]
async fn records_are_joined_into_a_message_of_any_size() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let argument = "ü".repeat(1_000);
    let record = |id: usize| {
        format!(
            "{}\u{1e}",
            json!({ "type": 1, "invocationId": id.to_string(), "target": "Echo", "arguments": [argument] })
        )
    };
    client.text(&(0..100).map(record).collect::<String>()).await;
    for id in 0..100 {
        let answer = client.record().await.unwrap();
        assert_eq!((&answer["invocationId"], &answer["result"]), (&json!(id.to_string()), &json!(argument)));
    }
}

#[tokio::test]
async fn a_handshake_that_asks_for_what_there_is_not_is_refused() {
    let node = Node::start().await;
    for bad in ["{\"protocol\":\"xml\",\"version\":1}", "{\"protocol\":\"json\",\"version\":2}", "[]", "{}"] {
        let mut client = Client::over(Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap());
        client.text(&format!("{bad}\u{1e}")).await;
        let answer = client.record().await.unwrap();
        assert!(answer["error"].is_string(), "{answer}");
        assert_eq!(client.record().await, None);
    }
    eventually("all have ended", || node.server.counters().connections == 0).await;
    assert_eq!(node.seen.ended(Ending::HandshakeRefused), 4);
}
