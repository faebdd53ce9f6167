//! What is asked over HTTP.

use crate::house::house;
use octavo_domain_generate::ACTIVE_MAX;
use serde_json::json;

#[tokio::test]
async fn the_same_request_sent_again_makes_one() {
    let house = house().await;
    let body = || Some(json!({"instructions": "Tell", "sections": 1}));
    let key = [("idempotency-key", "k-1")];
    let first = house.ask_with("ada", "POST", "/v1/generations", body(), &key).await;
    let location = first.headers["location"].clone();
    let first = first.expect(202);
    house.drain().await;
    let second = house.ask_with("ada", "POST", "/v1/generations", body(), &key).await;
    assert_eq!(
        (&second.headers["location"], &second.headers["idempotency-replayed"]),
        (&location, &"true".parse().unwrap())
    );
    assert_eq!(second.expect(202), first, "the answer as it was given");
    assert!(house.sent().is_empty());
    let other = Some(json!({"instructions": "Tell more", "sections": 1}));
    let reused = house.ask_with("ada", "POST", "/v1/generations", other, &key).await;
    assert_eq!(reused.problem(), (422, "GENERATE_0004", "header:Idempotency-Key"));
    // Another person's key of the same name is another key.
    let theirs = house.ask_with("bob", "POST", "/v1/generations", body(), &key).await.expect(202);
    assert_ne!(theirs["id"], first["id"]);
}

#[tokio::test]
async fn a_wrong_request_is_told_what_is_wrong() {
    let house = house().await;
    let cases = [
        (json!({"instructions": "x", "sources": {"document_ids": ["x"]}}), "sources.document_ids[0]"),
        (json!({"instructions": "x", "sections": [{"title": "x"}]}), "sections"),
        (json!({"instructions": "x", "colour": "red"}), "colour"),
        (json!({"instructions": "x", "shares": [{"reader": "bob", "role": "viewer"}]}), "shares[0].reader"),
        (json!({"title": "x"}), "instructions"),
    ];
    for (body, field) in cases {
        let refused = house.ask("ada", "POST", "/v1/generations", Some(body.clone())).await;
        assert_eq!(refused.problem(), (422, "EDGE_0002", field), "{body}");
    }
    assert_eq!(house.ask("ada", "GET", "/v1/generations/x", None).await.problem(), (400, "EDGE_0001", "path:id"));
    for (query, field) in [("limit=0", "query:limit"), ("cursor=x", "query:cursor"), ("colour=red", "query:colour")] {
        let refused = house.ask("ada", "GET", &format!("/v1/generations?{query}"), None).await;
        assert_eq!(refused.problem(), (400, "EDGE_0001", field), "{query}");
    }
}

#[tokio::test]
async fn a_listing_pages_newest_first() {
    let house = house().await;
    let mut made = Vec::new();
    for number in 0..5 {
        let address = house.order(json!({"instructions": "Tell", "title": format!("No. {number}")})).await;
        made.push(address.rsplit('/').next().unwrap().to_owned());
    }
    // The test draws its ids by chance: newest first is greatest first.
    made.sort();
    made.reverse();
    let (mut listed, mut target) = (Vec::new(), "/v1/generations?limit=2".to_owned());
    loop {
        let page = house.get(&target).await;
        let ids = page["generations"].as_array().unwrap().iter();
        listed.extend(ids.map(|generation| generation["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => target = format!("/v1/generations?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(listed, made);
}

#[tokio::test]
async fn somebody_has_so_many_under_way() {
    let house = house().await;
    for _ in 0..ACTIVE_MAX {
        house.order(json!({"instructions": "Tell"})).await;
    }
    let refused = house.ask("ada", "POST", "/v1/generations", Some(json!({"instructions": "Tell"}))).await;
    assert_eq!(refused.problem(), (429, "GENERATE_0005", ""));
    assert_eq!(refused.headers["retry-after"], "30");
}

#[tokio::test]
async fn templates_are_listed_with_what_they_need() {
    let house = house().await;
    let listed = house.get("/v1/generations/templates").await;
    let templates = listed["templates"].as_array().unwrap();
    assert!(templates.len() >= 4);
    assert!(templates.iter().all(|template| template["outline"].as_array().is_some_and(|outline| !outline.is_empty())));
}
