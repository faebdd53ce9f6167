//! Streamed answers through the gateway.

use crate::stage::{Stage, eventually, rest};
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

async fn stream(address: SocketAddr, order: serde_json::Value) -> reqwest::Response {
    let request = reqwest::Client::new().get(format!("http://{address}/act")).header("x-act", order.to_string());
    request.send().await.unwrap()
}

#[tokio::test]
async fn pieces_come_as_they_are_made() {
    let (_stage, address) = Stage::over_http(|_| {}).await;
    let mut answer =
        stream(address, json!({"do": "stream", "status": 203, "pieces": ["one", "two", "three"], "ms": 1500})).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-streamed"]), (203, &"yes".parse().unwrap()));
    assert_eq!(answer.headers()["set-cookie"], "a=1");
    assert!(answer.headers().contains_key("x-request-id"));
    let first = answer.chunk().await.unwrap().unwrap();
    assert_eq!(&first[..], b"one");
    let first_at = Instant::now();
    assert_eq!(rest(answer).await, (b"twothree".to_vec(), false));
    assert!(
        first_at.elapsed() >= Duration::from_millis(1_500),
        "the first piece was held back: {:?}",
        first_at.elapsed()
    );
}

#[tokio::test]
async fn a_stream_without_pieces_is_an_empty_answer() {
    let (_stage, address) = Stage::over_http(|_| {}).await;
    let answer = stream(address, json!({"do": "stream", "status": 200, "pieces": []})).await;
    assert_eq!((answer.status().as_u16(), rest(answer).await), (200, (vec![], false)));
}

#[tokio::test]
async fn a_stream_that_fails_breaks_off_and_is_not_taken_for_the_whole() {
    let (_stage, address) = Stage::over_http(|config| config.timeout = Duration::from_secs(4)).await;
    for end in ["fail", "exit", "hang"] {
        let answer = stream(address, json!({"do": "stream", "pieces": ["one"], "end": end})).await;
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(rest(answer).await, (b"one".to_vec(), true), "{end}");
    }
    let after = stream(address, json!({"do": "stream", "pieces": ["one"]})).await;
    assert_eq!(rest(after).await, (b"one".to_vec(), false));
}

#[tokio::test]
async fn a_client_that_leaves_does_not_hold_the_sandbox() {
    let (stage, address) = Stage::over_http(|config| config.sandboxes_max = 1).await;
    let piece = "x".repeat(10_000);
    let mut answer = stream(address, json!({"do": "stream", "pieces": [piece], "times": 300})).await;
    answer.chunk().await.unwrap().unwrap();
    drop(answer);
    let process = stage.process().await;
    let next = tokio::time::timeout(Duration::from_secs(30), stage.json(r#"{"do":"process"}"#))
        .await
        .expect("the sandbox is free");
    assert_eq!(next["pid"].as_u64().unwrap(), u64::from(process));
    eventually("nothing waits", || stage.lambda.functions()[0].waiting == 0).await;
}
