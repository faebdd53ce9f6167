use crate::house::house;
use futures::future::join_all;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn the_same_request_makes_one_document() {
    let house = house().await;
    let body = json!({ "content": "x", "title": "T" });
    let ask = |key: &str| house.ask("ada", "POST", "/v1/documents").header("idempotency-key", key);
    let first = ask("k").json(&body).await;
    let again = ask("k").json(&body).await;
    assert_eq!((again.status, &again.json, again.header("etag")), (201, &first.json, first.header("etag")));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));

    let other = ask("k").json(&json!({ "content": "y", "title": "T" })).await;
    assert_eq!((other.status, other.json["code"].as_str()), (422, Some("DOCUMENTS_0008")));
    let of_bob = house.ask("bob", "POST", "/v1/documents").header("idempotency-key", "k").json(&body).await;
    assert_ne!(of_bob.id(), first.id());

    house.clock.advance(Duration::from_secs(25 * 3600));
    assert_ne!(ask("k").json(&body).await.id(), first.id());
}

#[tokio::test]
async fn at_the_same_time_too() {
    let house = house().await;
    let body = json!({ "content": "x" });
    let answers =
        join_all((0..8).map(|_| house.ask("ada", "POST", "/v1/documents").header("idempotency-key", "k").json(&body)))
            .await;
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    assert_eq!(answers.iter().map(|answer| answer.id()).collect::<BTreeSet<_>>().len(), 1);
    let listed = house.ask("ada", "GET", "/v1/documents").send().await;
    assert_eq!(listed.json["documents"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_that_is_sent_again_is_not_stale() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("one").await);
    let replace = || house.ask("ada", "PUT", &path).header("if-match", "\"r1\"").header("idempotency-key", "k");
    let body = json!({ "content": "two" });
    let first = replace().json(&body).await;
    let again = replace().json(&body).await;
    assert_eq!((first.status, again.status, &again.json), (200, 200, &first.json));
    assert_eq!(again.json["revision"], 2);

    let patch = || house.ask("ada", "PATCH", &path).header("idempotency-key", "p");
    let body = json!({ "title": "New" });
    let patched = join_all((0..4).map(|_| patch().json(&body))).await;
    assert!(patched.iter().all(|answer| answer.status == 200 && answer.json["revision"] == 3), "{patched:?}");
}
