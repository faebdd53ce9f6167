//! Search ids, clicks, and reports through the routes.

use crate::ports::{World, get, send_json};
use octavo_domain_kernel::Clock;
use octavo_domain_search::Position;
use serde_json::json;
use std::time::Duration;

const DOCUMENT: &str = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081";

#[tokio::test]
async fn a_click_is_told_with_the_id_of_the_first_page() {
    let world = World::new();
    *world.index.next.lock() = Some(Position { tolerant: false, seen: 20, values: vec![json!(1.5), json!("x")] });
    let first = world.post(json!({"text": " Borrow  CHECKER"})).await;
    let (id, cursor) = (first.body["search_id"].as_str().unwrap(), &first.body["next_cursor"]);
    let second = world.post(json!({"text": "borrow checker", "cursor": cursor})).await;
    assert_eq!((second.status, second.body.get("search_id")), (200, None));

    let click = |id: &str, position: i64| {
        let body = json!({"search_id": id, "document": DOCUMENT, "position": position});
        send_json("POST", "/v1/search/clicks", &body)
    };
    assert_eq!(world.send("ada", click(id, 23)).await.status, 204);
    let (tenant, kept) = world.shelf.clicks.lock()[0].clone();
    assert_eq!((tenant.as_str(), kept.text.as_str(), kept.position), ("acme", "borrow checker", 23));
    assert_eq!((kept.searched_at, kept.document.to_string().as_str()), (world.clock.now(), DOCUMENT));
    for position in [0, 10_001] {
        assert_eq!(world.send("ada", click(id, position)).await.problem(), (422, "EDGE_0002", vec!["position"]));
    }
    for (user, id) in [("bob", id), ("ada@umbrella", id), ("ada", "nothing")] {
        assert_eq!(world.send(user, click(id, 1)).await.problem(), (422, "SEARCH_0014", vec!["search_id"]), "{user}");
    }
    world.clock.advance(Duration::from_secs(24 * 3600 + 1));
    let late = world.send("ada", click(id, 1)).await;
    assert_eq!((late.status, late.body["detail"].as_str().unwrap().contains("older than 24 hours")), (422, true));
    assert_eq!(world.shelf.clicks.lock().len(), 1);
}

#[tokio::test]
async fn administrators_see_a_report() {
    let world = World::new();
    assert_eq!(world.get("/v1/search/analytics", "").await.problem(), (403, "SEARCH_0011", vec![]));
    let report = async |query: &str| world.send("root", get("/v1/search/analytics", query)).await;
    let answer = report("from=2026-01-05&to=2026-02-01").await;
    assert_eq!((answer.status, &answer.body["from"], &answer.body["days"]), (200, &json!("2026-01-05"), &json!([])));
    assert_eq!(answer.body["totals"]["click_through"], json!(null));
    assert_eq!(answer.body["latency"].as_array().unwrap().len(), 5);
    for (query, expected) in [
        ("from=yesterday", (400, "EDGE_0001", vec!["query:from"])),
        ("day=2026-01-01", (400, "EDGE_0001", vec!["query:day"])),
        ("from=2026-02-02&to=2026-02-01", (422, "SEARCH_0001", vec!["query:from"])),
        ("from=2025-02-02&to=2026-02-01", (422, "SEARCH_0001", vec!["query:from"])),
    ] {
        assert_eq!(report(query).await.problem(), expected, "{query}");
    }
    assert_eq!(world.shelf.ranges.lock().len(), 1);
}
