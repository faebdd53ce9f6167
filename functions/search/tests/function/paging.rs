//! Cursors through the routes.

use crate::ports::{World, post};
use octavo_domain_search::Position;
use serde_json::json;
use std::time::Duration;

async fn paged() -> (World, String) {
    let world = World::new();
    *world.index.next.lock() = Some(Position { tolerant: false, seen: 20, values: vec![json!(1.5), json!("x")] });
    let answer = world.post(json!({"text": "borrow"})).await;
    let cursor = answer.body["next_cursor"].as_str().unwrap().to_owned();
    (world, cursor)
}

#[tokio::test]
async fn a_cursor_goes_on_where_the_page_ended() {
    let (world, cursor) = paged().await;
    *world.index.next.lock() = None;
    // Another size and facets are the same search; the GET form, too.
    let body = json!({"text": "Borrow", "size": 3, "facets": [{"field": "tags"}], "cursor": cursor});
    let answer = world.post(body).await;
    assert_eq!((answer.status, answer.body["next_cursor"].is_null()), (200, true));
    assert_eq!(world.get("/v1/search", &format!("q=borrow&cursor={cursor}")).await.status, 200);
    for (_, query) in &world.index.asked.lock()[1..] {
        assert_eq!(query.after, Some(Position { tolerant: false, seen: 20, values: vec![json!(1.5), json!("x")] }));
    }
}

#[tokio::test]
async fn another_search_or_person_is_refused_by_name() {
    let (world, cursor) = paged().await;
    let same = json!({"text": "borrow", "cursor": cursor});
    for user in ["bob", "ada@umbrella"] {
        let answer = world.send(user, post(same.to_string())).await;
        assert_eq!(answer.problem(), (400, "SEARCH_0002", vec!["cursor"]), "{user}");
    }
    for body in [
        json!({"text": "other", "cursor": cursor}),
        json!({"text": "borrow", "sort": "title", "cursor": cursor}),
        json!({"text": "borrow", "filters": {"shared_with_me": true}, "cursor": cursor}),
        json!({"text": "borrow", "cursor": format!("{cursor}A")}),
        json!({"text": "borrow", "cursor": ""}),
    ] {
        assert_eq!(world.post(body.clone()).await.problem(), (400, "SEARCH_0002", vec!["cursor"]), "{body}");
    }
    let answer = world.get("/v1/search", &format!("q=other&cursor={cursor}")).await;
    assert_eq!(answer.problem(), (400, "SEARCH_0002", vec!["query:cursor"]));
    world.clock.advance(Duration::from_secs(24 * 3600 + 1));
    let answer = world.post(same).await;
    assert_eq!(answer.problem(), (400, "SEARCH_0002", vec!["cursor"]));
    assert!(answer.body["detail"].as_str().unwrap().contains("older than 24 hours"));
    assert_eq!(world.searches(), 1);
}
