//! From a request to a document.

use crate::house::house;
use crate::model::Reply;
use octavo_domain_ai::Finish;
use octavo_domain_documents::MediaType;
use octavo_domain_kernel::BlobKey;
use serde_json::{Value, json};

#[tokio::test]
async fn a_document_is_written_from_what_was_found() {
    let house = house().await;
    let log = house.document(1, "ada", "Harvest log", "The persimmon harvest was 40 tons.").await;
    *house.index.hits.lock() = vec![log.id];
    let address = house
        .order(json!({
            "instructions": "Report on the harvest", "sources": {"query": "persimmon"}, "sections": 3,
            "tags": ["harvest"], "shares": [{"reader": "group:board", "role": "viewer"}]
        }))
        .await;
    let queued = house.get(&address).await;
    assert_eq!((queued["status"].as_str(), &queued["progress"]["percent"]), (Some("queued"), &json!(0)));
    assert!(queued.get("document_id").is_none());
    house.drain().await;

    let done = house.get(&address).await;
    assert_eq!((done["status"].as_str(), done["title"].as_str()), (Some("done"), Some("Planned")), "{done:#}");
    assert_eq!(done["progress"], json!({"sections_done": 3, "sections_total": 3, "percent": 100}));
    assert_eq!(done["sources"], json!([{"number": 1, "document_id": log.id, "version": 1, "title": "Harvest log"}]));
    assert_eq!(house.model.calls(), 4, "an outline and three sections");
    let calls = done["usage"]["calls"].as_array().unwrap();
    assert_eq!(
        (calls.len(), &done["usage"]["input_tokens"], &done["usage"]["output_tokens"]),
        (4, &json!(400), &json!(40))
    );
    assert!(house.model.asked.lock().iter().all(|asked| asked.feature.as_str() == "generate" && asked.model == "auto"));

    let (document, body) = house.result(&done).await;
    insta::assert_snapshot!(body);
    assert_eq!((document.owner.as_str(), document.tags.clone()), ("ada", vec!["harvest".to_owned()]));
    assert_eq!(document.content.media_type, MediaType::Markdown);
    assert_eq!(document.grants[0].reader.to_string(), "group:board");
    assert_eq!(document.metadata["models"], json!(["fake/small"]));
    assert_eq!(document.metadata["sources"], json!([log.id]));
    assert_eq!(document.metadata["generation"], done["id"]);
    let text = house.blobs.0.lock()[BlobKey::text(&document.tenant, &document.content.hash).as_str()].clone();
    assert!(String::from_utf8_lossy(&text).contains("It is so"));
    let index: Vec<Value> = house.queue.0.lock().iter().map(|(_, message)| message.body.clone()).collect();
    assert_eq!(index, [json!({"document": document.id, "revision": 1})]);
}

#[tokio::test]
async fn a_template_needs_no_outline_and_no_sources() {
    let house = house().await;
    let address = house.order(json!({"template": "briefing", "variables": {"subject": "tea"}})).await;
    house.drain().await;
    let done = house.get(&address).await;
    assert_eq!((done["status"].as_str(), done["template"].as_str()), (Some("done"), Some("briefing")));
    assert_eq!(house.model.calls(), 4, "four sections, no outline");
    let (document, body) = house.result(&done).await;
    assert_eq!(document.title, "Briefing: tea");
    assert!(!body.contains('['), "nothing to cite: {body}");
    assert!(house.model.prompt(0).contains("There are no sources"));
    assert!(house.index.asked.lock().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_cut_off_ends_with_a_sentence_and_says_so() {
    let house = house().await;
    let cut = Reply::Ended("## One\nIt is whole. It is no", Finish::Length);
    house.model.will([cut]);
    let address = house.order(json!({"instructions": "Tell", "sections": [{"heading": "One"}]})).await;
    house.drain().await;
    let done = house.get(&address).await;
    let section = &done["outline"][0];
    assert_eq!((section["text"].as_str(), &section["cut"]), (Some("It is whole."), &json!(true)), "{done:#}");
}

#[tokio::test]
async fn an_outline_in_markdown_is_as_good() {
    let house = house().await;
    house.model.will([Reply::Text("# Tea\n\n1. Origin: where from\n2. Use\n3. More\n")]);
    let address = house.order(json!({"instructions": "Tell", "sections": 2})).await;
    house.drain().await;
    let done = house.get(&address).await;
    let headings: Vec<&str> =
        done["outline"].as_array().unwrap().iter().filter_map(|section| section["heading"].as_str()).collect();
    assert_eq!((done["title"].as_str(), headings), (Some("Tea"), vec!["Origin", "Use"]), "two were wished for");
}

#[tokio::test]
async fn where_nothing_has_all_the_words_what_has_most_of_them_is_read() {
    let house = house().await;
    let mut ids = Vec::new();
    for number in 1..=3 {
        ids.push(house.document(number, "ada", &format!("Document {number}"), "Text").await.id);
    }
    *house.index.hits_of.lock() = [("persimmon", vec![ids[0], ids[1]]), ("merger", vec![ids[2], ids[1]])].into();
    let address = house
        .order(json!({"instructions": "Tell", "sources": {"query": "the persimmon merger", "max": 2}, "sections": 1}))
        .await;
    house.drain().await;
    let done = house.get(&address).await;
    let read: Vec<&Value> = done["sources"].as_array().unwrap().iter().map(|source| &source["document_id"]).collect();
    assert_eq!(read, [&json!(ids[1]), &json!(ids[0])], "{done:#}");
}
