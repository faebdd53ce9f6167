//! A node on an embedded Redis and a real PostgreSQL, with a stand-in for Lambda's Invoke API.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use local_emulator_redis as redis;
use octavo_adapters_postgres::{TEST_PASSWORD, TEST_RELAY_LOGIN, prepare_for_tests};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_domain_kernel::{Queue, QueueName};
use octavo_testing::build::message;
use octavo_testing::faults::Proxy;
use octavo_wiring_settings::Environment;
use parking_lot::Mutex;
use realtime_node::{Node, Settings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Clone, Default)]
struct Invoked(Arc<Mutex<Vec<(String, Value)>>>);

/// Answers as Lambda does: the first invocation fails in the function, the others succeed.
async fn invoke(
    State(invoked): State<Invoked>,
    Path(name): Path<String>,
    body: String,
) -> (StatusCode, HeaderMap, Json<Value>) {
    let mut all = invoked.0.lock();
    all.push((name, serde_json::from_str(&body).unwrap()));
    let mut headers = HeaderMap::new();
    if all.len() == 1 {
        headers.insert("x-amz-function-error", "Unhandled".parse().unwrap());
        return (StatusCode::OK, headers, Json(json!({"errorType": "X", "errorMessage": "not the first time"})));
    }
    (StatusCode::OK, headers, Json(json!({"batchItemFailures": []})))
}

async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn ready(node: &Node) -> u16 {
    reqwest::get(format!("http://{}/health/ready", node.address())).await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_its_function_and_readiness_tells_the_truth() {
    let invoked = Invoked::default();
    let app = Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(invoked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lambda = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let server = redis::Server::start(redis::Options::default()).await.unwrap();
    let proxy = Proxy::start(server.addr()).await;
    let database =
        local_emulator_postgres::testing::database("node", |url| async move { prepare_for_tests(&url).await }).await;

    let variables = [
        ("OCTAVO_NODE_NAME", "node-1".to_owned()),
        ("OCTAVO_NODE_LISTEN", "127.0.0.1:0".to_owned()),
        ("OCTAVO_DATABASE_URL", database.url_as(TEST_RELAY_LOGIN, TEST_PASSWORD)),
        ("OCTAVO_REDIS_URL", proxy.url(&server.url())),
        ("OCTAVO_LAMBDA_ENDPOINT", format!("http://{lambda}")),
        ("OCTAVO_LAMBDA_SIGNING", "off".to_owned()),
        ("OCTAVO_LAMBDA_PREFIX", "octavo-".to_owned()),
        ("OCTAVO_NODE_DRAIN_MS", "30000".to_owned()),
        ("OCTAVO_NODE_HUBS", "off".to_owned()),
    ];
    let environment = Environment::of(variables.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let node = Node::start(&Settings::read(&environment).unwrap()).await.unwrap();
    eventually("the node is ready", async || (ready(&node).await == 200).then_some(())).await;

    let queue = RedisQueue::new(Redis::new(&server.url()).unwrap());
    let index: QueueName = "index".parse().unwrap();
    let sent = message(1);
    queue.send(&index, std::slice::from_ref(&sent)).await.unwrap();
    eventually("the message was delivered until it was done", async || {
        let depth = queue.depth(&index).await.unwrap();
        (invoked.0.lock().len() >= 2 && depth.ready + depth.in_flight + depth.delayed == 0).then_some(())
    })
    .await;
    let (name, event) = invoked.0.lock()[1].clone();
    let body: Value = serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!((name.as_str(), &body["id"]), ("octavo-index", &json!(sent.id)));
    assert_eq!(event["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");

    proxy.refuse().await;
    proxy.cut();
    eventually("without Redis it is not ready", async || (ready(&node).await == 503).then_some(())).await;
    proxy.pass().await;
    eventually("with Redis it is ready again", async || (ready(&node).await == 200).then_some(())).await;
    let started = Instant::now();
    node.drain().await;
    assert!(started.elapsed() < Duration::from_secs(20), "an idle node drains at once");
}
