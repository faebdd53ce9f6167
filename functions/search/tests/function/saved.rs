//! Saved searches through the routes and through the queue.

use crate::hybrid::Lengths;
use crate::ports::{World, get, send_json};
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_kernel::{Clock, PortErrorKind, TenantId};
use octavo_domain_search::{Mode, SavedSearchId, Sort, saved_wake_message};
use octavo_search::{QueueRecord, handle_queue};
use octavo_testing::ids::unique;
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

async fn save(world: &World, user: &str, notify: &str) -> String {
    let body = json!({"name": "Loans", "search": {"text": "borrow", "sort": "title"}, "notify": notify});
    let answer = world.send(user, send_json("POST", "/v1/search/saved", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

async fn run(world: &World, user: &str, id: &str) -> crate::ports::Answer {
    world.send(user, send_json("POST", &format!("/v1/search/saved/{id}/run"), &json!({}))).await
}

/// As the bell rings for it.
async fn wake(world: &World, tenant: &str, id: &str) -> Vec<String> {
    let tenant: TenantId = tenant.parse().unwrap();
    let entry = saved_wake_message(unique(), &tenant, id.parse::<SavedSearchId>().unwrap(), world.clock.now());
    assert_eq!(entry.queue.as_str(), "search");
    let body = serde_json::to_string(&entry.message).unwrap();
    handle_queue(world.deps(), vec![QueueRecord { message_id: "m1".to_owned(), body }]).await
}

/// Something was changed, and everybody can see it.
fn change(world: &World) {
    world.clock.advance(HOUR);
    world.state.state.lock().generation_at = world.clock.now() - TimeDelta::seconds(30);
}

#[tokio::test]
async fn it_is_its_owners_alone() {
    let world = World::new();
    let id = save(&world, "ada", "daily").await;
    let path = format!("/v1/search/saved/{id}");
    let shown = world.get(&path, "").await;
    assert_eq!((shown.status, &shown.body["name"], &shown.body["notify"]), (200, &json!("Loans"), &json!("daily")));
    let (created, next) = (moment(&shown.body["created_at"]), moment(&shown.body["next_run_at"]));
    assert_eq!(next - created, TimeDelta::days(1));
    assert_eq!(world.get("/v1/search/saved", "").await.body["saved"].as_array().unwrap().len(), 1);
    for other in ["bob", "ada@umbrella", "root"] {
        assert_eq!(world.send(other, get("/v1/search/saved", "")).await.body["saved"], json!([]), "{other}");
        assert_eq!(world.send(other, get(&path, "")).await.problem(), (404, "SEARCH_0010", vec![]), "{other}");
        assert_eq!(run(&world, other, &id).await.problem(), (404, "SEARCH_0010", vec![]), "{other}");
        let answer = world.send(other, send_json("DELETE", &path, &json!({}))).await;
        assert_eq!(answer.problem(), (404, "SEARCH_0010", vec![]), "{other}");
    }
    assert_eq!(world.send("ada", send_json("DELETE", &path, &json!({}))).await.status, 204);
    assert_eq!(world.get(&path, "").await.status, 404);
    assert_eq!(wake(&world, "acme", &id).await, [""; 0], "a bell that rang for what is gone");
    assert_eq!(world.searches(), 0);
}

fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_cannot_be_saved_is_named_and_what_comes_twice_is_one() {
    let world = World::new();
    for (body, fields) in [
        (json!({"name": "", "search": {"text": "a"}, "notify": "daily"}), vec!["name"]),
        (json!({"name": "a", "search": {}, "notify": "daily"}), vec!["search"]),
        (json!({"name": "a", "search": {"text": "x ".repeat(65)}, "notify": "daily"}), vec!["search.text"]),
    ] {
        let answer = world.send("ada", send_json("POST", "/v1/search/saved", &body)).await;
        assert_eq!(answer.problem(), (422, "SEARCH_0001", fields), "{body}");
    }
    let never = json!({"name": "a", "search": {"text": "a"}, "notify": "never"});
    let answer = world.send("ada", send_json("POST", "/v1/search/saved", &never)).await;
    assert_eq!(answer.problem(), (422, "EDGE_0002", vec!["notify"]));

    let body = json!({"name": "a", "search": {"text": "a"}, "notify": "daily"});
    let keyed = || {
        let mut request = send_json("POST", "/v1/search/saved", &body);
        request.headers.insert("idempotency-key", http::HeaderValue::from_static("k"));
        request
    };
    let first = world.send("ada", keyed()).await;
    world.clock.advance(HOUR);
    assert_eq!(world.send("ada", keyed()).await.body, first.body);
    for _ in 1..50 {
        save(&world, "ada", "daily").await;
    }
    let full = world.send("ada", send_json("POST", "/v1/search/saved", &body)).await;
    assert_eq!(full.problem(), (409, "SEARCH_0015", vec![]));
    assert_eq!(world.send("ada", keyed()).await.status, 201, "which is there already");
    save(&world, "bob", "daily").await;
}

#[tokio::test]
async fn each_document_is_told_once_when_it_is_due() {
    let world = World::new();
    let id = save(&world, "ada", "hourly").await;
    assert_eq!(wake(&world, "acme", &id).await, [""; 0]);
    assert_eq!(world.searches(), 0, "it is not due");
    change(&world);
    assert_eq!(wake(&world, "acme", &id).await, [""; 0]);
    let (scope, query) = world.index.asked.lock()[0].clone();
    assert_eq!((scope.user.as_str(), query.sort, query.text.as_deref()), ("ada", Sort::Updated, Some("borrow")));
    assert!(query.filters.updated.from.is_some());
    let (queue, message) = world.shelf.sent.lock()[0].clone();
    assert_eq!((queue.as_str(), message.tenant.as_str()), ("notify", "acme"));
    let event = &message.body["event"];
    assert_eq!((&event["category"], &event["data"]["count"]), (&json!("search.found"), &json!(1)));
    assert_eq!(event["recipients"], json!([{"to": "user", "user": "ada"}]));
    assert_eq!(event["link"], "/documents/00000000-0000-0000-0000-000000000001");
    let told: octavo_domain_notify::Event = serde_json::from_value(event.clone()).unwrap();
    told.check().unwrap();
    assert_eq!(*world.shelf.published.lock(), [message.id]);

    // Again, when it was changed again: it was told of.
    change(&world);
    assert_eq!(wake(&world, "acme", &id).await, [""; 0]);
    assert_eq!((world.searches(), world.shelf.sent.lock().len()), (2, 1));
    // Once more, since the database's clock may be behind; then nothing has changed, and nobody is asked.
    for _ in 0..2 {
        world.clock.advance(HOUR);
        assert_eq!(wake(&world, "acme", &id).await, [""; 0]);
        assert_eq!(world.searches(), 3);
    }
    assert_eq!((world.shelf.commits.lock().len(), world.shelf.sent.lock().len()), (4, 1));
}

#[tokio::test]
async fn what_only_looks_like_it_is_not_looked_for() {
    let world = World::new();
    let id = save(&world, "ada", "hourly").await;
    change(&world);
    wake(&world, "acme", &id).await;
    assert!(world.index.asked.lock().iter().all(|(_, query)| query.exact));
    assert_eq!(world.searches(), 1);
}

#[tokio::test]
async fn a_hybrid_one_looks_for_what_is_near_as_well_within_the_same_border() {
    let lengths = Lengths::new();
    let world = World::with_embeddings(lengths.clone());
    let body = json!({"name": "Loans", "search": {"text": "borrow", "mode": "hybrid"}, "notify": "hourly"});
    let saved = world.send("ada", send_json("POST", "/v1/search/saved", &body)).await;
    let id = saved.body["id"].as_str().unwrap().to_owned();
    // What is found by both is told once.
    let ran = run(&world, "ada", &id).await;
    assert_eq!((ran.body["new"].as_array().unwrap().len(), ran.body.get("degraded")), (1, None), "{}", ran.body);
    let asked = world.index.asked.lock().clone();
    let [(words_scope, words), (near_scope, near)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((words.sort, words.mode, &words.vector), (Sort::Updated, Mode::Words, &None));
    assert_eq!((near.sort, near.mode, &near.vector), (Sort::Relevance, Mode::Hybrid, &Some(vec![6.0, 0.25])));
    assert_eq!((words_scope, &words.filters), (near_scope, &near.filters));
    assert!(near.filters.updated.from.is_some() && near.exact);

    // By words while vectors are away, which is said.
    *lengths.fails.lock() = true;
    *world.kept.fails.lock() = Some(PortErrorKind::Unavailable);
    let away = run(&world, "ada", &id).await;
    assert_eq!((away.status, &away.body["degraded"]), (200, &json!("embeddings_away")));
    assert_eq!(world.searches(), 3);
    change(&world);
    assert_eq!(wake(&world, "acme", &id).await, [""; 0], "it is run, and not put off");
    assert_eq!((world.searches(), world.shelf.put_off.lock().len()), (4, 0));
}

#[tokio::test]
async fn its_owner_runs_it_now_with_their_groups_of_now() {
    let world = World::new();
    let id = save(&world, "ada", "weekly").await;
    let ran = run(&world, "ada+legal", &id).await;
    assert_eq!((ran.status, &ran.body["new"][0]["title"]), (200, &json!("Borrowing")));
    assert_eq!(world.index.asked.lock()[0].0.readers.len(), 2);
    assert_eq!(run(&world, "ada+legal", &id).await.body["new"], json!([]));
    // By itself, too, it is now run as a member of that group.
    world.clock.advance(7 * 24 * HOUR);
    change(&world);
    wake(&world, "acme", &id).await;
    assert_eq!(world.index.asked.lock()[2].0.readers.len(), 2);
}

#[tokio::test]
async fn who_is_overtaken_looks_again_and_gives_up_in_the_end() {
    let world = World::new();
    let id = save(&world, "ada", "hourly").await;
    *world.shelf.overtaken.lock() = 2;
    assert_eq!(run(&world, "ada", &id).await.body["new"].as_array().unwrap().len(), 1);
    *world.shelf.overtaken.lock() = 3;
    assert_eq!(run(&world, "ada", &id).await.problem(), (409, "SEARCH_0016", vec![]));
    change(&world);
    *world.shelf.overtaken.lock() = 3;
    assert_eq!(wake(&world, "acme", &id).await, ["m1"]);
}

#[tokio::test]
async fn while_the_engine_is_away_it_is_put_off() {
    let world = World::new();
    let id = save(&world, "ada", "hourly").await;
    change(&world);
    *world.index.fails.lock() = Some(PortErrorKind::Unavailable);
    assert_eq!(wake(&world, "acme", &id).await, [""; 0]);
    assert_eq!(*world.shelf.put_off.lock(), [world.clock.now() + TimeDelta::minutes(1)]);
    assert_eq!(run(&world, "ada", &id).await.problem(), (503, "SEARCH_0003", vec![]));
    *world.index.fails.lock() = None;
    wake(&world, "acme", &id).await;
    assert_eq!(world.shelf.sent.lock().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_comes_again_and_what_is_unknown_does_not() {
    let world = World::new();
    let record = |body: &str| QueueRecord { message_id: "m1".to_owned(), body: body.to_owned() };
    assert_eq!(handle_queue(world.deps(), vec![record("{")]).await, ["m1"]);
    let mut message = octavo_testing::build::message(1);
    let unknown = serde_json::to_string(&message).unwrap();
    assert_eq!(handle_queue(world.deps(), vec![record(&unknown)]).await, [""; 0]);
    message.kind = "search.saved_wake".to_owned();
    let empty = serde_json::to_string(&message).unwrap();
    assert_eq!(handle_queue(world.deps(), vec![record(&empty)]).await, ["m1"]);
}
