//! Models, budgets and ports that say no.

use crate::house::house;
use crate::model::Reply;
use octavo_domain_ai::Finish;
use octavo_domain_generate::TRIES_MAX;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_budget_that_is_used_up_fails_it_and_a_retry_goes_on_where_it_was() {
    let house = house().await;
    let outline = r#"{"title": "T", "sections": [{"heading": "A", "brief": ""}, {"heading": "B", "brief": ""}]}"#;
    house.model.will([Reply::Text(outline), Reply::Text("Text of A."), Reply::Later("AI_0010")]);
    let address = house.order(json!({"instructions": "Tell all", "sections": 2})).await;
    house.drain().await;
    let failed = house.get(&address).await;
    assert_eq!((failed["status"].as_str(), failed["error"]["code"].as_str()), (Some("failed"), Some("AI_0010")));
    assert!(failed["error"]["message"].as_str().unwrap().contains("can be retried"), "{failed:#}");
    assert_eq!(house.model.calls(), 3, "a budget is not asked again and again");

    let retried = house.ask("ada", "POST", &format!("{address}/retry"), None).await;
    assert_eq!(retried.headers["location"], address.as_str());
    let retried = retried.expect(202);
    assert_eq!((retried["status"].as_str(), &retried["retries"]), (Some("writing"), &json!(1)));
    assert!(retried.get("error").is_none());
    house.drain().await;
    let done = house.get(&address).await;
    assert_eq!((done["status"].as_str(), done["outline"][0]["text"].as_str()), (Some("done"), Some("Text of A.")));
    assert_eq!(house.model.calls(), 4, "only the second section was asked for again");
    let prompt = house.model.prompt(3);
    assert!(prompt.contains("attempt 2"), "an answer of no use is not served from the cache again: {prompt}");
}

#[tokio::test]
async fn what_is_away_for_a_moment_delays_and_what_stays_away_fails() {
    let house = house().await;
    house.model.will([Reply::Later("AI_0009"), Reply::Away]);
    let address = house.order(json!({"instructions": "Tell", "sections": [{"heading": "One"}]})).await;
    let gather = house.sent().pop().unwrap();
    assert!(house.deliver(&gather).await);
    let section = house.sent().pop().unwrap();
    for code in ["AI_0009", "PLATFORM_0001"] {
        assert!(!house.deliver(&section).await, "it comes again");
        let delayed = house.get(&address).await;
        assert_eq!((delayed["status"].as_str(), delayed["delayed_by"]["code"].as_str()), (Some("writing"), Some(code)));
    }
    house.model.will((2..TRIES_MAX).map(|_| Reply::Later("AI_0011")));
    for _ in 3..TRIES_MAX {
        assert!(!house.deliver(&section).await);
    }
    assert!(house.deliver(&section).await, "the last try is the last");
    let failed = house.get(&address).await;
    assert_eq!((failed["status"].as_str(), failed["error"]["code"].as_str()), (Some("failed"), Some("AI_0011")));
    house.ask("ada", "POST", &format!("{address}/retry"), None).await.expect(202);
    house.drain().await;
    assert_eq!(house.get(&address).await["status"], "done");
}

#[tokio::test]
async fn an_index_that_is_away_delays() {
    let house = house().await;
    house.document(1, "ada", "Log", "Text").await;
    *house.index.hits.lock() = vec![octavo_domain_kernel::DocumentId(uuid::Uuid::from_u128(1))];
    house.index.away.store(true, Ordering::SeqCst);
    let address = house.order(json!({"instructions": "Tell", "sources": {"query": "log"}, "sections": 1})).await;
    let gather = house.sent().pop().unwrap();
    assert!(!house.deliver(&gather).await);
    let delayed = house.get(&address).await;
    assert_eq!(
        (delayed["status"].as_str(), delayed["delayed_by"]["code"].as_str()),
        (Some("queued"), Some("PLATFORM_0001"))
    );
    assert!(!delayed.to_string().contains("told to be away"), "causes are for the log");
    house.index.away.store(false, Ordering::SeqCst);
    assert!(house.deliver(&gather).await);
    house.drain().await;
    assert_eq!(house.get(&address).await["status"], "done");
}

#[tokio::test]
async fn an_answer_of_no_use_fails_with_its_reason() {
    let cases = [
        (Reply::Refused("AI_0008"), "AI_0008"),
        (Reply::Text("I would rather not."), "GENERATE_0010"),
        (Reply::Ended("No.", Finish::Refusal), "GENERATE_0011"),
        (Reply::Ended("", Finish::ContentFilter), "GENERATE_0011"),
    ];
    for (reply, code) in cases {
        let house = house().await;
        house.model.will([reply]);
        let address = house.order(json!({"instructions": "Tell", "sections": 2})).await;
        house.drain().await;
        let failed = house.get(&address).await;
        assert_eq!((failed["status"].as_str(), failed["error"]["code"].as_str()), (Some("failed"), Some(code)));
        let listed = house.get("/v1/generations").await;
        assert_eq!(listed["generations"][0]["error"]["code"], code);
    }
}

#[tokio::test]
async fn an_empty_section_fails() {
    let house = house().await;
    house.model.will([Reply::Text("## One\n")]);
    let address = house.order(json!({"instructions": "Tell", "sections": [{"heading": "One"}]})).await;
    house.drain().await;
    assert_eq!(house.get(&address).await["error"]["code"], "GENERATE_0010");
}
