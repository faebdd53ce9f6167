//! The life of a document, over HTTP.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use octavo_tests::World;
use reqwest::{Method, multipart};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_made_read_changed_deleted_and_restored() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");

    let body = json!({
        "title": "Travel policy", "content": "# Travel\n\nTrains before planes.", "content_type": "text/markdown",
        "tags": ["policy", "hr"], "metadata": {"department": "people"}
    });
    let made = ada.post("/v1/documents", body).await.expect(201);
    let document = made.json();
    let id = document["id"].as_str().unwrap().to_owned();
    let address = format!("/v1/documents/{id}");
    assert_eq!(made.header("location"), address);
    assert_eq!((document["title"].as_str(), document["version"].as_u64()), (Some("Travel policy"), Some(1)));
    assert_eq!(document["tags"], json!(["hr", "policy"]));

    let read = ada.get(&address).await.expect(200);
    assert_eq!(read.header("etag"), made.header("etag"));
    assert_eq!(read.json(), document);
    let tag = read.header("etag").to_owned();

    let body =
        json!({"title": "Travel policy", "content": "# Travel\n\nPlanes never.", "content_type": "text/markdown"});
    let put = |tag: String| ada.request(Method::PUT, &address).header("if-match", tag).json(&body);
    let changed = ada.send(put(tag.clone())).await.expect(200);
    assert_eq!(changed.json()["version"], 2);
    assert_ne!(changed.header("etag"), tag);

    let stale = ada.send(put(tag)).await.expect(412);
    let problem = stale.json();
    assert_eq!(problem["current_revision"], 2, "a 412 carries the current version: {problem}");

    let content = ada.get(&format!("{address}/content")).await.expect(200);
    assert_eq!(
        (content.header("content-type"), &content.bytes[..]),
        ("text/markdown", &b"# Travel\n\nPlanes never."[..])
    );
    let part = ada
        .send(ada.request(Method::GET, &format!("{address}/content")).header("range", "bytes=2-7"))
        .await
        .expect(206);
    assert_eq!((part.header("content-range"), &part.bytes[..]), ("bytes 2-7/23", &b"Travel"[..]));

    let versions = ada.get(&format!("{address}/versions")).await.expect(200).json();
    let numbers: Vec<u64> =
        versions["versions"].as_array().unwrap().iter().filter_map(|item| item["number"].as_u64()).collect();
    assert_eq!(numbers, [2, 1]);

    ada.delete(&address).await.expect(204);
    ada.get(&address).await.expect_problem(410, "DOCUMENTS_0004", "");
    ada.post(&format!("{address}/restore"), json!({})).await.expect(200);
    assert_eq!(ada.get(&address).await.expect(200).json()["title"], "Travel policy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_and_a_request_sent_twice_counts_once() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let upload = || {
        let html = "<html><head><title>Minutes</title></head><body><p>We met.</p></body></html>";
        let file = multipart::Part::text(html).file_name("minutes.html").mime_str("text/html").unwrap();
        let form = multipart::Form::new().part("file", file).text("tags", "meeting");
        ada.request(Method::POST, "/v1/documents").header("idempotency-key", "k-1").multipart(form)
    };
    let first = ada.send(upload()).await.expect(201).json();
    assert_eq!(
        (first["title"].as_str(), first["content"]["file_name"].as_str()),
        (Some("Minutes"), Some("minutes.html"))
    );
    let second = ada.send(upload()).await.expect(201).json();
    assert_eq!(first["id"], second["id"]);
    let listed = ada.get("/v1/documents").await.expect(200).json();
    assert_eq!(listed["documents"].as_array().map(Vec::len), Some(1), "{listed}");

    let other = json!({"title": "Else", "content": "x", "content_type": "text/plain"});
    let reused =
        ada.send(ada.request(Method::POST, "/v1/documents").header("idempotency-key", "k-1").json(&other)).await;
    assert_eq!(reused.status, 422, "{:?}", reused.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn sharing_gives_and_takes() {
    let world = World::start().await;
    let (ada, grace) = (world.person("acme", "ada"), world.person("acme", "grace"));
    let linus = world.member("acme", "linus", &["legal"]);
    let id = ada.writes("Contract", "Between us and them.").await;
    let address = format!("/v1/documents/{id}");

    grace.get(&address).await.expect(404);
    ada.shares(&id, "user:grace", "viewer").await;
    ada.shares(&id, "group:legal", "editor").await;
    let seen = grace.get(&address).await.expect(200);
    let patch = |who: &octavo_tests::Person, tag: &str| {
        who.request(Method::PATCH, &address).header("if-match", tag).json(&json!({"title": "Contract II"}))
    };
    grace.send(patch(&grace, seen.header("etag"))).await.expect(403);
    grace.put(&format!("{address}/shares/user:eve"), json!({"role": "viewer"})).await.expect(403);
    linus.send(patch(&linus, seen.header("etag"))).await.expect(200);

    ada.delete(&format!("{address}/shares/user:grace")).await;
    grace.get(&address).await.expect(404);
    linus.get(&address).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_pages_without_repeating_or_skipping() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let mut made = Vec::new();
    for number in 0..25 {
        made.push(ada.writes(&format!("Note {number}"), "text").await);
    }
    let (mut listed, mut path) = (Vec::new(), "/v1/documents?limit=10".to_owned());
    loop {
        let page = ada.get(&path).await.expect(200).json();
        listed.extend(page["documents"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/documents?limit=10&cursor={cursor}"),
            None => break,
        }
    }
    made.reverse();
    assert_eq!(listed, made);
}
