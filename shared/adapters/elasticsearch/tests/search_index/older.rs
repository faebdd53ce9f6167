//! An index that the release before made keeps working until it is reindexed.

use crate::bench::{Bench, numbers};
use elasticsearch::http::Method;
use elasticsearch::http::headers::HeaderMap;
use elasticsearch::http::transport::{SingleNodeConnectionPool, TransportBuilder};
use octavo_adapters_elasticsearch::Analysis;
use octavo_domain_search::{IndexEntry, IndexWrite, Language, SearchIndex, SuggestQuery};
use serde_json::{Value, json};

async fn send(bench: &Bench, method: Method, path: &str, body: &Value) {
    let pool = SingleNodeConnectionPool::new(bench.options.url.clone());
    let transport = TransportBuilder::new(pool).disable_proxy().build().unwrap();
    let query: Option<&[(&str, &str)]> = None;
    let body = (!body.is_null()).then(|| body.to_string());
    let answer = transport.send(method, path, HeaderMap::new(), query, body, None).await.unwrap();
    let status = answer.status_code();
    assert!(status.is_success(), "{path}: {status} {}", answer.text().await.unwrap());
}

/// The index as version 1 of the schema was.
fn version_1(bench: &Bench) -> Value {
    let name = &bench.options.name;
    let analyzer = |filters: Value| json!({"type": "custom", "tokenizer": "standard", "filter": filters});
    let analysis = if bench.options.analysis == Analysis::Standard {
        let plain = analyzer(json!(["lowercase"]));
        json!({"analyzer": {"octavo_text": plain, "octavo_words": plain, "octavo_beginnings": plain}})
    } else {
        json!({
            "filter": {
                "octavo_english": {"type": "stemmer", "language": "english"},
                "octavo_beginnings": {"type": "edge_ngram", "min_gram": 1, "max_gram": 20}
            },
            "analyzer": {
                "octavo_text": analyzer(json!(["lowercase", "asciifolding", "octavo_english"])),
                "octavo_words": analyzer(json!(["lowercase", "asciifolding"])),
                "octavo_beginnings": analyzer(json!(["lowercase", "asciifolding", "octavo_beginnings"]))
            }
        })
    };
    let (keyword, date) = (json!({"type": "keyword"}), json!({"type": "date"}));
    let text = json!({"type": "text", "analyzer": "octavo_text"});
    let beginnings = json!({"type": "text", "analyzer": "octavo_beginnings", "search_analyzer": "octavo_words"});
    json!({
        "aliases": {format!("{name}-read"): {}, format!("{name}-write"): {"is_write_index": true}},
        "settings": {"index": {"number_of_shards": 1, "number_of_replicas": 0}, "analysis": analysis},
        "mappings": {"dynamic": "strict", "properties": {
            "id": keyword, "tenant": keyword, "readers": keyword, "revision": {"type": "long"},
            "title": {"type": "text", "analyzer": "octavo_text", "fields": {"beginnings": beginnings}},
            "title_sort": keyword, "headings": text,
            "text": {"type": "text", "analyzer": "octavo_text", "index_options": "offsets"},
            "tags": {"type": "keyword", "fields": {"words": text}},
            "media_type": keyword, "owner": keyword, "created_at": date, "updated_at": date,
            "file_name": {"type": "keyword", "index": false, "doc_values": false},
            "file_words": text, "size": {"type": "long", "index": false}
        }}
    })
}

fn german(bench: &Bench, n: u64) -> IndexEntry {
    let entry = bench.entry(n, "Mietvertrag", "Die Wohnung wird vermietet.");
    IndexEntry { language: Some(Language::German), ..entry }
}

pub(crate) async fn an_older_index_is_written_and_read(bench: &Bench) {
    let bench = &bench.fresh();
    send(bench, Method::Put, &format!("/{}-v1", bench.options.name), &version_1(bench)).await;
    bench.put([german(bench, 1), bench.entry(2, "Lease", "The flat is let.")]).await;
    let found = bench.find(&bench.scope("ada"), json!({"text": "wohnung", "highlight": true})).await;
    assert_eq!(numbers(&found), [1]);
    assert_eq!(found.hits[0].highlights.text, ["Die <mark>Wohnung</mark> wird vermietet."]);
    assert_eq!(bench.numbers(json!({"text": "lease flat"})).await, [2]);
    let query = SuggestQuery { prefix: "mietvertrag".to_owned(), limit: 5 };
    assert_eq!(bench.index.suggest(&bench.scope("ada"), &query).await.unwrap().len(), 1);
    let id = crate::bench::id(1);
    assert!(bench.index.similar(&bench.scope("ada"), id, 5).await.unwrap().is_some());
}

pub(crate) async fn a_writer_that_took_it_for_newer_learns(bench: &Bench) {
    let bench = &bench.fresh();
    bench.put([german(bench, 1)]).await;
    // Somebody went back to the index of before.
    send(bench, Method::Delete, &format!("/{}-v2", bench.options.name), &Value::Null).await;
    send(bench, Method::Delete, &format!("/_index_template/{}", bench.options.name), &Value::Null).await;
    send(bench, Method::Put, &format!("/{}-v1", bench.options.name), &version_1(bench)).await;
    let write = || vec![IndexWrite::Put(Box::new(german(bench, 2)))];
    bench.index.write(write()).await.remove(0).unwrap();
    bench.index.refresh().await.unwrap();
    assert_eq!(bench.numbers(json!({"text": "wohnung"})).await, [2]);
}
