//! No sticky sessions: any node takes any request of any connection; and a node that drains sends its clients on.

use crate::client::Client;
use crate::place::Place;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const END: char = '\u{1e}';

/// A client that speaks HTTP as it can be: each request to whichever node the balancer likes.
struct Bare {
    client: reqwest::Client,
    nodes: Vec<String>,
    token: String,
    id: String,
    turn: usize,
}

impl Bare {
    /// Negotiates with the first node.
    async fn negotiate(place: &Place, token: String) -> (Self, Value) {
        let client = reqwest::Client::new();
        let nodes: Vec<String> = place.nodes.iter().map(|node| format!("http://{}", node.address())).collect();
        let url = format!("{}/hubs/conformance/negotiate?negotiateVersion=1", nodes[0]);
        let answer: Value = client.post(url).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
        let id = answer["connectionToken"].as_str().unwrap_or_default().to_owned();
        (Self { client, nodes, token, id, turn: 0 }, answer)
    }

    /// The next node's turn.
    fn url(&mut self) -> String {
        self.turn += 1;
        format!("{}/hubs/conformance?id={}", self.nodes[self.turn % self.nodes.len()], self.id)
    }

    async fn send(&mut self, records: &[Value]) -> StatusCode {
        let body: String = records.iter().map(|record| format!("{record}{END}")).collect();
        let url = self.url();
        self.client.post(url).bearer_auth(&self.token).body(body).send().await.unwrap().status()
    }

    async fn poll(&mut self) -> (StatusCode, String) {
        let url = self.url();
        let answer = self.client.get(url).bearer_auth(&self.token).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

/// Nodes hear of each other every two seconds.
async fn acquainted(place: &Place) {
    for node in &place.nodes {
        let url = format!("http://{}/status", node.address());
        let began = Instant::now();
        loop {
            let status: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
            if status["nodes"].as_array().unwrap().len() == place.nodes.len() - 1 {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(90), "the nodes do not hear of each other");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_a_long_poll_may_go_to_another_node() {
    let place = Place::of(3).await;
    acquainted(&place).await;
    let token = place.token(0, "conformance", "ada@acme");
    let (mut ada, _) = Bare::negotiate(&place, token).await;
    assert_eq!(ada.poll().await.0, StatusCode::OK, "the first poll makes the connection");
    assert_eq!(ada.send(&[json!({ "protocol": "json", "version": 1 })]).await, StatusCode::OK);
    assert_eq!(ada.poll().await.1, format!("{{}}{END}"));
    for number in 0..6 {
        let call = json!({ "type": 1, "invocationId": number.to_string(), "target": "Add", "arguments": [number, 1] });
        assert_eq!(ada.send(&[call]).await, StatusCode::OK);
        let (status, text) = ada.poll().await;
        let record: Value = serde_json::from_str(text.trim_end_matches(END)).unwrap();
        assert_eq!((status, &record["result"]), (StatusCode::OK, &json!(number + 1)), "{text}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_at_another_node_than_the_negotiation_reaches_its_own() {
    let place = Place::of(2).await;
    acquainted(&place).await;
    let token = place.token(0, "conformance", "ada@acme");
    let (ada, answer) = Bare::negotiate(&place, token.clone()).await;
    let query = format!("id={}&access_token={token}", ada.id);
    let mut client = Client::connect_with(place.nodes[1].address(), "conformance", &query).await;
    let me = client.call("WhoAmI", json!([])).await;
    assert_eq!(me["connection_id"], answer["connectionId"]);
    assert!(answer["connectionId"].as_str().unwrap().starts_with(me["node"].as_str().unwrap()));
    client.drop_it();
    let (unknown, _) = Bare::negotiate(&place, token.clone()).await;
    let forged = format!("http://{}/hubs/conformance?id={}x", place.nodes[1].address(), unknown.id);
    let refused = unknown.client.get(forged).bearer_auth(&token).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND, "a token that no node signed names nothing");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_node_drains_it_answers_negotiations_with_a_connection_elsewhere() {
    let mut place = Place::spread(2, 60_000).await;
    acquainted(&place).await;
    let token = place.token(0, "conformance", "ada@acme");
    let mut bystander = place.connect(0, "conformance", "bob@acme").await;
    bystander.call("Void", json!([])).await;
    let (_, before) = Bare::negotiate(&place, token.clone()).await;
    let draining = place.nodes.remove(0);
    let address = draining.address();
    let drained = tokio::spawn(draining.drain());
    let ready = format!("http://{address}/health/ready");
    let began = Instant::now();
    while reqwest::get(&ready).await.unwrap().status() != StatusCode::SERVICE_UNAVAILABLE {
        assert!(began.elapsed() < Duration::from_secs(90), "readiness does not fail");
    }
    let url = format!("http://{address}/hubs/conformance/negotiate?negotiateVersion=1");
    let began = Instant::now();
    let after = loop {
        let asked = reqwest::Client::new().post(&url).bearer_auth(&token).send().await.unwrap();
        let after: Value = asked.json().await.unwrap();
        let node =
            |answer: &Value| answer["connectionId"].as_str().unwrap_or_default().split('-').next().unwrap().to_owned();
        if node(&after) != node(&before) {
            break after;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "it still takes somebody: {after}");
    };
    assert!(after["connectionToken"].is_string(), "{after}");
    let mut elsewhere = place.connect(0, "conformance", "ada@acme").await;
    let own = elsewhere.call("WhoAmI", json!([])).await;
    assert!(after["connectionId"].as_str().unwrap().starts_with(own["node"].as_str().unwrap()));
    bystander.drop_it();
    drained.await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_connection_is_told_that_it_may_come_back() {
    let mut place = Place::of(1).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    ada.call("Void", json!([])).await;
    place.nodes.remove(0).drain().await;
    let close = ada.ended().await.expect("a close");
    assert_eq!((&close["allowReconnect"], &close["error"]), (&json!(true), &Value::Null));
    place.close().await;
}
