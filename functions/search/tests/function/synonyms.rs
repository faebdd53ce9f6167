//! Synonyms through the routes, and in a search.

use crate::ports::{World, borrow, get, send_json};
use octavo_domain_search::Alternative;
use serde_json::json;

fn put(body: &serde_json::Value, tag: Option<&'static str>) -> octavo_wiring_edge::Request {
    let mut request = send_json("PUT", "/v1/search/synonyms", body);
    if let Some(tag) = tag {
        request.headers.insert("if-match", http::HeaderValue::from_static(tag));
    }
    request
}

#[tokio::test]
async fn administrators_set_them_one_after_the_other() {
    let world = World::new();
    let rules = json!({"equivalents": [["Borrow", "lend"]]});
    assert_eq!(world.send("ada", put(&rules, Some("\"r0\""))).await.problem(), (403, "SEARCH_0011", vec![]));
    assert_eq!(world.get("/v1/search/synonyms", "").await.problem(), (403, "SEARCH_0011", vec![]));
    let none = world.send("root", get("/v1/search/synonyms", "")).await;
    assert_eq!((none.status, none.tag.as_deref(), &none.body["equivalents"]), (200, Some("\"r0\""), &json!([])));

    assert_eq!(world.send("root", put(&rules, None)).await.problem(), (428, "SEARCH_0013", vec!["header:If-Match"]));
    let set = world.send("root", put(&rules, Some("\"r0\""))).await;
    assert_eq!((set.status, set.tag.as_deref(), &set.body["revision"]), (200, Some("\"r1\""), &json!(1)));
    assert_eq!(set.body["equivalents"], json!([["borrow", "lend"]]));
    let late = world.send("root", put(&rules, Some("\"r0\""))).await;
    assert_eq!(late.problem(), (412, "SEARCH_0012", vec!["header:If-Match"]));
    assert_eq!(late.body["current_revision"], 1);
    let wrong = world.send("root", put(&json!({"one_way": [{"from": "a", "to": []}]}), Some("\"r1\""))).await;
    assert_eq!(wrong.problem(), (422, "SEARCH_0001", vec!["one_way[0].to"]));
    // Numbers that no revision has.
    for tag in ["\"r-1\"", "\"r9223372036854775807\""] {
        assert_eq!(world.send("root", put(&rules, Some(tag))).await.status, 412, "{tag}");
    }
    // Of another tenant there are none.
    assert_eq!(world.send("root@umbrella", get("/v1/search/synonyms", "")).await.body["revision"], 0);
}

#[tokio::test]
async fn the_next_search_goes_by_them_and_finds_nothing_older_kept() {
    let world = World::new();
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("miss"));
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("hit"));
    world.send("root", put(&json!({"equivalents": [["borrow", "lend"]]}), Some("\"r0\""))).await;
    world.state.state.lock().synonyms = 1;
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("miss"));
    let alternative = Alternative { of: "borrow".to_owned(), is: "lend".to_owned() };
    assert_eq!(world.index.asked.lock()[1].1.alternatives, [alternative]);
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("hit"));
}
