//! Finding documents, over HTTP.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

#[path = "search/model.rs"]
mod model;
#[path = "search/reindex.rs"]
mod reindex;
#[path = "search/tenant.rs"]
mod tenant;

use local_emulator_ai::{Fault, FaultKind};
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
async fn a_hybrid_search_finds_by_meaning_what_words_do_not() {
    let world = World::start().await;
    let (ada, grace) = (world.person("acme", "ada"), world.person("acme", "grace"));
    let whales = ada.writes("Field notes", "A marine biologist counts whales in the fjord.").await;
    let tax = ada.writes("Tax return", "Forms are due in spring.").await;
    let secret = grace.writes("Hers", "Another marine biologist counts whales.").await;
    ada.comes_to_find("whales", &[&whales]).await;
    grace.comes_to_find("whales", &[&secret]).await;

    // Two of four words are in it: too few for a search by words, and no error of typing explains the others.
    let text = "marine whales sanctuary tourism";
    let by_words = ada.post("/v1/search", json!({"text": text})).await.expect(200).json();
    assert_eq!((&by_words["hits"], by_words.get("degraded")), (&json!([]), None), "{by_words}");
    let body = json!({"text": text, "mode": "hybrid", "highlight": true});
    let by_meaning = ada.post("/v1/search", body).await.expect(200).json();
    let ids = |answer: &serde_json::Value| -> Vec<String> {
        answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids(&by_meaning), by_meaning.get("degraded")), (vec![whales.clone()], None), "{by_meaning}");
    let simple = ada.get("/v1/search?q=marine+whales+sanctuary+tourism&mode=hybrid").await.expect(200).json();
    assert_eq!(ids(&simple), [whales.as_str()], "hers is near, too, and not ada's to see: {simple}");
    let both = ada.post("/v1/search", json!({"text": "tax return forms", "mode": "hybrid"})).await.expect(200).json();
    assert_eq!(ids(&both)[0], tax, "{both}");

    // Shared, and then no longer: the vector is the same, and the border moves with the person's rights.
    grace.shares(&secret, "user:ada", "viewer").await;
    ada.comes_to_find("whales", &[&whales, &secret]).await;
    let shared = ada.post("/v1/search", json!({"text": text, "mode": "hybrid"})).await.expect(200).json();
    assert_eq!(shared["hits"].as_array().unwrap().len(), 2, "{shared}");
    grace.delete(&format!("/v1/documents/{secret}/shares/user:ada")).await;
    let unshared = ada.post("/v1/search", json!({"text": text, "mode": "hybrid"})).await.expect(200).json();
    assert_eq!(ids(&unshared), [whales.as_str()], "the very next search must not show it: {unshared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_vectors_cannot_be_made_documents_are_indexed_and_words_answer() {
    // Nothing listens there.
    let variable = ("OCTAVO_SEARCH_EMBEDDINGS_URL".to_owned(), "http://127.0.0.1:9/v1".to_owned());
    let options = local_emulator::Options { variables: vec![variable], ..local_emulator::Options::default() };
    let world = World::with(options).await;
    let ada = world.person("acme", "ada");
    let whales = ada.writes("Field notes", "A marine biologist counts whales.").await;
    ada.comes_to_find("whales", &[&whales]).await;
    let answer = ada.post("/v1/search", json!({"text": "whales", "mode": "hybrid"})).await.expect(200).json();
    assert_eq!(answer["degraded"], "embeddings_away", "{answer}");
    assert_eq!(answer["hits"][0]["id"], whales.as_str(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_that_were_missed_are_made_when_they_can_be_had_again_and_a_saved_search_tells_of_what_is_near() {
    let world = World::start().await;
    let (ada, grace) = (world.person("acme", "ada"), world.person("acme", "grace"));
    let text = "marine whales sanctuary tourism";
    let hybrid = json!({"text": text, "mode": "hybrid"});
    let body = json!({"name": "Whales", "search": hybrid, "notify": "daily"});
    let saved = ada.post("/v1/search/saved", body).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let run = async || ada.post(&format!("/v1/search/saved/{saved}/run"), json!({})).await.expect(200).json();

    let dead = Fault::new(
        "embeddings",
        FaultKind::Status { status: 503, retry_after_ms: None, retry_after_s: None, body: None },
    );
    world.emulator.fakes().add_fault(dead).unwrap();
    let whales = ada.writes("Field notes", "A marine biologist counts whales in the fjord.").await;
    grace.writes("Hers", "Another marine biologist counts whales.").await;
    ada.comes_to_find("whales", &[&whales]).await;
    let ran = run().await;
    assert_eq!((&ran["new"], &ran["degraded"]), (&json!([]), &json!("embeddings_away")), "{ran}");

    world.emulator.fakes().clear_faults();
    // Nobody changes the document.
    octavo_tests::eventually("it is found by its meaning", || async {
        let answer = ada.post("/v1/search", hybrid.clone()).await.expect(200).json();
        (answer["hits"][0]["id"] == whales.as_str()).then_some(())
    })
    .await;
    let ran = run().await;
    assert_eq!((&ran["new"][0]["id"], ran.get("degraded")), (&json!(whales), None), "{ran}");
    assert_eq!(ran["new"].as_array().unwrap().len(), 1, "hers is near, too, and not ada's to hear of: {ran}");
    assert_eq!(run().await["new"], json!([]), "each is told of once");
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
