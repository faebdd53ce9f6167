//! The client against the fake upstream of the emulator, and against servers that do as they are told.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use octavo_adapters_embeddings::{HttpEmbeddings, Options};
use octavo_domain_kernel::{PortErrorKind, TenantId};
use octavo_domain_search::{EMBEDDED_TEXTS_MAX, EmbeddingModel, Embeddings, Purpose};
use octavo_testing::time::ManualClock;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

fn model(dimensions: u16) -> EmbeddingModel {
    EmbeddingModel { name: "text-embedding-3-small".to_owned(), dimensions }
}

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn the_emulators_upstream_makes_near_vectors_of_similar_texts() {
    let fakes = local_emulator_ai::Server::start(local_emulator_ai::Options::default()).await.unwrap();
    let url = format!("{}/compatible/embeddings/v1/", fakes.url()).parse().unwrap();
    let options = Options { key: Some("fake".to_owned()), ..Options::new(url, model(256)) };
    let embeddings = HttpEmbeddings::new(options, Arc::new(ManualClock::default()));
    let asked = texts(&["how long does a refund take", "refunds take thirty days", "cats sleep in the sun"]);
    let vectors = embeddings.embed(&tenant(), Purpose::Documents, &asked).await.unwrap();
    assert_eq!(vectors.iter().map(Vec::len).collect::<Vec<_>>(), [256, 256, 256]);
    let (near, far) = (cosine(&vectors[0], &vectors[1]), cosine(&vectors[0], &vectors[2]));
    assert!(near > far + 0.15, "{near} {far}");
    assert!((cosine(&vectors[0], &vectors[0]) - 1.0).abs() < 1e-3);
    assert!(embeddings.embed(&tenant(), Purpose::Query, &[]).await.unwrap().is_empty());
}

/// A server that answers what it is told, one after another, and remembers what it was asked.
#[derive(Default)]
struct Told {
    answers: Mutex<Vec<(u16, &'static str)>>,
    asked: Mutex<Vec<(Option<String>, String)>>,
}

async fn server(answers: &[(u16, &'static str)]) -> (Arc<Told>, HttpEmbeddings, Arc<ManualClock>) {
    async fn answer(State(told): State<Arc<Told>>, headers: HeaderMap, body: String) -> (StatusCode, &'static str) {
        let key = headers.get("authorization").map(|key| key.to_str().unwrap().to_owned());
        told.asked.lock().push((key, body));
        let mut answers = told.answers.lock();
        let (status, body) = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        (StatusCode::from_u16(status).unwrap(), body)
    }
    let told = Arc::new(Told { answers: Mutex::new(answers.to_vec()), asked: Mutex::default() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap()).parse().unwrap();
    let router = Router::new().route("/v1/embeddings", post(answer)).with_state(told.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let clock = Arc::new(ManualClock::default());
    let options = Options { key: Some("secret".to_owned()), ..Options::new(url, model(2)) };
    (told, HttpEmbeddings::new(options, clock.clone()), clock)
}

const GOOD: (u16, &str) = (200, r#"{"data":[{"index":0,"embedding":[3,4]}]}"#);

#[tokio::test]
async fn what_is_asked_is_openais_form() {
    let (told, embeddings, _) = server(&[GOOD]).await;
    let vectors = embeddings.embed(&tenant(), Purpose::Query, &texts(&["hello"])).await.unwrap();
    assert_eq!(vectors, [[0.6, 0.8]]);
    let asked = told.asked.lock();
    assert_eq!(asked[0].0.as_deref(), Some("Bearer secret"));
    let expected = r#"{"model":"text-embedding-3-small","input":["hello"],"encoding_format":"float","dimensions":2,"user":"acme"}"#;
    assert_eq!(asked[0].1, expected);
}

#[tokio::test]
async fn documents_are_tried_again_and_a_search_is_not() {
    let (told, embeddings, _) = server(&[(503, "busy"), (429, "slowly"), GOOD]).await;
    embeddings.embed(&tenant(), Purpose::Documents, &texts(&["a"])).await.unwrap();
    assert_eq!(told.asked.lock().len(), 3);
    let (told, embeddings, _) = server(&[(503, "busy"), GOOD]).await;
    let error = embeddings.embed(&tenant(), Purpose::Query, &texts(&["a"])).await.unwrap_err();
    assert_eq!((error.kind, told.asked.lock().len()), (PortErrorKind::Unavailable, 1));
}

#[tokio::test]
async fn after_a_failure_it_is_left_alone_for_a_while() {
    let (told, embeddings, clock) = server(&[(500, "broken"), GOOD]).await;
    let ask =
        || async { embeddings.embed(&tenant(), Purpose::Query, &texts(&["a"])).await.map_err(|error| error.kind) };
    assert_eq!(ask().await, Err(PortErrorKind::Unavailable));
    assert_eq!(ask().await, Err(PortErrorKind::Unavailable));
    assert_eq!(told.asked.lock().len(), 1);
    clock.advance(Duration::from_secs(5));
    assert!(ask().await.is_ok());
}

#[tokio::test]
async fn wrong_answers_are_refused_and_not_asked_for_again() {
    for (answer, kind) in [
        ((401, "no"), PortErrorKind::Denied),
        ((400, "bad model"), PortErrorKind::Corrupt),
        ((200, "{"), PortErrorKind::Corrupt),
        ((200, r#"{"data":[]}"#), PortErrorKind::Corrupt),
        ((200, r#"{"data":[{"index":0,"embedding":[1]}]}"#), PortErrorKind::Corrupt),
        ((302, ""), PortErrorKind::Corrupt),
    ] {
        let (told, embeddings, _) = server(&[answer]).await;
        let error = embeddings.embed(&tenant(), Purpose::Documents, &texts(&["a"])).await.unwrap_err();
        assert_eq!((error.kind, told.asked.lock().len()), (kind, 1), "{answer:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn one_that_is_away_or_silent_costs_little() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap()).parse().unwrap();
    let options = Options { query_timeout: Duration::from_millis(100), ..Options::new(url, model(2)) };
    let embeddings = HttpEmbeddings::new(options.clone(), Arc::new(ManualClock::default()));
    let silent = embeddings.embed(&tenant(), Purpose::Query, &texts(&["a"])).await.unwrap_err();
    assert_eq!(silent.kind, PortErrorKind::Timeout);
    drop(listener);
    let embeddings = HttpEmbeddings::new(options, Arc::new(ManualClock::default()));
    let away = embeddings.embed(&tenant(), Purpose::Query, &texts(&["a"])).await.unwrap_err();
    assert!(away.is_retryable(), "{away}");
}

#[tokio::test]
async fn more_than_one_call_may_hold_is_refused() {
    let (told, embeddings, _) = server(&[GOOD]).await;
    for wrong in [vec!["x".to_owned(); EMBEDDED_TEXTS_MAX + 1], vec![String::new()], vec!["x".repeat(2001)]] {
        assert!(embeddings.embed(&tenant(), Purpose::Documents, &wrong).await.is_err());
    }
    assert!(told.asked.lock().is_empty());
}
