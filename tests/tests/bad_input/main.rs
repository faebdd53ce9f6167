//! What is wrong with a request is said, with the field's name.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod cursor;
mod multipart_form;
mod query;

use octavo_tests::{Answer, World};
use reqwest::{Method, multipart};
use serde_json::json;
use std::time::{Duration, Instant};

/// What a refusal may take on a machine that runs other tests too. A parser that does too much takes minutes.
const REFUSED_WITHIN: Duration = Duration::from_secs(25);

/// What was asked and not refused as it should have been; all of it is told at once.
#[derive(Default)]
struct Refusals(Vec<String>);

impl Refusals {
    /// The answer of `asked` must be a refusal by a problem document, in time, that names one of `fields`.
    async fn refused(&mut self, what: &str, asked: impl Future<Output = Answer>, fields: &[&str]) {
        let began = Instant::now();
        let answer = asked.await;
        let (took, problem) = (began.elapsed(), answer.json());
        let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
        let is_problem = answer.header("content-type") == "application/problem+json";
        if !(400..500).contains(&answer.status) || !is_problem || !fields.contains(&named) || took > REFUSED_WITHIN {
            let status = answer.status;
            self.0.push(format!("{what:.200}: {status} after {took:?}, expected one of {fields:?}: {problem:.600}"));
        }
    }

    #[track_caller]
    fn judge(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_part_is_named() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let id = ada.writes("A", "text").await;
    let document = format!("/v1/documents/{id}");
    let good = || json!({"title": "T", "content": "x", "content_type": "text/plain"});
    let with = |name: &str, value: serde_json::Value| {
        let mut body = good();
        body[name] = value;
        body
    };

    let long = "t".repeat(600);
    for (body, field) in [
        (with("title", json!(long)), "title"),
        (with("title", json!("")), "title"),
        (with("title", json!(7)), "title"),
        (with("tags", json!(["ok", ""])), "tags[1]"),
        (with("tags", json!("policy")), "tags"),
        (with("content_type", json!("image/png")), "content_type"),
        (with("metadata", json!([1])), "metadata"),
        (with("colour", json!("red")), "colour"),
    ] {
        let answer = ada.post("/v1/documents", body.clone()).await;
        let problem = answer.json();
        assert!(matches!(answer.status, 400 | 415 | 422), "{body}: {} {problem}", answer.status);
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }

    ada.get("/v1/documents/not-a-uuid").await.expect_problem(400, "EDGE_0001", "path:id");
    ada.get("/v1/documents?limit=1000").await.expect(400);
    ada.get("/v1/documents?limt=10").await.expect_problem(400, "EDGE_0001", "query:limt");
    ada.get("/v1/documents?cursor=garbage").await.expect(400);
    ada.get("/v1/search?q=a&size=x").await.expect(400);
    ada.get("/v1/nothing").await.expect(404);
    ada.send(ada.request(Method::PATCH, "/v1/search")).await.expect(405);

    let broken =
        ada.request(Method::POST, "/v1/documents").header("content-type", "application/json").body("{\"title\":");
    ada.send(broken).await.expect_problem(400, "EDGE_0001", "body");
    let xml = ada.request(Method::POST, "/v1/documents").header("content-type", "application/xml").body("<a/>");
    assert_eq!(ada.send(xml).await.status, 415);
    let tag = ada.request(Method::PATCH, &document).header("if-match", "r1").json(&json!({"title": "B"}));
    ada.send(tag).await.expect_problem(400, "EDGE_0001", "header:If-Match");
    ada.put(&format!("{document}/shares/nobody"), json!({"role": "viewer"})).await.expect(400);
    ada.put(&format!("{document}/shares/user:grace"), json!({"role": "owner"})).await.expect(422);
    let range = ada.request(Method::GET, &format!("{document}/content")).header("range", "bytes=100-");
    ada.send(range).await.expect_problem(416, "EDGE_0010", "header:Range");

    for body in [json!({"text": 5}), json!({"size": 0}), json!({"filters": {"tags": [1]}}), json!({"unknown": true})] {
        let answer = ada.post("/v1/search", body.clone()).await;
        assert!(matches!(answer.status, 400 | 422), "{body}: {}", answer.status);
        assert!(answer.json()["errors"][0]["field"].is_string(), "{body}: {}", answer.json());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_is_refused_with_its_reason() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    for (name, media_type, bytes) in [
        ("broken.pdf", "application/pdf", b"%PDF-1.7 and then nothing".to_vec()),
        (
            "broken.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            b"PK\x03\x04 no zip".to_vec(),
        ),
        ("picture.png", "image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("binary.txt", "text/plain", vec![0, 1, 2, 3]),
    ] {
        let part = multipart::Part::bytes(bytes).file_name(name).mime_str(media_type).unwrap();
        let request = ada.request(Method::POST, "/v1/documents").multipart(multipart::Form::new().part("file", part));
        let answer = ada.send(request).await;
        let problem = answer.json();
        assert!(matches!(answer.status, 415 | 422), "{name}: {} {problem}", answer.status);
        assert_eq!(problem["errors"][0]["field"], "file", "{name}: {problem}");
    }
    assert_eq!(ada.get("/v1/documents").await.json()["documents"], json!([]), "nothing of them was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_413() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    for megabytes in [5, 12] {
        let part = multipart::Part::bytes(vec![b'x'; megabytes * 1024 * 1024])
            .file_name("large.txt")
            .mime_str("text/plain")
            .unwrap();
        let request = ada.request(Method::POST, "/v1/documents").multipart(multipart::Form::new().part("file", part));
        let answer = ada.send(request).await;
        assert_eq!(answer.status, 413, "{megabytes} MiB: {}", answer.json());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_no_good_is_refused() {
    let world = World::start().await;
    let stranger = world.stranger();
    for value in ["Bearer nonsense", "Bearer a.b.c", "Basic YTpi"] {
        let answer = stranger.send(stranger.request(Method::GET, "/v1/documents").header("authorization", value)).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{value}: {}", answer.json());
    }
    let other = World::start().await;
    let foreign = other.person("acme", "ada");
    let answer = stranger.send(stranger.request(Method::GET, "/v1/documents").bearer_auth(foreign.token())).await;
    assert_eq!(answer.status, 401, "a token by another issuer's key: {}", answer.json());
}
