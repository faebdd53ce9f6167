//! Server-Sent Events and long polling.

use crate::support::{Client, Node, eventually, packed, unpacked, within};
use futures::StreamExt;
use octavo_domain_signalr::{Message, Outcome, Payload};
use realtime_node_server::{Ending, Transport};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const JSON: &str = "{\"protocol\":\"json\",\"version\":1}\u{1e}";

/// A client by HTTP.
struct Http {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Http {
    async fn new(node: &Node, token: &str) -> Self {
        let negotiated = Client::negotiate(node, token, "negotiateVersion=1").await;
        let id = negotiated["connectionToken"].as_str().unwrap();
        Self { http: reqwest::Client::new(), url: node.url(&format!("/hubs/test?id={id}")), token: token.to_owned() }
    }

    async fn poll(&self) -> Response {
        within("a poll", self.http.get(&self.url).bearer_auth(&self.token).send()).await.unwrap()
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> StatusCode {
        within("a post", self.http.post(&self.url).bearer_auth(&self.token).body(body).send()).await.unwrap().status()
    }

    async fn delete(&self) -> StatusCode {
        self.http.delete(&self.url).bearer_auth(&self.token).send().await.unwrap().status()
    }

    async fn events(&self) -> Response {
        let get = self.http.get(&self.url).bearer_auth(&self.token).header("accept", "text/event-stream");
        get.send().await.unwrap()
    }

    /// Long polling, its handshake done.
    async fn polling(node: &Node, token: &str) -> Self {
        let client = Self::new(node, token).await;
        let first = client.poll().await;
        assert_eq!((first.status(), first.text().await.unwrap().as_str()), (StatusCode::OK, ""));
        assert_eq!(client.post(JSON).await, 200);
        assert_eq!(client.poll().await.text().await.unwrap(), "{}\u{1e}");
        client
    }

    async fn records(&self) -> Vec<Value> {
        let text = self.poll().await.text().await.unwrap();
        assert!(text.ends_with('\u{1e}'), "whole records: {text}");
        text.split_terminator('\u{1e}').map(|record| serde_json::from_str(record).unwrap()).collect()
    }
}

fn call(id: &str, target: &str, arguments: impl Into<Value>) -> String {
    let arguments: Value = arguments.into();
    format!("{}\u{1e}", json!({"type": 1, "invocationId": id, "target": target, "arguments": arguments}))
}

#[tokio::test]
async fn events_hold_whole_records_and_are_not_kept_by_anybody() {
    let node = Node::start().await;
    let client = Http::new(&node, "acme.ada").await;
    let response = client.events().await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-cache, no-store");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let mut body = response.bytes_stream();
    assert_eq!(client.post(JSON).await, 200);
    assert_eq!(client.post(call("1", "Add", json!([1, 2])) + &call("2", "Add", json!([3, 4]))).await, 200);
    let mut text = String::new();
    while text.matches("\"type\":3").count() < 2 {
        text += std::str::from_utf8(&within("an event", body.next()).await.unwrap().unwrap()).unwrap();
    }
    let events: Vec<_> = text.split_terminator("\r\n\r\n").collect();
    assert_eq!(events[..2], [":", "data: {}\u{1e}"]);
    assert!(events[2..].iter().all(|event| event.starts_with("data: {") && event.ends_with('\u{1e}')), "{text}");
    // The stream is the connection.
    drop(body);
    eventually("it is lost", || node.seen.endings.lock().contains(&(Some(Transport::ServerSentEvents), Ending::Lost)))
        .await;
    assert_eq!(client.post(call("3", "Void", json!([]))).await, 404);
}

#[tokio::test]
async fn events_carry_no_binary_protocol() {
    let node = Node::start().await;
    let client = Http::new(&node, "acme.ada").await;
    let mut body = client.events().await.bytes_stream();
    client.post("{\"protocol\":\"messagepack\",\"version\":1}\u{1e}").await;
    let mut text = String::new();
    while let Some(Ok(part)) = within("the refusal", body.next()).await {
        text += std::str::from_utf8(&part).unwrap();
    }
    assert!(text.contains("\"error\""), "{text}");
}

#[tokio::test]
async fn a_poll_brings_what_there_is_and_posts_are_worked_on_in_their_order() {
    let node = Node::start().await;
    let client = Http::polling(&node, "acme.ada").await;
    // One record in two posts, then two in one.
    let first = call("1", "Add", json!([1, 2]));
    assert_eq!(client.post(first[..10].to_owned()).await, 200);
    assert_eq!(client.post(first[10..].to_owned() + &call("2", "Add", json!([3, 4]))).await, 200);
    let mut results = Vec::new();
    while results.len() < 2 {
        results.extend(client.records().await);
    }
    assert_eq!(results.iter().map(|record| record["result"].clone()).collect::<Vec<_>>(), [3, 7]);
}

#[tokio::test]
async fn message_pack_goes_by_long_polling() {
    let node = Node::start().await;
    let client = Http::new(&node, "acme.ada").await;
    client.poll().await;
    client.post("{\"protocol\":\"messagepack\",\"version\":1}\u{1e}").await;
    assert_eq!(client.poll().await.text().await.unwrap(), "{}\u{1e}");
    let echo = Message::Invocation {
        id: Some("1".to_owned()),
        target: "Echo".to_owned(),
        arguments: vec![Payload::MessagePack(vec![0xc4, 1, 255].into())],
        stream_ids: Vec::new(),
    };
    client.post(packed(&echo).into_data()).await;
    let answer = client.poll().await;
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    let outcome = Outcome::Value(Payload::MessagePack(vec![0xc4, 1, 255].into()));
    let expected = Message::Completion { id: "1".to_owned(), outcome };
    assert_eq!(unpacked(&answer.bytes().await.unwrap()), [expected]);
}

#[tokio::test]
async fn an_idle_poll_is_answered_with_nothing_and_a_newer_one_ends_the_older() {
    let node = Node::with(|options| options.timing.poll = Duration::from_millis(100)).await;
    let client = Http::polling(&node, "acme.ada").await;
    let idle = client.poll().await;
    assert_eq!((idle.status(), idle.text().await.unwrap().as_str()), (StatusCode::OK, ""));

    let node = Node::start().await;
    let client = Http::polling(&node, "acme.ada").await;
    let older = tokio::spawn({
        let get = client.http.get(&client.url).bearer_auth(&client.token);
        async move { get.send().await.unwrap().status() }
    });
    // It has come to the server by then, on a busy machine too.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let newer = tokio::spawn({
        let get = client.http.get(&client.url).bearer_auth(&client.token);
        async move { get.send().await.unwrap().text().await.unwrap() }
    });
    assert_eq!(within("the older", older).await.unwrap(), 204);
    client.post(call("1", "Void", json!([]))).await;
    assert!(within("the newer", newer).await.unwrap().contains("\"type\":3"));
}

#[tokio::test]
async fn the_client_ends_long_polling_by_delete() {
    let node = Node::start().await;
    let client = Http::polling(&node, "acme.ada").await;
    let waiting = tokio::spawn({
        let get = client.http.get(&client.url).bearer_auth(&client.token);
        async move { get.send().await.unwrap().status() }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(client.delete().await, 202);
    assert_eq!(within("the poll", waiting).await.unwrap(), 204);
    assert_eq!(client.poll().await.status(), 404);
    assert_eq!(client.delete().await, 404);
    assert_eq!(node.seen.ended(Ending::Client), 1);
}

#[tokio::test]
async fn the_last_word_waits_for_the_next_poll() {
    let node = Node::start().await;
    let client = Http::polling(&node, "acme.ada").await;
    client.post(call("1", "CloseMe", json!(["enough"]))).await;
    eventually("it has ended", || node.seen.ended(Ending::Server) == 1).await;
    let records = client.records().await;
    assert!(records.iter().any(|record| record["type"] == 7 && record["error"] == "enough"), "{records:?}");
    assert_eq!(client.poll().await.status(), 204);
    assert_eq!(client.poll().await.status(), 404);
    assert_eq!(node.server.counters().connections, 0);
}

#[tokio::test]
async fn who_polls_no_more_is_given_up_and_so_is_an_unread_last_word() {
    let node = Node::with(|options| options.timing.disconnect = Duration::from_millis(2_500)).await;
    let client = Http::polling(&node, "acme.ada").await;
    eventually("it is given up", || node.seen.ended(Ending::NotResumed) == 1).await;
    assert_eq!(client.poll().await.status(), 404);
    let other = Http::polling(&node, "acme.ada").await;
    other.post(call("1", "CloseMe", json!(["enough"]))).await;
    eventually("nothing is kept", || node.server.counters().connections == 0).await;
}

#[tokio::test]
async fn a_connection_keeps_its_transport_and_its_user() {
    let node = Node::start().await;
    let polling = Http::polling(&node, "acme.ada").await;
    assert_eq!(polling.events().await.status(), 400);
    let socket = polling.url.strip_prefix(&node.url("")).unwrap().to_owned() + "&access_token=acme.ada";
    assert_eq!(Client::refusal(&node, &socket).await, 400);
    let eve = Http { token: "acme.eve".to_owned(), url: polling.url.clone(), http: reqwest::Client::new() };
    assert_eq!(eve.poll().await.status(), 404);
    assert_eq!(eve.post(call("1", "Void", json!([]))).await, 404);
    assert_eq!(eve.delete().await, 404);
    let nobody = Http { token: "nonsense".to_owned(), url: polling.url.clone(), http: reqwest::Client::new() };
    assert_eq!(nobody.post("x").await, 401);

    let web_socket = Client::connect(&node, "acme.ada").await;
    let url = node.url(&format!("/hubs/test?id={}", web_socket.token));
    let by_http = Http { token: "acme.ada".to_owned(), url, http: reqwest::Client::new() };
    assert_eq!(by_http.post(JSON).await, 405);
    assert_eq!(by_http.delete().await, 400);
    let without = Http { token: "acme.ada".to_owned(), url: node.url("/hubs/test"), http: reqwest::Client::new() };
    assert_eq!(without.poll().await.status(), 400);
    assert_eq!(without.post(JSON).await, 400);

    let streaming = Http::new(&node, "acme.ada").await;
    let _events = streaming.events().await;
    assert_eq!(streaming.events().await.status(), 409);
    assert_eq!(streaming.delete().await, 400);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_a_record_over_it_ends_the_connection() {
    let node = Node::with(|options| options.limits.post_bytes = 100_000).await;
    let client = Http::polling(&node, "acme.ada").await;
    assert_eq!(client.post("x".repeat(100_001)).await, 413);
    assert_eq!(client.post(call("1", "Echo", json!(["x".repeat(40_000)]))).await, 200);
    let records = client.records().await;
    assert_eq!(records[0]["error"], "Connection closed with an error.");
    assert_eq!(node.seen.ended(Ending::TooLarge), 1);
}

#[tokio::test]
async fn a_client_that_fetches_nothing_is_ended_when_too_much_waits() {
    let node = Node::with(|options| options.limits.queue_bytes = 50_000).await;
    let client = Http::polling(&node, "acme.ada").await;
    client.post(call("1", "Flood", json!([10, 20_000, "disconnect"]))).await;
    eventually("it is ended", || node.seen.ended(Ending::Slow) == 1).await;
    let other = Http::polling(&node, "acme.bob").await;
    other.post(call("1", "Flood", json!([10, 20_000, "latest_wins"]))).await;
    let floods = other.records().await.into_iter().filter(|record| record["target"] == "flood").collect::<Vec<_>>();
    assert_eq!(floods.len(), 1);
    assert_eq!(floods[0]["arguments"][0], 9);
}
