//! Messages that come twice, to two at once, or to a process that dies.

use crate::house::house;
use octavo_domain_documents::{DocumentStore, ListOrder, ListQuery};
use octavo_domain_generate::STEP;
use serde_json::json;

fn order() -> serde_json::Value {
    json!({"instructions": "Tell all", "sections": 3})
}

#[tokio::test]
async fn every_message_twice_at_once_and_once_more_changes_nothing() {
    let house = house().await;
    let address = house.order(order()).await;
    let mut old = Vec::new();
    let mut waiting = house.sent();
    while let Some(message) = waiting.pop() {
        assert_eq!((message.kind.as_str(), waiting.len()), (STEP, 0), "one message a step");
        let (one, other) = tokio::join!(house.deliver(&message), house.deliver(&message));
        assert!(one && other);
        old.push(message);
        waiting.extend(house.sent());
        for message in &old {
            assert!(house.deliver(message).await);
        }
        assert!(house.sent().is_empty(), "a step that was done sends nothing more");
    }
    let done = house.get(&address).await;
    assert_eq!(done["status"], "done", "{done:#}");
    assert_eq!(old.len(), 6, "gather, outline, three sections, assemble");
    assert_eq!(done["usage"]["calls"].as_array().unwrap().len(), 4);
    // Two at once may both ask (the gateway answers the second from the first); nobody asks for what is stored.
    assert!(house.model.calls() <= 8, "{}", house.model.calls());
}

#[tokio::test]
async fn an_answer_that_was_not_stored_is_asked_for_with_the_same_prompt() {
    let house = house().await;
    let address = house.order(order()).await;
    let [gather] = &house.sent()[..] else { panic!("one message") };
    assert!(house.deliver(gather).await);
    let [outline] = &house.sent()[..] else { panic!("one message") };
    house.generations.fail(1);
    assert!(!house.deliver(outline).await, "it died before it could store");
    house.drain().await;
    assert!(house.deliver(outline).await);
    let [section] = &house.sent()[..] else { panic!("one message") };
    house.generations.fail(1);
    assert!(!house.deliver(section).await);
    assert!(house.deliver(section).await);
    house.drain().await;
    assert_eq!(house.get(&address).await["status"], "done");
    let asked = house.model.asked.lock();
    assert_eq!(asked.len(), 6);
    assert_eq!(asked[0].prompt, asked[1].prompt);
    assert_eq!(asked[2].prompt, asked[3].prompt);
}

#[tokio::test]
async fn a_document_that_was_made_and_not_said_so_is_made_once() {
    let house = house().await;
    let address = house.order(json!({"instructions": "Tell", "sections": [{"heading": "One"}]})).await;
    for _ in 0..2 {
        let [message] = &house.sent()[..] else { panic!("one message") };
        assert!(house.deliver(message).await);
    }
    let [assemble] = &house.sent()[..] else { panic!("one message") };
    house.generations.fail(1);
    assert!(!house.deliver(assemble).await, "the document is there, the generation does not know");
    assert_eq!(house.get(&address).await["status"], "assembling");
    assert_eq!(
        house.ask("ada", "POST", &format!("{address}/cancel"), None).await.problem(),
        (409, "GENERATE_0002", ""),
        "nothing is left to cancel"
    );
    assert!(house.deliver(assemble).await);
    let done = house.get(&address).await;
    let (document, _) = house.result(&done).await;
    let all = ListQuery {
        readers: vec!["user:ada".parse().unwrap()],
        owner: None,
        tags: Vec::new(),
        media_type: None,
        title_prefix: None,
        deleted: false,
        order: ListOrder::UpdatedDescending,
        after: None,
        limit: 10,
    };
    let documents = house.store.document_list(&document.tenant, &all).await.unwrap().documents;
    assert_eq!(documents, [document]);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_fails_alone() {
    use octavo_generate::{QueueRecord, handle_queue};
    let house = house().await;
    let address = house.order(json!({"instructions": "Tell", "sections": [{"heading": "One"}]})).await;
    let message = house.sent().pop().unwrap();
    let mut other = message.clone();
    other.kind = "generation.printed".to_owned();
    let mut forgotten = message.clone();
    forgotten.body["generation"] = json!(uuid::Uuid::from_u128(404));
    let records = [("poison", "{".to_owned()), ("kind", serde_json::to_string(&other).unwrap())]
        .into_iter()
        .chain([&forgotten, &message].map(|message| ("good", serde_json::to_string(message).unwrap())))
        .map(|(id, body)| QueueRecord { message_id: id.to_owned(), body })
        .collect();
    assert_eq!(handle_queue(&house.deps, records).await, ["poison", "kind"]);
    assert_eq!(house.get(&address).await["status"], "writing");
}
