//! Documents like another one.

use crate::ports::World;
use octavo_domain_kernel::PortErrorKind;
use serde_json::json;

const KNOWN: &str = "/v1/search/similar/00000000-0000-0000-0000-000000000001";
const UNKNOWN: &str = "/v1/search/similar/00000000-0000-0000-0000-000000000002";

#[tokio::test]
async fn what_is_like_it_is_shown() {
    let world = World::new();
    let answer = world.get(KNOWN, "").await;
    assert_eq!((answer.status, &answer.body["hits"][0]["title"]), (200, &json!("5 like 1 for ada")));
    let answer = world.get(KNOWN, "limit=20").await;
    assert_eq!(answer.body["hits"][0]["title"], "20 like 1 for ada");
}

#[tokio::test]
async fn what_cannot_be_found_or_read_is_said() {
    let world = World::new();
    assert_eq!(world.get(UNKNOWN, "").await.problem(), (404, "SEARCH_0006", vec![]));
    assert_eq!(world.get("/v1/search/similar/one", "").await.status, 400);
    assert_eq!(world.get(KNOWN, "limit=21").await.problem(), (422, "SEARCH_0001", vec!["query:limit"]));
    assert_eq!(world.get(KNOWN, "size=1").await.problem(), (400, "EDGE_0001", vec!["query:size"]));
    *world.index.fails.lock() = Some(PortErrorKind::Timeout);
    assert_eq!(world.get(KNOWN, "").await.problem().0, 503);
    *world.index.fails.lock() = None;
    *world.state.fails.lock() = Some(PortErrorKind::Unavailable);
    assert_eq!(world.get(KNOWN, "").await.problem().1, "SEARCH_0004");
}

#[tokio::test]
async fn how_a_search_was_run_is_told_beside_it() {
    let world = World::new();
    let plain = world.post(json!({"text": "borrow"})).await;
    assert!(plain.body.get("explanation").is_none());
    // Explained or not, it is the same answer: the second is the first one, kept.
    let told = world.post(json!({"text": "borrow", "explain": true})).await;
    assert_eq!((&told.body["hits"], world.searches()), (&plain.body["hits"], 1));
    let explanation = json!({"engine_query": {"for": "ada", "text": "borrow"}, "engine_ms": null, "cache": "hit"});
    assert_eq!(told.body["explanation"], explanation);
    let asked = world.get("/v1/search", "q=other&explain=true").await;
    assert_eq!(asked.body["explanation"]["cache"], "miss");
    assert!(asked.body["explanation"]["engine_ms"].is_u64());
}
