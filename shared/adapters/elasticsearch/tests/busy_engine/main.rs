//! An engine that has too much to do, or does not answer: what the adapter sends again, and when it gives up.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod engine;

use chrono::DateTime;
use engine::{Engine, Reply};
use octavo_adapters_elasticsearch::{ElasticsearchIndex, Options};
use octavo_domain_kernel::{DocumentId, PortErrorKind};
use octavo_domain_search::{IndexEntry, IndexWrite, Scope, SearchIndex, SearchRequest, WriteOutcome};
use octavo_testing::ids::SequentialIds;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

fn index(engine: &Engine) -> ElasticsearchIndex {
    let mut options = Options::new(engine.url().parse().unwrap());
    options.search_timeout = Duration::from_millis(200);
    options.write_timeout = Duration::from_secs(10);
    // Its identifiers end in small numbers, so that the waits drawn from them are next to nothing.
    ElasticsearchIndex::new(options, Arc::new(SequentialIds::default()))
}

fn write(n: u64, text: &str) -> IndexWrite {
    IndexWrite::Put(Box::new(IndexEntry {
        tenant: "acme".parse().unwrap(),
        id: DocumentId(Uuid::from_u128(n.into())),
        revision: 1,
        readers: Vec::new(),
        title: format!("Document {n}"),
        headings: Vec::new(),
        text: text.to_owned(),
        tags: Vec::new(),
        media_type: "text/plain".to_owned(),
        owner: "ada".parse().unwrap(),
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        file_name: None,
        size: 0,
        language: None,
        vector: None,
    }))
}

#[tokio::test]
async fn only_what_was_refused_is_sent_again() {
    let engine =
        Engine::start(vec![Reply::Items(vec![201, 429, 409, 400]), Reply::Items(vec![429]), Reply::Items(vec![201])]);
    let outcomes = index(&engine).write((1..=4).map(|n| write(n, "")).collect()).await;
    assert_eq!(*outcomes[0].as_ref().unwrap(), WriteOutcome::Applied);
    assert_eq!(*outcomes[1].as_ref().unwrap(), WriteOutcome::Applied);
    assert_eq!(*outcomes[2].as_ref().unwrap(), WriteOutcome::Superseded);
    assert_eq!(outcomes[3].as_ref().unwrap_err().kind, PortErrorKind::Corrupt);
    let sent = engine.bulks();
    assert_eq!(sent.len(), 3);
    for again in &sent[1..] {
        assert!(again.contains("Document 2") && !again.contains("Document 1"), "{again}");
    }
}

#[tokio::test]
async fn a_whole_request_that_was_refused_is_sent_again() {
    let engine = Engine::start(vec![Reply::Status(429), Reply::Status(503), Reply::Items(vec![201, 201])]);
    let outcomes = index(&engine).write(vec![write(1, ""), write(2, "")]).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(engine.bulks().len(), 3);
}

#[tokio::test]
async fn it_gives_up_in_the_end() {
    let engine = Engine::start(vec![]);
    let outcomes = index(&engine).write(vec![write(1, ""), write(2, "")]).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap_err().kind == PortErrorKind::Unavailable));
    assert_eq!(engine.bulks().len(), 5);
    // What is wrong with the request itself is not sent again.
    let engine = Engine::start(vec![Reply::Status(400)]);
    let outcomes = index(&engine).write(vec![write(1, "")]).await;
    assert_eq!(outcomes[0].as_ref().unwrap_err().kind, PortErrorKind::Corrupt);
    assert_eq!(engine.bulks().len(), 1);
}

#[tokio::test]
async fn few_requests_at_a_time_and_none_too_large() {
    let engine = Engine::start((0..16).map(|_| Reply::AllCreated).collect());
    let index = index(&engine);
    let text = "x".repeat(900_000);
    let batch = || (1..=24).map(|n| write(n, &text)).collect();
    let (one, other) = tokio::join!(index.write(batch()), index.write(batch()));
    assert!(one.iter().chain(&other).all(Result::is_ok));
    let sizes: Vec<usize> = engine.bulks().iter().map(String::len).collect();
    assert_eq!(sizes.len(), 10);
    assert!(sizes.iter().all(|size| *size <= 5 * 1024 * 1024), "{sizes:?}");
    assert_eq!(engine.at_once_max(), 2);
}

#[tokio::test]
async fn a_search_does_not_wait_for_ever() {
    let engine = Engine::start(vec![]);
    let scope = Scope {
        tenant: "acme".parse().unwrap(),
        user: "ada".parse().unwrap(),
        readers: vec!["user:ada".parse().unwrap()],
        hidden: Vec::new(),
    };
    let query = SearchRequest::default().validate().unwrap();
    assert_eq!(index(&engine).search(&scope, &query).await.unwrap_err().kind, PortErrorKind::Timeout);
}
