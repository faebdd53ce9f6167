//! One thing dies in the middle; nothing that was accepted is lost, and what is away comes back by itself.
use local_emulator::Options;
use local_emulator_redis as redis;
use octavo_testing::faults::Proxy;
use octavo_tests::{Person, World, eventually};
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Writes a document as a careful client does: with an idempotency key, again until there is an answer.
async fn write_surely(person: &Person, number: usize) -> String {
    let body = json!({"title": format!("Report {number}"), "content": "About the persimmon harvest.", "content_type": "text/plain"});
    let what = format!("document {number} is accepted");
    eventually(&what, || async {
        let request = person
            .request(Method::POST, "/v1/documents")
            .header("idempotency-key", format!("report-{number}"))
            .json(&body);
        let answer = person.send(request).await;
        match answer.status {
            201 => Some(answer.json()["id"].as_str().unwrap().to_owned()),
            409 | 502 | 503 | 504 => None,
            _ => panic!("{}: {}", answer.status, answer.json()),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_killed_in_the_middle_lose_nothing() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let over = Arc::new(AtomicBool::new(false));
    let killer = tokio::spawn({
        let (lambda, over) = (world.emulator.lambda().clone(), over.clone());
        async move {
            let mut killed = 0;
            // Slower and slower: on a busy machine a function takes longer to start than to be killed again.
            let mut pause = Duration::from_millis(150);
            while !over.load(Ordering::SeqCst) {
                for function in ["documents", "index"] {
                    killed += lambda.kill(function);
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 5 / 4).min(Duration::from_secs(2));
            }
            killed
        }
    });
    let writes = (0..40).map(|number| {
        let ada = ada.clone();
        tokio::spawn(async move { write_surely(&ada, number).await })
    });
    let mut written: Vec<String> =
        futures::future::join_all(writes).await.into_iter().map(|written| written.unwrap()).collect();
    over.store(true, Ordering::SeqCst);
    assert!(killer.await.unwrap() > 3, "functions were killed meanwhile");
    written.sort();
    written.dedup();
    assert_eq!(written.len(), 40, "each accepted request made one document of its own");
    let all: Vec<&str> = written.iter().map(String::as_str).collect();
    ada.comes_to_find("persimmon", &all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_database_comes_back_with_everything_that_was_accepted() {
    let world = World::alone(Options::default()).await;
    let ada = world.person("acme", "ada");
    let before = write_surely(&ada, 1).await;
    assert!(world.emulator.crash_postgres());
    let after = write_surely(&ada, 2).await;
    ada.comes_to_find("persimmon", &[&before, &after]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_documents_are_accepted_and_searched_and_indexed_when_it_is_back() {
    let server = redis::Server::start(redis::Options::default()).await.unwrap();
    let proxy = Proxy::start(server.addr()).await;
    let world = World::with(Options { redis: Some(proxy.url(&server.url())), ..Options::default() }).await;
    let ada = world.person("acme", "ada");
    let before = ada.writes("Before", "About the persimmon harvest.").await;
    ada.comes_to_find("persimmon", &[&before]).await;

    proxy.refuse().await;
    proxy.cut();
    let meanwhile = write_surely(&ada, 1).await;
    assert_eq!(ada.finds("persimmon").await, [before.as_str()], "search goes on without its cache");
    proxy.pass().await;
    ada.comes_to_find("persimmon", &[&before, &meanwhile]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_engine_search_says_so_and_recovers() {
    let server =
        local_emulator_elasticsearch::Server::start(local_emulator_elasticsearch::Options::default()).await.unwrap();
    let proxy = Proxy::start(server.addr()).await;
    let options = Options { elasticsearch: Some(proxy.url(&server.url())), ..Options::default() };
    let world = World::with(options).await;
    let ada = world.person("acme", "ada");
    let before = ada.writes("Before", "About the persimmon harvest.").await;
    ada.comes_to_find("persimmon", &[&before]).await;

    proxy.refuse().await;
    proxy.cut();
    let away = ada.post("/v1/search", json!({"text": "something else"})).await;
    assert_eq!(away.status, 503, "{}", away.json());
    assert!(away.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    let meanwhile = ada.writes("Meanwhile", "About the persimmon harvest.").await;
    proxy.pass().await;
    ada.comes_to_find("persimmon", &[&before, &meanwhile]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_hangs_is_answered_for_in_seconds_and_is_used_again_when_it_is_back() {
    let limits = [("OCTAVO_DATABASE_ACQUIRE_TIMEOUT_MS", "1000"), ("OCTAVO_BLOBS_TIMEOUT_MS", "2000")];
    let variables = limits.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let world = World::alone(Options { relays: true, variables, ..Options::default() }).await;
    let (ada, operator) = (world.person("acme", "ada"), world.stranger());
    write_surely(&ada, 1).await;
    for (number, engine) in (2..).zip(["postgres", "s3"]) {
        let asks = |method, path: &str| operator.request(method, path).header("x-octavo-console", "1");
        let hang = asks(Method::POST, "/_octavo/faults").json(&json!({ "provider": engine, "kind": "hang" }));
        operator.send(hang).await.expect(201);
        let began = Instant::now();
        let body =
            json!({ "title": "Report", "content": format!("With {engine} away."), "content_type": "text/plain" });
        let answer = ada.post("/v1/documents", body).await;
        let took = began.elapsed();
        operator.send(asks(Method::DELETE, &format!("/_octavo/faults/{engine}"))).await.expect(200);
        assert_eq!(answer.status, 503, "{engine}: {}", answer.json());
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0), "{engine}");
        // Two or three seconds by the limits; a sandbox is ended after thirty.
        assert!(took < Duration::from_secs(25), "{engine}: {took:?}");
        write_surely(&ada, number).await;
    }
}

/// A read of each function that has some, by itself enough to need PostgreSQL.
const READS: [&str; 7] = [
    "/v1/documents",
    "/v1/approvals",
    "/v1/inbox",
    "/v1/ai/usage",
    "/v1/generations",
    "/v1/search/saved",
    "/v1/access-keys",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_function_answers_in_seconds_for_a_database_that_hangs() {
    let limits = [("OCTAVO_DATABASE_ACQUIRE_TIMEOUT_MS", "1000"), ("OCTAVO_DATABASE_STATEMENT_TIMEOUT_MS", "1000")];
    let variables = limits.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let world = World::alone(Options { relays: true, variables, ..Options::default() }).await;
    let (ada, operator) = (world.with_roles("acme", "ada", &["admin"]), world.stranger());
    let answers = async |path: &str| {
        eventually(path, || async { (ada.get(path).await.status == 200).then_some(()) }).await;
    };
    for path in READS {
        answers(path).await;
    }
    let asks = |method, path: &str| operator.request(method, path).header("x-octavo-console", "1");
    let hang = asks(Method::POST, "/_octavo/faults").json(&json!({ "provider": "postgres", "kind": "hang" }));
    operator.send(hang).await.expect(201);
    let hanging = READS.map(|path| async {
        let began = Instant::now();
        (ada.get(path).await, began.elapsed())
    });
    let answered = futures::future::join_all(hanging).await;
    operator.send(asks(Method::DELETE, "/_octavo/faults/postgres")).await.expect(200);
    for (path, (answer, took)) in READS.iter().zip(answered) {
        assert_eq!(answer.status, 503, "{path}: {}", answer.json());
        assert_eq!(answer.json()["code"], "PLATFORM_0001", "{path}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0), "{path}");
        // Two seconds by the limits; a sandbox is ended after thirty.
        assert!(took < Duration::from_secs(25), "{path}: {took:?}");
    }
    for path in READS {
        answers(path).await;
    }
}
