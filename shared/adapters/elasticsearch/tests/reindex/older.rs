//! What is carried over beside the documents as they are.

use crate::bench::{Bench, entry, put, ran};
use elasticsearch::http::Method;
use octavo_adapters_elasticsearch::reindex::Ran;
use octavo_domain_search::{EmbeddingModel, IndexEntry, IndexWrite, Scope, SearchIndex, SearchRequest};
use serde_json::{Value, json};
use std::time::Duration;

/// The index as version 1 of the schema was, as far as it matters here.
fn version_1(bench: &Bench) -> Value {
    let name = &bench.options.name;
    let plain = json!({"type": "custom", "tokenizer": "standard", "filter": ["lowercase"]});
    let (keyword, date) = (json!({"type": "keyword"}), json!({"type": "date"}));
    let text = json!({"type": "text", "analyzer": "octavo_text"});
    json!({
        "aliases": {format!("{name}-read"): {}, format!("{name}-write"): {"is_write_index": true}},
        "settings": {
            "index": {"number_of_shards": 1, "number_of_replicas": 0},
            "analysis": {"analyzer": {"octavo_text": plain, "octavo_words": plain, "octavo_beginnings": plain}}
        },
        "mappings": {"dynamic": "strict", "properties": {
            "id": keyword, "tenant": keyword, "readers": keyword, "revision": {"type": "long"}, "title": text,
            "title_sort": keyword, "headings": text, "text": text, "tags": keyword, "media_type": keyword,
            "owner": keyword, "created_at": date, "updated_at": date,
            "file_name": {"type": "keyword", "index": false, "doc_values": false},
            "file_words": text, "size": {"type": "long", "index": false}
        }}
    })
}

fn german(n: u64, revision: i64) -> IndexWrite {
    let text = "Die Wohnungen werden von dem Vermieter an den Mieter vermietet, und zwar ab dem ersten Mai. ".repeat(3);
    let title = "Der Mietvertrag für die Wohnungen".to_owned();
    IndexWrite::Put(Box::new(IndexEntry { text, title, ..entry(n, revision, &["user:ada"]) }))
}

pub(crate) async fn a_document_of_before_is_found_by_its_language(bench: &Bench) {
    bench.send(Method::Put, &format!("/{}", bench.version(1)), &version_1(bench)).await;
    let writer = bench.writer();
    for outcome in writer.write(vec![german(1, 1), put(2, 1, &["user:ada"]), german(3, 4)]).await {
        outcome.unwrap();
    }
    let Ran::Kept(state) = ran(&bench.reindex(Duration::from_secs(60))).await else { panic!("it is over") };
    let compared = state.compared.unwrap();
    assert_eq!((compared.documents, compared.repaired), (3, 0));
    // Both are written, each in its own form.
    writer.write(vec![german(1, 2)]).await.remove(0).unwrap();
    let held = bench.held(&bench.version(2)).await;
    assert_eq!(held, bench.held(&bench.version(1)).await);
    let id = |n: u64| entry(n, 1, &[]);
    for n in [1, 3] {
        let path = format!("/{}/_doc/{}:{}", bench.version(2), id(n).tenant, id(n).id);
        let document = bench.send(Method::Get, &path, &Value::Null).await["_source"].clone();
        if n == 3 {
            assert_eq!(document["language"], "de", "{document}");
            assert!(document.get("text").is_none() && document["lead_de"].is_string(), "{document}");
        }
    }
    let scope = Scope {
        tenant: id(3).tenant,
        user: "ada".parse().unwrap(),
        readers: vec!["user:ada".parse().unwrap()],
        hidden: Vec::new(),
    };
    let request = SearchRequest { text: Some("Mietvertrag".to_owned()), ..SearchRequest::default() };
    let found = writer.search(&scope, &request.validate().unwrap()).await.unwrap();
    assert_eq!(found.hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [id(3).id]);
}

pub(crate) async fn vectors_go_along(bench: &Bench) {
    let mut options = bench.options.clone();
    options.vectors = Some(EmbeddingModel { name: "angles".to_owned(), dimensions: 2 });
    let bench = &bench.with(options);
    let writer = bench.writer();
    let with_vector = |n: u64| IndexEntry { vector: Some(vec![0.6, 0.8]), ..entry(n, 1, &["user:ada"]) };
    let writes = vec![IndexWrite::Put(Box::new(with_vector(1))), put(4, 1, &["user:ada"])];
    for outcome in writer.write(writes).await {
        outcome.unwrap();
    }
    writer.refresh().await.unwrap();
    let (tenant, ids) = (entry(1, 1, &[]).tenant, [entry(1, 1, &[]).id, entry(4, 1, &[]).id]);
    let before = writer.vectors(&tenant, &ids).await.unwrap();
    ran(&bench.reindex(Duration::ZERO)).await;
    assert_eq!(bench.held(&bench.version(3)).await.len(), 2);
    let after = bench.writer().vectors(&tenant, &ids).await.unwrap();
    // None on an engine that has none.
    assert_eq!(after, before);
    assert!(after.contains_key(&ids[0]) || !bench.is_embedded());
    // Of another model they have nothing to do with those that are made now.
    let mut other = bench.options.clone();
    other.vectors = Some(EmbeddingModel { name: "others".to_owned(), dimensions: 2 });
    let other = &bench.with(other);
    ran(&other.reindex(Duration::ZERO)).await;
    assert_eq!(other.held(&other.version(4)).await.len(), 2);
    assert!(other.writer().vectors(&tenant, &ids).await.unwrap().is_empty());
}
