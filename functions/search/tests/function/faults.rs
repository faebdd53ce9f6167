//! What is said when something is away.

use crate::ports::{World, borrow};
use octavo_domain_kernel::{DocumentId, PortErrorKind};
use octavo_domain_search::HIDDEN_MAX;
use uuid::Uuid;

#[tokio::test]
async fn an_engine_that_is_away_is_503_and_nothing_is_kept() {
    let world = World::new();
    for kind in [PortErrorKind::Unavailable, PortErrorKind::Timeout] {
        *world.index.fails.lock() = Some(kind);
        for answer in [world.post(borrow()).await, world.get("/v1/search/suggest", "q=b").await] {
            assert_eq!(answer.problem(), (503, "SEARCH_0003", vec![]));
            assert_eq!(answer.retry_after.as_deref(), Some("2"));
            assert!(!answer.body.to_string().contains("told to fail"), "the cause is for the log");
        }
    }
    *world.index.fails.lock() = Some(PortErrorKind::Corrupt);
    assert_eq!(world.post(borrow()).await.problem(), (500, "PLATFORM_0003", vec![]));
    *world.index.fails.lock() = None;
    assert_eq!(world.post(borrow()).await.status, 200);
}

#[tokio::test]
async fn without_permissions_nothing_is_shown() {
    let world = World::new();
    assert_eq!(world.post(borrow()).await.status, 200);
    *world.state.fails.lock() = Some(PortErrorKind::Unavailable);
    // Not even what is kept.
    for answer in [world.post(borrow()).await, world.get("/v1/search/suggest", "q=b").await] {
        assert_eq!((answer.problem(), answer.retry_after.is_some()), ((503, "SEARCH_0004", vec![]), true));
    }
    assert_eq!(world.searches(), 1);
}

#[tokio::test]
async fn too_much_hidden_is_refused() {
    let world = World::new();
    let hidden = |count: usize| (0..count).map(|n| DocumentId(Uuid::from_u128(n as u128))).collect();
    world.state.state.lock().hidden = hidden(HIDDEN_MAX);
    assert_eq!(world.post(borrow()).await.status, 200);
    world.state.state.lock().hidden = hidden(HIDDEN_MAX + 1);
    let answer = world.post(borrow()).await;
    assert_eq!((answer.problem(), answer.retry_after.as_deref()), ((503, "SEARCH_0005", vec![]), Some("5")));
}
