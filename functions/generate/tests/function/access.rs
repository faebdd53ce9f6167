//! Nobody gets the text of what they may not read.

use crate::house::house;
use octavo_domain_kernel::DocumentId;
use serde_json::json;
use uuid::Uuid;

const SECRET: &str = "xylophone of the board";

#[tokio::test]
async fn what_the_index_should_not_have_shown_is_not_read() {
    let house = house().await;
    let own = house.document(1, "ada", "Own", "Persimmons are orange.").await;
    let foreign = house.document(2, "bob", "Foreign", SECRET).await;
    *house.index.hits.lock() = vec![foreign.id, own.id];
    let address = house.order(json!({"instructions": "Tell", "sources": {"query": "all", "max": 1}})).await;
    house.drain().await;
    let done = house.get(&address).await;
    assert_eq!((done["status"].as_str(), done["sources"].as_array().unwrap().len()), (Some("done"), 1));
    assert_eq!(done["sources"][0]["document_id"], json!(own.id));
    for call in 0..house.model.calls() {
        assert!(!house.model.prompt(call).contains(SECRET) && !house.model.prompt(call).contains("Foreign"));
    }
    let asked = house.index.asked.lock();
    assert_eq!((asked[0].0.user.as_str(), asked[0].0.tenant.as_str()), ("ada", "acme"));
}

#[tokio::test]
async fn groups_of_the_request_count_later_too() {
    let house = house().await;
    house.document(1, "ada", "Own", "Text").await;
    *house.index.hits.lock() = vec![DocumentId(Uuid::from_u128(1))];
    let body = json!({"instructions": "Tell", "sources": {"query": "all"}, "sections": 1});
    house.ask("ada/legal", "POST", "/v1/generations", Some(body)).await.expect(202);
    house.drain().await;
    let readers: Vec<String> = house.index.asked.lock()[0].0.readers.iter().map(ToString::to_string).collect();
    assert_eq!(readers, ["user:ada", "group:legal"]);
}

#[tokio::test]
async fn a_named_document_that_is_not_theirs_is_refused_at_once() {
    let house = house().await;
    house.document(1, "ada", "Own", "Text").await;
    house.document(2, "bob", "Foreign", SECRET).await;
    let ids = [1, 2].map(|number| Uuid::from_u128(number).to_string());
    let body = json!({"instructions": "Tell", "sources": {"document_ids": ids}});
    let refused = house.ask("ada", "POST", "/v1/generations", Some(body)).await;
    assert_eq!(refused.problem(), (422, "EDGE_0002", "sources.document_ids[1]"));
    assert!(house.sent().is_empty());
}

#[tokio::test]
async fn what_is_unshared_meanwhile_is_not_read_any_more() {
    let house = house().await;
    house.document(1, "ada", "Own", "Persimmons are orange.").await;
    let foreign = house.document(2, "bob", "Shared", SECRET).await;
    let shared = house.share(&foreign, true).await;
    let ids = [1, 2].map(|number| Uuid::from_u128(number).to_string());
    let sections = json!([{"heading": "One"}, {"heading": "Two"}]);
    let body = json!({"instructions": "Tell", "sources": {"document_ids": ids}, "sections": sections});
    let address = house.order(body).await;
    let unsharer = house.clone();
    house.model.during(0, move || async move {
        unsharer.share(&shared, false).await;
    });
    house.drain().await;
    assert_eq!(house.get(&address).await["status"], "done");
    assert!(house.model.prompt(0).contains(SECRET), "they could read it then");
    assert!(!house.model.prompt(1).contains(SECRET), "and cannot now");
    assert!(house.model.prompt(1).contains("<source id=\"1\""), "the others keep their numbers");
}

#[tokio::test]
async fn without_anything_to_read_it_fails_rather_than_invents() {
    let house = house().await;
    let foreign = house.document(2, "bob", "Foreign", SECRET).await;
    *house.index.hits.lock() = vec![foreign.id];
    let address = house.order(json!({"instructions": "Tell", "sources": {"query": "xylophone"}})).await;
    house.drain().await;
    let failed = house.get(&address).await;
    assert_eq!((failed["status"].as_str(), failed["error"]["code"].as_str()), (Some("failed"), Some("GENERATE_0009")));
    assert_eq!(house.model.calls(), 0);
}

#[tokio::test]
async fn a_generation_is_its_requesters_alone() {
    let house = house().await;
    let address = house.order(json!({"instructions": SECRET, "sections": 1})).await;
    for eve in ["bob", "umbrella:ada", "umbrella:eve"] {
        for (method, what) in [("GET", ""), ("POST", "/cancel"), ("POST", "/retry")] {
            let refused = house.ask(eve, method, &format!("{address}{what}"), None).await;
            assert_eq!(refused.problem(), (404, "GENERATE_0001", "path:id"), "{eve} {method} {what}");
        }
        assert_eq!(house.ask(eve, "GET", "/v1/generations", None).await.expect(200)["generations"], json!([]));
    }
    house.drain().await;
    assert_eq!(house.get(&address).await["status"], "done");
}
