use crate::house::house;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn without_the_queue_the_outbox_keeps_what_is_to_be_told() {
    let house = house().await;
    house.document("one").await;
    assert_eq!(house.waiting().await, 0);
    house.queue.away.store(true, Ordering::SeqCst);
    house.document("two").await;
    assert_eq!(house.waiting().await, 1);
}

#[tokio::test]
async fn without_object_storage_nothing_is_made_and_it_recovers() {
    let house = house().await;
    house.blobs.away.store(true, Ordering::SeqCst);
    let body = json!({ "content": "x" });
    let refused = house.ask("ada", "POST", "/v1/documents").json(&body).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "2"));
    assert!(!refused.json.to_string().contains("switched off"), "the cause is for the log");
    house.blobs.away.store(false, Ordering::SeqCst);
    assert_eq!(house.ask("ada", "GET", "/v1/documents").send().await.json["documents"], json!([]));
    assert_eq!(house.ask("ada", "POST", "/v1/documents").json(&body).await.status, 201);
}

#[tokio::test]
async fn every_wrong_request_is_refused_with_its_field() {
    let house = house().await;
    let id = house.document("x").await;
    let path = format!("/v1/documents/{id}");
    let cases = [
        ("GET", "/v1/documents/1".to_owned(), "", 400, "path:id"),
        ("GET", "/v1/documents?limit=0".to_owned(), "", 400, "query:limit"),
        ("GET", "/v1/documents?cursor=AAAA".to_owned(), "", 400, "query:cursor"),
        ("GET", format!("{path}/versions?cursor=!"), "", 400, "query:cursor"),
        ("GET", format!("{path}/versions?limit=1000"), "", 400, "query:limit"),
        ("GET", format!("{path}/versions?x=1"), "", 400, "query:x"),
        ("PATCH", path.clone(), "{", 400, "body"),
        ("PATCH", path.clone(), "[]", 422, "body"),
        ("PATCH", path.clone(), r#"{"title":null}"#, 422, "title"),
        ("PATCH", path.clone(), r#"{"tags":"a"}"#, 422, "tags"),
        ("PATCH", path.clone(), r#"{"owner":"bob"}"#, 422, "owner"),
        ("PATCH", path.clone(), r#"{"metadata":{"a":"\u0000"}}"#, 422, "metadata"),
        ("PUT", format!("{path}/shares/group:a"), r#"{"role":"owner"}"#, 422, "role"),
        ("PUT", format!("{path}/shares/group:a"), "{}", 422, "body"),
        ("POST", "/v1/documents".to_owned(), r#"{"content":"x","metadata":{"a":1e400}}"#, 400, "body"),
    ];
    for (method, target, body, status, field) in cases {
        let answer = house.ask("ada", method, &target).body("application/json", body).await;
        assert_eq!((answer.status, answer.field()), (status, field), "{method} {target} {body}: {answer:?}");
    }
    let large = json!({ "metadata": { "a": "x".repeat(17_000) } });
    assert_eq!(house.ask("ada", "PATCH", &path).json(&large).await.field(), "metadata");
    assert_eq!(house.ask("ada", "PATCH", &path).body("text/plain", "x").await.status, 415);
    let key = house.ask("ada", "POST", "/v1/documents").header("idempotency-key", &"k".repeat(256));
    assert_eq!(key.json(&json!({ "content": "x" })).await.field(), "header:Idempotency-Key");
    assert_eq!(house.ask("ada", "POST", &path).send().await.header("allow"), "DELETE, GET, PATCH, PUT, HEAD");
}
