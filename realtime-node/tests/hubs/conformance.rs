//! The hub for trying out clients does what its list says.

use crate::place::Place;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_fails_and_tells_who_one_is() {
    let place = Place::of(1).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    for value in [json!(null), json!(1.5), json!("ü"), json!([1, { "a": [] }]), json!({ "b": "x".repeat(20_000) })] {
        assert_eq!(ada.call("echo", json!([value])).await, value);
    }
    assert_eq!(ada.call("ADD", json!([1, 2])).await.to_string(), "3");
    assert_eq!(ada.call("Add", json!([0.5, 2])).await, json!(2.5));
    assert_eq!(ada.call("Void", json!([])).await, Value::Null);
    assert!(ada.refused("Fail", json!(["on purpose"])).await.contains("on purpose"));
    let crashed = ada.refused("Crash", json!([])).await;
    assert!(!crashed.contains("asked to crash"), "{crashed}");
    let who = ada.call("WhoAmI", json!([])).await;
    assert_eq!((who["tenant"].as_str(), who["user"].as_str()), (Some("acme"), Some("ada")));
    assert!(who["connection_id"].as_str().unwrap().starts_with(who["node"].as_str().unwrap()));
    ada.refused("NoSuchMethod", json!([])).await;
    ada.refused("Add", json!([1])).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_pushes_to_whomever_on_every_node() {
    let place = Place::of(2).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    let mut bob = place.connect(1, "conformance", "bob@acme").await;
    let mut spy = place.connect(1, "conformance", "ada@globex").await;
    let bobs = bob.call("WhoAmI", json!([])).await["connection_id"].clone();
    ada.call("SendToCaller", json!(["one", 1])).await;
    assert_eq!(ada.pushed("one").await, [json!(1)]);
    ada.call("SendToAll", json!(["two", [2]])).await;
    assert_eq!((ada.pushed("two").await, bob.pushed("two").await), (vec![json!([2])], vec![json!([2])]));
    ada.call("SendToOthers", json!(["three", 3])).await;
    assert_eq!(bob.pushed("three").await, [json!(3)]);
    ada.call("SendToUser", json!(["bob", "four", 4])).await;
    assert_eq!(bob.pushed("four").await, [json!(4)]);
    ada.call("SendToConnection", json!([bobs, "five", 5])).await;
    assert_eq!(bob.pushed("five").await, [json!(5)]);
    bob.call("JoinGroup", json!(["g"])).await;
    spy.call("JoinGroup", json!(["g"])).await;
    ada.call("SendToGroup", json!(["g", "six", 6])).await;
    assert_eq!(bob.pushed("six").await, [json!(6)]);
    let first = ada.call("Durable", json!(["g", "seven", 7])).await;
    let second = ada.call("Durable", json!(["g", "seven", 8])).await;
    assert_eq!(bob.pushed("seven").await, [json!(7), first.clone()]);
    assert_eq!(bob.pushed("seven").await, [json!(8), second.clone()]);
    assert_eq!(
        (first["epoch"].clone(), first["offset"].as_u64().unwrap() + 1),
        (second["epoch"].clone(), second["offset"].as_u64().unwrap())
    );
    bob.call("LeaveGroup", json!(["g"])).await;
    ada.call("SendToGroup", json!(["g", "eight", 8])).await;
    ada.call("SendToConnection", json!([bobs, "nine", 9])).await;
    bob.pushed("nine").await;
    bob.nothing_of(&["eight"], ("Void", json!([]))).await;
    // Whatever was sent, and to whatever name, another tenant's heard none of it.
    ada.call("SendToUser", json!(["ada", "ten", 10])).await;
    ada.pushed("ten").await;
    spy.nothing_of(&["two", "six", "seven", "eight", "ten"], ("Void", json!([]))).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_streams_in_both_directions() {
    let place = Place::of(1).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    let numbers: Vec<Value> = (0..50).map(Value::from).collect();
    assert_eq!(ada.streamed("Counter", json!([50, 0])).await, (numbers, None));
    let (items, error) = ada.streamed("CounterFails", json!([2])).await;
    assert_eq!((items, error.is_some()), (vec![json!(0), json!(1)], true));

    let endless = ada.begin(4, "Endless", json!([]), &[]).await;
    ada.find("its first item", |record| record["type"] == 2 && record["invocationId"] == *endless).await;
    assert_eq!(ada.call("Cancelled", json!([])).await, 0);
    ada.write(&json!({ "type": 5, "invocationId": endless })).await;
    ada.find("its end", |record| record["type"] == 3 && record["invocationId"] == *endless).await;
    assert_eq!(ada.call("Cancelled", json!([])).await, 1);

    let sum = ada.begin(1, "Sum", json!([]), &["up"]).await;
    for item in [1, 2, 3] {
        ada.write(&json!({ "type": 2, "invocationId": "up", "item": item })).await;
    }
    ada.write(&json!({ "type": 3, "invocationId": "up" })).await;
    assert_eq!(ada.completed(&sum).await, Ok(json!(6)));
    let relay = ada.begin(4, "Relay", json!([]), &["on"]).await;
    ada.write(&json!({ "type": 2, "invocationId": "on", "item": { "a": 1 } })).await;
    ada.write(&json!({ "type": 3, "invocationId": "on" })).await;
    assert_eq!(ada.items(&relay).await, (vec![json!({ "a": 1 })], None));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_asks_clients_floods_and_ends_as_it_is_told() {
    let place = Place::of(1).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    let mut bob = place.connect(0, "conformance", "bob@acme").await;
    let bobs = bob.call("WhoAmI", json!([])).await["connection_id"].clone();
    let asked = ada.begin(1, "AskConnection", json!([bobs, "ask", { "n": 1 }]), &[]).await;
    let question = bob.find("a question", |record| record["target"] == "ask").await;
    assert_eq!(question["arguments"], json!([{ "n": 1 }]));
    bob.write(&json!({ "type": 3, "invocationId": question["invocationId"], "result": "well" })).await;
    assert_eq!(ada.completed(&asked).await, Ok(json!("well")));
    let mut spy = place.connect(0, "conformance", "ada@globex").await;
    spy.refused("AskConnection", json!([bobs, "ask", 1])).await;

    ada.call("Flood", json!([100, 1_000])).await;
    for _ in 0..100 {
        assert_eq!(ada.pushed("flood").await[0].as_str().unwrap().len(), 1_000);
    }
    ada.refused("Flood", json!([1_000_000, 1_000])).await;

    bob.begin(1, "CloseWith", json!(["the door is shut"]), &[]).await;
    let close = bob.ended().await.unwrap();
    assert!(close["error"].as_str().unwrap().contains("the door is shut"));
    assert_ne!(close["allowReconnect"], json!(true));
    ada.begin(1, "Abort", json!([]), &[]).await;
    assert_eq!(ada.ended().await, None);
    place.close().await;
}
