//! What is kept, for whom, and for how long it is believed.

use crate::ports::{VISIBLE_WITHIN, World, borrow, post};
use octavo_domain_kernel::{Clock, DocumentId, PortErrorKind};
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn the_second_time_it_is_kept() {
    let world = World::new();
    let first = world.post(borrow()).await;
    let second = world.post(borrow()).await;
    assert_eq!((first.cache.as_deref(), second.cache.as_deref()), (Some("miss"), Some("hit")));
    assert_eq!((first.body["hits"].clone(), world.searches()), (second.body["hits"].clone(), 1));
    // A GET that asks for the same is the same search.
    let third = world.get("/v1/search", "q=borrow&highlight=false").await;
    assert_eq!((third.cache.as_deref(), world.searches()), (Some("hit"), 1));
}

#[tokio::test]
async fn nobody_is_shown_what_was_kept_for_another() {
    let world = World::new();
    world.post(borrow()).await;
    for other in ["bob", "ada@umbrella"] {
        let answer = world.send(other, post(borrow().to_string())).await;
        assert_eq!(answer.cache.as_deref(), Some("miss"), "{other}");
    }
    assert_eq!(world.searches(), 3);
}

#[tokio::test]
async fn a_new_generation_or_something_hidden_makes_it_old() {
    let world = World::new();
    world.post(borrow()).await;
    world.state.state.lock().generation = 2;
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("miss"));
    world.state.state.lock().hidden = vec![DocumentId(Uuid::from_u128(1))];
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("miss"));
    assert_eq!(world.index.asked.lock()[2].0.hidden, [DocumentId(Uuid::from_u128(1))]);
}

#[tokio::test]
async fn what_may_not_be_visible_yet_is_not_kept() {
    let world = World::new();
    world.state.state.lock().generation_at = world.clock.now();
    world.clock.advance(VISIBLE_WITHIN - Duration::from_millis(1));
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("bypass"));
    assert!(world.kept.values.lock().is_empty());
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("miss"));
    // A generation of the future (the clocks differ) is a new one.
    world.state.state.lock().generation_at = world.clock.now() + chrono::TimeDelta::seconds(3);
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("bypass"));
}

#[tokio::test]
async fn a_dead_cache_costs_one_try() {
    let world = World::new();
    *world.kept.fails.lock() = Some(PortErrorKind::Timeout);
    for _ in 0..3 {
        let answer = world.post(borrow()).await;
        assert_eq!((answer.status, answer.cache.as_deref()), (200, Some("bypass")));
    }
    assert_eq!(world.kept.asked.load(Ordering::Relaxed), 1);
    // It is tried again after a while, and used when it is back.
    *world.kept.fails.lock() = None;
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("miss"));
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("hit"));
}

#[tokio::test]
async fn what_cannot_be_read_is_searched_anew() {
    let world = World::new();
    world.post(borrow()).await;
    for value in world.kept.values.lock().values_mut() {
        *value = "not an answer".into();
    }
    let answer = world.post(borrow()).await;
    assert_eq!((answer.status, answer.cache.as_deref(), world.searches()), (200, Some("miss"), 2));
    assert_eq!(world.post(borrow()).await.cache.as_deref(), Some("hit"));
}
