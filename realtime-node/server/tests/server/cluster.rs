//! Two nodes on one backplane.

use crate::support::{Bus, Client, Node, eventually, within};
use async_trait::async_trait;
use octavo_domain_realtime::NodeId;
use parking_lot::Mutex;
use realtime_node_server::{Body, Elsewhere, Ending, Options};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn two(change: impl Fn(&mut Options)) -> (Bus, Node, Node) {
    let bus = Bus::default();
    let one = Node::on(&bus, &change).await;
    let other = Node::on(&bus, &change).await;
    (bus, one, other)
}

#[tokio::test]
async fn a_group_is_reached_on_every_node_and_nobody_twice() {
    let (bus, one, other) = two(|_| {}).await;
    let mut here = Client::connect(&one, "acme.ada").await;
    let mut there = Client::connect(&other, "acme.bob").await;
    let mut stranger = Client::connect(&other, "evil.eve").await;
    for client in [&mut here, &mut there, &mut stranger] {
        client.result("Join", json!(["g"])).await;
    }
    here.begin("SendToGroup", json!(["g", 1])).await;
    assert_eq!(here.pushed().await, ("told".to_owned(), json!([1])));
    assert_eq!(here.record().await.unwrap()["type"], 3);
    assert_eq!(there.pushed().await, ("told".to_owned(), json!([1])));
    for client in [&mut here, &mut there, &mut stranger] {
        client.hears_nothing().await;
    }
    assert_eq!(other.seen.lagged.load(Ordering::Relaxed), 1);
    // Who has left hears no more, and an empty group is not subscribed to.
    there.result("Leave", json!(["g"])).await;
    here.result("Leave", json!(["g"])).await;
    here.result("SendToGroup", json!(["g", 2])).await;
    there.hears_nothing().await;
    eventually("it is unsubscribed", || !bus.wants("acme:test:g:g")).await;
    assert!(bus.wants("evil:test:g:g"));
}

#[tokio::test]
async fn everyone_a_user_and_a_connection_are_reached() {
    let (_bus, one, other) = two(|_| {}).await;
    let mut ada = Client::connect(&one, "acme.ada").await;
    let mut ada_too = Client::connect(&other, "acme.ada").await;
    let mut bob = Client::connect(&other, "acme.bob").await;
    let mut eve = Client::connect(&other, "evil.ada").await;
    for client in [&mut ada, &mut ada_too, &mut bob, &mut eve] {
        client.hears_nothing().await;
    }
    ada.result("SendToOthers", json!(["all", 1])).await;
    assert_eq!(ada_too.pushed().await.0, "all");
    assert_eq!(bob.pushed().await.0, "all");
    bob.result("SendToUser", json!(["ada", 2])).await;
    assert_eq!(ada.pushed().await.1, json!([2]));
    assert_eq!(ada_too.pushed().await.1, json!([2]));
    ada.result("SendTo", json!([bob.id, 3])).await;
    assert_eq!(bob.pushed().await.1, json!([3]));
    // By its id too, a connection of another tenant is not reached: here and there.
    ada.result("SendTo", json!([eve.id, 4])).await;
    bob.result("SendTo", json!([eve.id, 4])).await;
    for client in [&mut ada, &mut ada_too, &mut bob, &mut eve] {
        client.hears_nothing().await;
    }
}

#[tokio::test]
async fn while_the_backplane_is_away_a_node_serves_its_own_and_says_so() {
    let (bus, one, _other) = two(|_| {}).await;
    let mut here = Client::connect(&one, "acme.ada").await;
    let mut beside = Client::connect(&one, "acme.bob").await;
    for client in [&mut here, &mut beside] {
        client.result("Join", json!(["g"])).await;
    }
    bus.cut(0);
    here.begin("SendToGroup", json!(["g", 1])).await;
    assert_eq!(beside.pushed().await.1, json!([1]));
    assert_eq!(here.pushed().await.1, json!([1]));
    assert!(here.record().await.unwrap()["error"].is_string());
    bus.mend(0);
    assert_eq!(one.seen.states.lock().len(), 2);
    beside.hears_nothing().await;
}

async fn durable(client: &mut Client, value: i64) {
    client.begin("Durable", json!(["g", value])).await;
}

/// The value and the offset of the next durable push; completions are passed over.
async fn told(client: &mut Client) -> (i64, u64) {
    loop {
        let record = client.record().await.unwrap();
        if record["type"] == 1 {
            assert_eq!(record["target"], "told", "{record}");
            let arguments = &record["arguments"];
            return (arguments[0].as_i64().unwrap(), arguments[1]["offset"].as_u64().unwrap());
        }
        assert_eq!(record.get("error"), None, "{record}");
    }
}

#[tokio::test]
async fn a_durable_message_comes_once_with_its_position() {
    let (_bus, one, other) = two(|_| {}).await;
    let mut here = Client::connect(&one, "acme.ada").await;
    let mut there = Client::connect(&other, "acme.bob").await;
    for client in [&mut here, &mut there] {
        client.result("Join", json!(["g"])).await;
    }
    for value in 1..=3 {
        durable(&mut here, value).await;
        let expected = (value, value as u64);
        assert_eq!(told(&mut here).await, expected);
        assert_eq!(told(&mut there).await, expected);
        let completion: Value = here.record().await.unwrap();
        assert_eq!(completion["result"]["offset"], value);
    }
    here.hears_nothing().await;
    there.hears_nothing().await;
}

#[tokio::test]
async fn what_was_missed_is_fetched_in_order_when_the_backplane_is_back() {
    let (bus, one, other) = two(|_| {}).await;
    let mut here = Client::connect(&one, "acme.ada").await;
    let mut there = Client::connect(&other, "acme.bob").await;
    for client in [&mut here, &mut there] {
        client.result("Join", json!(["g"])).await;
    }
    durable(&mut here, 1).await;
    assert_eq!(told(&mut there).await, (1, 1));
    bus.cut(1);
    for value in 2..=4 {
        durable(&mut here, value).await;
    }
    for value in 1..=4 {
        assert_eq!(told(&mut here).await.0, value);
    }
    there.hears_nothing().await;
    bus.mend(1);
    for value in 2..=4 {
        assert_eq!(told(&mut there).await, (value, value as u64));
    }
    there.hears_nothing().await;
    assert_eq!(*other.seen.recovered.lock(), [(3, true)]);
    // And goes on.
    durable(&mut there, 5).await;
    assert_eq!(told(&mut here).await, (5, 5));
    assert_eq!(told(&mut there).await, (5, 5));
}

#[tokio::test]
async fn what_cannot_be_fetched_whole_is_said_and_no_part_of_it_shown() {
    let (bus, one, other) = two(|_| {}).await;
    let mut here = Client::connect(&one, "acme.ada").await;
    let mut there = Client::connect(&other, "acme.bob").await;
    for client in [&mut here, &mut there] {
        client.result("Join", json!(["g"])).await;
    }
    durable(&mut here, 1).await;
    assert_eq!(told(&mut there).await, (1, 1));
    bus.cut(1);
    for value in 2..=4 {
        durable(&mut here, value).await;
        while told(&mut here).await.0 != value {}
    }
    bus.forget(1);
    bus.mend(1);
    assert_eq!(there.pushed().await, ("resync".to_owned(), json!(["g"])));
    there.hears_nothing().await;
    assert_eq!(*other.seen.recovered.lock(), [(0, false)]);
    durable(&mut here, 5).await;
    assert_eq!(told(&mut there).await, (5, 5));
}

#[tokio::test]
async fn what_was_missed_before_anything_was_durable_here_is_fetched_too() {
    let (bus, one, other) = two(|_| {}).await;
    let mut here = Client::connect(&one, "acme.ada").await;
    let mut there = Client::connect(&other, "acme.bob").await;
    for client in [&mut here, &mut there] {
        client.result("Join", json!(["g"])).await;
    }
    // The histories of all new channels are looked at when the wheel turns.
    eventually("they are looked at", || bus.asked(1) >= 3).await;
    bus.cut(1);
    // Somebody who joins now cannot know what was before.
    let mut late = Client::connect(&other, "acme.late").await;
    late.result("Join", json!(["g2"])).await;
    durable(&mut here, 1).await;
    assert_eq!(told(&mut here).await, (1, 1));
    assert_eq!(here.record().await.unwrap()["type"], 3);
    here.result("Durable", json!(["g2", 1])).await;
    bus.mend(1);
    assert_eq!(told(&mut there).await, (1, 1));
    assert_eq!(late.pushed().await, ("resync".to_owned(), json!(["g2"])));
    there.hears_nothing().await;
    late.hears_nothing().await;
}

#[tokio::test]
async fn many_are_told_each_once() {
    let node = Node::with(|options| options.limits.connections_per_user = 1_000).await;
    let mut clients = Vec::new();
    for _ in 0..520 {
        let mut client = Client::over(Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap());
        client.text("{\"protocol\":\"json\",\"version\":1}\u{1e}").await;
        assert_eq!(client.record().await, Some(json!({})));
        clients.push(client);
    }
    eventually("all are there", || node.deps.connected.lock().len() == 520).await;
    let mut first = clients.swap_remove(0);
    for at in 0..3 {
        first.result("SendToOthers", json!(["all", at])).await;
    }
    for client in &mut clients {
        for at in 0..3 {
            assert_eq!(client.pushed().await, ("all".to_owned(), json!([at])));
        }
        client.hears_nothing().await;
    }
}

#[derive(Default)]
struct Noted(Mutex<Vec<String>>);

#[async_trait]
impl Elsewhere for Noted {
    async fn forward(&self, node: NodeId, request: http::Request<Body>) -> http::Response<Body> {
        self.0.lock().push(format!("{} to {node}", request.method()));
        http::Response::builder().status(299).body(Body::default()).unwrap()
    }

    async fn negotiate(&self, request: http::Request<Body>) -> http::Response<Body> {
        self.0.lock().push(format!("{} elsewhere", request.uri().path()));
        http::Response::builder().status(298).body(Body::default()).unwrap()
    }
}

#[tokio::test]
async fn what_is_of_another_node_is_handed_on() {
    let noted = Arc::new(Noted::default());
    let bus = Bus::default();
    let one = Node::on(&bus, |_| {}).await;
    let other = Node::on(&bus, |options| options.elsewhere = Some(noted.clone())).await;
    let negotiated = Client::negotiate(&one, "acme.ada", "negotiateVersion=1").await;
    let token = negotiated["connectionToken"].as_str().unwrap();
    let http = reqwest::Client::new();
    for (url, status) in [
        (other.url(&format!("/hubs/test?id={token}")), 299),
        (other.url(&format!("/hubs/test/refresh?id={token}")), 299),
        (other.url(&format!("/hubs/test?id={}", negotiated["connectionId"].as_str().unwrap())), 299),
        (other.url("/hubs/test?id=nonsense"), 404),
    ] {
        assert_eq!(http.post(&url).bearer_auth("acme.ada").send().await.unwrap().status(), status, "{url}");
    }
    // Nobody bothers another node with an id that is not signed.
    let invented = other.url(&format!("/hubs/test?id={}", negotiated["connectionId"].as_str().unwrap()));
    assert_eq!(http.post(&invented).send().await.unwrap().status(), 401);
    assert_eq!(noted.0.lock().len(), 3);
    assert_eq!(noted.0.lock()[0], format!("POST to {}", one.id));
    // Without a way there it is unknown.
    let foreign = Client::negotiate(&other, "acme.ada", "negotiateVersion=1").await;
    let path = format!("/hubs/test?id={}&access_token=acme.ada", foreign["connectionToken"].as_str().unwrap());
    assert_eq!(Client::refusal(&one, &path).await, 404);
}

#[tokio::test]
async fn a_draining_node_sends_all_away_with_leave_to_come_back() {
    let noted = Arc::new(Noted::default());
    let node = Node::with(|options| options.elsewhere = Some(noted.clone())).await;
    let mut clients = Vec::new();
    for at in 0..10 {
        let mut client = Client::stateful(&node, "acme.ada").await;
        if at == 0 {
            client.send(json!({"type": 1, "target": "Join", "arguments": ["g"]})).await;
        }
        clients.push(client);
    }
    let draining = tokio::spawn({
        let server = node.server.clone();
        async move { server.drain(Duration::from_millis(200)).await }
    });
    for client in &mut clients {
        let close = loop {
            let record = client.record().await.unwrap();
            if record["type"] != 8 {
                break record;
            }
        };
        assert_eq!((&close["type"], &close["allowReconnect"]), (&json!(7), &json!(true)));
        // A stateful client goes back to its old id first, and must hear at once that there is none.
        let path = format!("/hubs/test?id={}&access_token=acme.ada", client.token);
        assert_eq!(Client::refusal(&node, &path).await, 404);
    }
    within("it is empty", draining).await.unwrap();
    assert_eq!(node.seen.ended(Ending::Drained), 10);
    assert!(node.server.counters().draining);
    let url = node.url("/hubs/test/negotiate?negotiateVersion=1");
    assert_eq!(reqwest::Client::new().post(url).bearer_auth("acme.ada").send().await.unwrap().status(), 298);
    assert_eq!(Client::refusal(&node, "/hubs/test?access_token=acme.ada").await, 298);

    let alone = Node::start().await;
    alone.server.drain(Duration::ZERO).await;
    assert_eq!(Client::refusal(&alone, "/hubs/test?access_token=acme.ada").await, 503);
}
