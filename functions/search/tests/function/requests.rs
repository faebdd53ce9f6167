//! What is taken and what is refused, and what the engine is asked for it.

use crate::ports::{World, borrow, get, post};
use serde_json::{Value, json};

#[tokio::test]
async fn the_border_is_that_of_the_token() {
    let world = World::new();
    assert_eq!(world.post(json!({"text": " Borrow  it ", "size": 7})).await.status, 200);
    let (scope, query) = world.index.asked.lock()[0].clone();
    assert_eq!((scope.tenant.as_str(), scope.user.as_str(), scope.readers.len()), ("acme", "ada", 1));
    assert_eq!((query.text.as_deref(), query.size), (Some("Borrow it"), 7));
    let (tenant, readers) = world.state.asked.lock()[0].clone();
    assert_eq!((tenant.as_str(), readers[0].to_string().as_str()), ("acme", "user:ada"));
    let answer = world.get("/v1/search/suggest", "q=bo&limit=2").await;
    assert_eq!(answer.body["suggestions"][0]["title"], "bo for ada of acme");
    assert_eq!(answer.body["suggestions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_whole_answer() {
    let world = World::new();
    insta::assert_json_snapshot!(world.post(borrow()).await.body);
}

#[tokio::test]
async fn every_wrong_part_is_named() {
    let world = World::new();
    for (body, expected) in [
        (json!({"text": 5}), (422, "EDGE_0002", vec!["text"])),
        (json!({"texts": "x"}), (422, "EDGE_0002", vec!["texts"])),
        (json!({"sort": "best"}), (422, "EDGE_0002", vec!["sort"])),
        (json!({"size": -1}), (422, "EDGE_0002", vec!["size"])),
        (json!({"filters": {"tags": {"any": ["a", 5]}}}), (422, "EDGE_0002", vec!["filters.tags.any[1]"])),
        (json!({"filters": {"created": {"from": "now"}}}), (422, "EDGE_0002", vec!["filters.created.from"])),
        (json!({"facets": [{"field": "size"}]}), (422, "EDGE_0002", vec!["facets[0].field"])),
        (json!({"size": 101}), (422, "SEARCH_0001", vec!["size"])),
        (json!({"text": "x ".repeat(65), "size": 0}), (422, "SEARCH_0001", vec!["text", "size"])),
    ] {
        assert_eq!(world.post(body.clone()).await.problem(), expected, "{body}");
    }
    assert_eq!(world.send("ada", post("{")).await.problem(), (400, "EDGE_0001", vec!["body"]));
    let mut plain = post("{}");
    plain.headers.insert("content-type", http::HeaderValue::from_static("text/plain"));
    assert_eq!(world.send("ada", plain).await.problem(), (415, "EDGE_0008", vec!["header:Content-Type"]));
    for (path, query, expected) in [
        ("/v1/search", "limit=0", (422, "SEARCH_0001", vec!["query:limit"])),
        ("/v1/search", "limit=x", (400, "EDGE_0001", vec!["query:limit"])),
        ("/v1/search", "size=5", (400, "EDGE_0001", vec!["query:size"])),
        ("/v1/search", "media_type=html", (422, "SEARCH_0001", vec!["query:media_type"])),
        ("/v1/search/suggest", "", (422, "SEARCH_0001", vec!["query:q"])),
        ("/v1/search/suggest", "q=a&limit=21", (422, "SEARCH_0001", vec!["query:limit"])),
        ("/v1/search/suggest", "q=a&prefix=b", (400, "EDGE_0001", vec!["query:prefix"])),
    ] {
        assert_eq!(world.get(path, query).await.problem(), expected, "{path}?{query}");
    }
    assert_eq!(world.searches(), 0);
    let mut put = get("/v1/search", "");
    put.method = http::Method::PUT;
    assert_eq!(world.send("ada", put).await.status, 405);
}

#[test]
fn the_description_is_whole() {
    let description = serde_json::to_value(octavo_search::openapi()).unwrap();
    let paths: Vec<&String> = description["paths"].as_object().unwrap().keys().collect();
    for path in ["/v1/search", "/v1/search/suggest", "/v1/search/saved/{id}/run", "/v1/search/analytics"] {
        assert!(paths.iter().any(|described| *described == path), "{path} is not described");
    }
    let mut references = Vec::new();
    collect(&description["paths"], &mut references);
    collect(&description["components"], &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        assert!(description.pointer(pointer).is_some(), "{reference} is not described");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
