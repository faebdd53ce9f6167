//! Faults on demand, over HTTP and from Rust, and what the record says of them.

use std::time::{Duration, Instant};

use local_emulator_ai::{Fault, FaultKind, Outcome};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::ask::Asker;

const CHAT: &str = "/openai/v1/chat/completions";
const MESSAGES: &str = "/anthropic/v1/messages";

/// Long enough for a busy machine, and never waited for in full by a test that passes.
const PATIENCE: Duration = Duration::from_secs(60);

fn count(stream: bool) -> Value {
    json!({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "count to 5"}]})
}

fn message(stream: bool) -> Value {
    json!({"model": "m", "max_tokens": 99, "stream": stream, "messages": [{"role": "user", "content": "count to 5"}]})
}

/// Sends a request on a bare connection and reads to the end, so that what is on the wire can be seen.
async fn raw(asker: &Asker, path: &str, body: &Value) -> String {
    let mut socket = open(asker, path, body).await;
    let mut read = Vec::new();
    // A connection that is reset has still given what came before.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut read)).await.unwrap();
    String::from_utf8(read).unwrap()
}

async fn open(asker: &Asker, path: &str, body: &Value) -> tokio::net::TcpStream {
    let mut socket = tokio::net::TcpStream::connect(asker.server.address()).await.unwrap();
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\nanthropic-version: 2023-06-01\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body.as_bytes()).await.unwrap();
    socket
}

async fn until(mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "it never came true");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_status_comes_in_the_providers_shape_with_its_headers() {
    let asker = Asker::start().await;
    asker.fault(&json!({"provider": "openai", "kind": "status", "status": 429, "retry_after_ms": 250, "retry_after_s": 1, "times": 1})).await;
    let response = asker.post(CHAT, &count(true)).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(
        (&response.headers()["retry-after-ms"], &response.headers()["retry-after"]),
        (&"250".parse().unwrap(), &"1".parse().unwrap())
    );
    assert_eq!(response.headers()["x-ratelimit-remaining-requests"], "0");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(
        (&answer["error"]["type"], &answer["error"]["code"]),
        (&json!("requests"), &json!("rate_limit_exceeded"))
    );
    assert_eq!(asker.json(CHAT, &count(false)).await.0, 200);

    for (status, kind) in
        [(529, "overloaded_error"), (402, "billing_error"), (500, "api_error"), (413, "request_too_large")]
    {
        asker.server.clear_faults();
        let fault = FaultKind::Status { status, retry_after_ms: None, retry_after_s: None, body: None };
        asker.server.add_fault(Fault::new("anthropic", fault)).unwrap();
        let (got, answer) = asker.json(MESSAGES, &message(false)).await;
        assert_eq!((got, &answer["error"]["type"]), (status, &json!(kind)));
    }
    asker.fault(&json!({"provider": "azure", "model": "d", "kind": "status", "status": 429})).await;
    let path = "/azure/openai/deployments/d/chat/completions?api-version=2024-10-21";
    assert_eq!(asker.json(path, &count(false)).await.1["error"]["code"], "429");
    asker.fault(&json!({"provider": "groq", "kind": "status", "status": 503, "body": {"detail": "busy"}})).await;
    let (status, answer) = asker.json("/compatible/groq/v1/chat/completions", &count(false)).await;
    assert_eq!((status, answer), (503, json!({"detail": "busy"})));
    assert_eq!(asker.json("/compatible/other/v1/chat/completions", &count(false)).await.0, 200);
}

#[tokio::test]
async fn an_error_comes_inside_a_200() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "error_in_200"})).await;
    let (status, answer) = asker.json(CHAT, &count(true)).await;
    assert_eq!((status, &answer["error"]["type"]), (200, &json!("server_error")));
    let (status, answer) = asker.json(MESSAGES, &message(false)).await;
    assert_eq!((status, &answer["error"]["type"]), (200, &json!("api_error")));
}

#[tokio::test]
async fn an_error_comes_inside_a_stream() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "error_in_stream", "chunks": 2})).await;
    let text = asker.text(CHAT, &count(true)).await;
    let events: Vec<&str> = text.trim_end().split("\n\n").collect();
    assert_eq!(events.len(), 3);
    assert!(events[2].starts_with(r#"data: {"error":{"message""#), "{text}");
    let text = asker.text(MESSAGES, &message(true)).await;
    let last = text.trim_end().split("\n\n").last().unwrap();
    assert!(
        last.starts_with("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\""),
        "{text}"
    );
    let text = asker.text("/openai/v1/responses", &json!({"model": "m", "input": "count to 5", "stream": true})).await;
    let last = text.trim_end().split("\n\n").last().unwrap();
    assert!(
        last.starts_with("event: error\ndata: {\"type\":\"error\"") && last.contains("\"sequence_number\":2"),
        "{text}"
    );
    assert_eq!(asker.json(CHAT, &count(false)).await.0, 500);
}

#[tokio::test]
async fn a_stream_is_cut_without_its_end() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "cut", "chunks": 3})).await;
    let text = raw(&asker, CHAT, &count(true)).await;
    assert_eq!(text.matches("data: ").count(), 3, "{text}");
    assert!(!text.ends_with("0\r\n\r\n"), "the chunked body has no last chunk");
    let text = raw(&asker, CHAT, &count(false)).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let announced: usize =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    assert_eq!(body.len(), announced / 2);
    assert!(asker.post(CHAT, &count(true)).send().await.unwrap().text().await.is_err());
    assert!(asker.server.requests().iter().all(|request| request.outcome == Outcome::Cut && !request.client_left));
}

#[tokio::test]
async fn json_is_broken_in_the_middle() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "malformed", "chunks": 1})).await;
    let text = asker.text(CHAT, &count(true)).await;
    let broken: Vec<bool> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| data != "[DONE]" && serde_json::from_str::<Value>(data).is_err())
        .collect();
    assert_eq!(broken.iter().filter(|broken| **broken).count(), 1);
    assert!(broken[1], "{text}");
    let response = asker.post(MESSAGES, &message(false)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(serde_json::from_str::<Value>(&response.text().await.unwrap()).is_err());
}

#[tokio::test]
async fn an_answer_is_empty() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "empty"})).await;
    for body in [count(true), count(false)] {
        let response = asker.post(CHAT, &body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn usage_says_what_it_is_told() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "usage", "input": 100, "output": 7, "cached": 30})).await;
    let usage = asker.json(CHAT, &count(false)).await.1["usage"].clone();
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(100), &json!(7)));
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 30);
    let usage = asker.json(MESSAGES, &message(false)).await.1["usage"].clone();
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(100), &json!(7)));
    assert_eq!(usage["cache_read_input_tokens"], 30);
}

#[tokio::test]
async fn a_connection_is_refused() {
    let asker = Asker::start().await;
    asker.fault(&json!({"provider": "openai", "kind": "refuse_connection", "times": 1})).await;
    assert_eq!(raw(&asker, CHAT, &count(false)).await, "");
    assert!(raw(&asker, CHAT, &count(false)).await.starts_with("HTTP/1.1 200"));
    let statuses = &asker.server.stats().providers["openai"].statuses;
    assert_eq!((statuses[&0], statuses[&200]), (1, 1));
}

#[tokio::test]
async fn who_hangs_is_noticed_when_the_client_leaves() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "hang", "times": 1})).await;
    let socket = open(&asker, CHAT, &count(true)).await;
    until(|| asker.server.requests().len() == 1).await;
    assert_eq!(asker.server.requests()[0].outcome, Outcome::UnderWay);
    drop(socket);
    until(|| asker.server.requests()[0].client_left).await;
    assert_eq!(asker.server.requests()[0].status, None);

    asker.fault(&json!({"kind": "hang_after", "chunks": 2})).await;
    let mut response = asker.post(CHAT, &count(true)).send().await.unwrap();
    let mut text = String::new();
    while text.matches("\n\n").count() < 2 {
        text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert_eq!(text.matches("data: ").count(), 2);
    assert_eq!(asker.server.requests()[1].outcome, Outcome::UnderWay);
    drop(response);
    until(|| asker.server.requests()[1].client_left).await;
    assert_eq!(asker.server.requests()[1].status, Some(200));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_what_hangs() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "hang"})).await;
    let mut socket = open(&asker, CHAT, &count(false)).await;
    until(|| asker.server.requests().len() == 1).await;
    let begun = Instant::now();
    asker.server.shutdown().await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    let mut read = Vec::new();
    let _ = socket.read_to_end(&mut read).await;
    assert_eq!(read, b"");
}

#[tokio::test]
async fn latency_is_added_up() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "latency", "first_token_ms": 60, "per_token_ms": 10})).await;
    let begun = Instant::now();
    let (_, answer) = asker.json(CHAT, &count(false)).await;
    let tokens = answer["usage"]["completion_tokens"].as_u64().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(60 + 10 * tokens));
    let begun = Instant::now();
    let mut response = asker.post(CHAT, &count(true)).send().await.unwrap();
    response.chunk().await.unwrap();
    let first = begun.elapsed();
    while response.chunk().await.unwrap().is_some() {}
    assert!(first >= Duration::from_millis(60), "{first:?}");
    // All of it: the first piece may be looked at late, and the others come soon after it then.
    assert!(begun.elapsed() >= Duration::from_millis(60 + 10 * tokens));
}

#[tokio::test]
async fn faults_are_listed_and_removed_over_http() {
    let asker = Asker::start().await;
    let added = asker.fault(&json!({"provider": "openai", "kind": "empty", "every": 2})).await;
    assert_eq!((&added["id"], &added["kind"], &added["spent"]), (&json!(1), &json!("empty"), &json!(false)));
    asker.text(CHAT, &count(false)).await;
    asker.text(CHAT, &count(false)).await;
    let listed = asker.get("/_faults").await;
    assert_eq!((&listed["faults"][0]["matched"], &listed["faults"][0]["fired"]), (&json!(2), &json!(1)));
    let url = asker.server.url();
    let status = |request: reqwest::RequestBuilder| async move { request.send().await.unwrap().status().as_u16() };
    assert_eq!(status(asker.client.delete(format!("{url}/_faults/1"))).await, 204);
    assert_eq!(status(asker.client.delete(format!("{url}/_faults/1"))).await, 404);
    assert_eq!(
        status(asker.client.post(format!("{url}/_faults")).json(&json!({"kind": "hang", "chunks": 1}))).await,
        400
    );
    asker.fault(&json!({"kind": "empty"})).await;
    assert_eq!(status(asker.client.delete(format!("{url}/_faults"))).await, 204);
    assert_eq!(asker.get("/_faults").await, json!({"faults": []}));
}

#[tokio::test]
async fn the_record_names_the_key_and_keeps_it_secret() {
    let asker = Asker::start().await;
    asker.json(MESSAGES, &message(false)).await;
    let record = asker.get("/_requests").await["requests"][0].clone();
    assert_eq!(
        (&record["provider"], &record["auth"], &record["status"]),
        (&json!("anthropic"), &json!("x-api-key"), &json!(200))
    );
    assert_eq!(
        (&record["headers"]["x-api-key"], &record["headers"]["anthropic-version"]),
        (&json!("***"), &json!("2023-06-01"))
    );
    assert_eq!((&record["body"]["max_tokens"], &record["client_left"]), (&json!(99), &json!(false)));
    let stats = asker.get("/_stats").await;
    assert_eq!(stats["providers"]["anthropic"]["statuses"], json!({"200": 1}));
    assert_eq!(stats["providers"]["anthropic"]["output_tokens"], 9);
}
