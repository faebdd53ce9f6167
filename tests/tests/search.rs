//! Finding documents, over HTTP.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use octavo_tests::World;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_found_with_highlights_facets_and_typing_errors_forgiven() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let travel = ada.writes("Travel policy", "Trains before planes, and never by helicopter.").await;
    let budget = ada.writes("Budget", "A helicopter costs more than a train.").await;
    ada.comes_to_find("helicopter", &[&travel, &budget]).await;

    let body = json!({"text": "helicopter", "facets": [{"field": "media_type"}], "highlight": true});
    let answer = ada.post("/v1/search", body).await.expect(200).json();
    assert_eq!(answer["total"]["value"], 2, "{answer}");
    let highlight = answer["hits"][0]["highlights"]["text"][0].as_str().unwrap_or_default();
    assert!(highlight.contains("<mark>helicopter</mark>"), "{answer}");
    assert_eq!(answer["facets"][0]["buckets"][0]["count"], 2, "{answer}");

    assert_eq!(ada.finds("helicoptre").await.len(), 2, "a typing error is forgiven");
    let simple = ada.get("/v1/search?q=budget").await.expect(200).json();
    assert_eq!(simple["hits"][0]["id"], budget.as_str());
    let suggested = ada.get("/v1/search/suggest?q=trav").await.expect(200).json();
    assert!(suggested.to_string().contains("Travel policy"), "{suggested}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_a_document_no_longer_finds_it_at_once() {
    let world = World::start().await;
    let (ada, grace) = (world.person("acme", "ada"), world.person("acme", "grace"));
    let id = ada.writes("Secret plan", "Operation marmalade.").await;
    ada.shares(&id, "user:grace", "viewer").await;
    grace.comes_to_find("marmalade", &[&id]).await;
    assert_eq!(grace.finds("marmalade").await, [id.as_str()]);

    ada.delete(&format!("/v1/documents/{id}/shares/user:grace")).await;
    assert!(grace.finds("marmalade").await.is_empty(), "the very next search must not show it");
    assert_eq!(ada.finds("marmalade").await, [id.as_str()], "who still has it still finds it");

    ada.delete(&format!("/v1/documents/{id}")).await.expect(204);
    assert!(ada.finds("marmalade").await.is_empty(), "a deleted document is gone at once");
    ada.post(&format!("/v1/documents/{id}/restore"), json!({})).await.expect(200);
    ada.comes_to_find("marmalade", &[&id]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_goes_through_everything_once() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let mut made = Vec::new();
    for number in 0..30 {
        made.push(ada.writes(&format!("Kumquat {number}"), "A small citrus fruit.").await);
    }
    let all: Vec<&str> = made.iter().map(String::as_str).collect();
    ada.comes_to_find("kumquat", &all).await;

    let mut found = Vec::new();
    let mut body = json!({"text": "kumquat", "size": 7});
    loop {
        let page = ada.post("/v1/search", body.clone()).await.expect(200).json();
        found.extend(page["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => body["cursor"] = json!(cursor),
            None => break,
        }
    }
    assert_eq!(found.len(), 30);
    found.sort();
    made.sort();
    assert_eq!(found, made);

    let cursor = ada.post("/v1/search", json!({"text": "kumquat", "size": 7})).await.json()["next_cursor"].clone();
    let eve = world.person("evil", "eve");
    let stolen = eve.post("/v1/search", json!({"text": "kumquat", "size": 7, "cursor": cursor})).await;
    assert!((400..500).contains(&stolen.status), "a cursor is good for whom it was made: {:?}", stolen.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_search_comes_from_the_cache_until_something_changes() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let first = ada.writes("One", "The word is quince.").await;
    ada.comes_to_find("quince", &[&first]).await;
    octavo_tests::eventually("a search is answered from the cache", || async {
        let answer = ada.post("/v1/search", json!({"text": "quince"})).await.expect(200);
        (answer.header("x-octavo-cache") == "hit").then_some(())
    })
    .await;
    let second = ada.writes("Two", "Another quince.").await;
    ada.comes_to_find("quince", &[&first, &second]).await;
}
