//! Searches that are too deep, too long, too many, or not what they say.

use crate::Refusals;
use octavo_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_refused_by_its_field_whatever_is_wrong_with_it() {
    let world = World::start().await;
    let mut all = Refusals::default();
    let ada = world.person("acme", "ada");
    let many = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    let facet = json!({"field": "tags"});
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({"text": "a".repeat(1_001)}), &["text"]),
        (json!({"text": "a ".repeat(65)}), &["text"]),
        (json!({"text": "\u{10ffff}".repeat(2_000)}), &["text"]),
        (json!({"text": ["a"]}), &["text"]),
        (json!({"size": 0}), &["size"]),
        (json!({"size": -1}), &["size"]),
        (json!({"size": 101}), &["size"]),
        (json!({"size": 65_536}), &["size"]),
        (json!({"size": 1e300}), &["size"]),
        (json!({"size": u64::MAX}), &["size"]),
        (json!({"size": 1.5}), &["size"]),
        (json!({"filters": {"tags": {"any": many(101)}}}), &["filters.tags.any"]),
        (json!({"filters": {"tags": {"all": ["a", "t".repeat(65)]}}}), &["filters.tags.all[1]"]),
        (json!({"filters": {"tags": ["a"]}}), &["filters.tags"]),
        (json!({"filters": {"owners": ["a b"]}}), &["filters.owners[0]"]),
        (json!({"filters": {"owners": ["\u{0}"]}}), &["filters.owners[0]"]),
        (json!({"filters": {"media_types": many(101)}}), &["filters.media_types"]),
        (json!({"filters": {"created": {"from": "yesterday"}}}), &["filters.created.from"]),
        (json!({"filters": {"created": {"from": "+262143-01-01T00:00:00Z"}}}), &["filters.created.from"]),
        (json!({"filters": {"created": [null, null]}}), &["filters.created"]),
        (json!({"filters": [{}, [], []]}), &["filters"]),
        (json!({"filters": 7}), &["filters"]),
        (json!({"facets": vec![facet.clone(); 11]}), &["facets", "facets[1]", "facets[1].field"]),
        (json!({"facets": [{"field": "text"}]}), &["facets[0].field"]),
        (json!({"facets": [["tags", 10, null]]}), &["facets[0]"]),
        (json!({"facets": [{"field": "tags", "size": 1_000_000}]}), &["facets[0].size"]),
        (json!({"sort": "fastest"}), &["sort"]),
        (json!({"mode": {"loud": null}}), &["mode"]),
        (json!({"highlight": "true"}), &["highlight"]),
        (json!({"\u{0}": 1}), &["\u{0}"]),
        (json!([]), &["body"]),
        (json!("borrow"), &["body"]),
        (Value::Null, &["body"]),
    ];
    for (body, fields) in cases {
        all.refused(&body.to_string(), ada.post("/v1/search", body.clone()), fields).await;
    }
    all.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_of_ours_is_refused_in_time() {
    let world = World::start().await;
    let mut all = Refusals::default();
    let ada = world.person("acme", "ada");
    let deep = |open: &str, close: &str, times: usize| {
        format!("{{\"filters\": {}{}}}", open.repeat(times), close.repeat(times)).into_bytes()
    };
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("nothing", Vec::new(), &["body"]),
        ("blanks", b" \n ".repeat(100_000), &["body"]),
        ("arrays in arrays", deep("[", "]", 100_000), &["body", "filters"]),
        ("objects in objects", deep("{\"tags\":", "}", 100_000), &["body", "filters.tags", "filters.tags.tags"]),
        ("never closed", b"{\"text\":\"".repeat(50_000), &["body"]),
        ("an endless number", [&b"{\"size\":"[..], &b"9".repeat(1_000_000), b"}"].concat(), &["body", "size"]),
        ("an endless exponent", [&b"{\"size\":1e"[..], &b"9".repeat(1_000_000), b"}"].concat(), &["body", "size"]),
        ("half a pair", br#"{"text":"\ud800"}"#.to_vec(), &["body", "text"]),
        ("no UTF-8", b"{\"text\":\"\xff\xfe\"}".to_vec(), &["body", "text"]),
        ("UTF-16", "\u{feff}{\"text\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect(), &["body"]),
        ("a byte-order mark", "\u{feff}{\"text\":\"a\"}".into(), &["body"]),
        ("two bodies", b"{\"text\":\"a\"}{\"text\":\"b\"}".to_vec(), &["body"]),
        ("twice the same", b"{\"text\":\"a\",\"text\":\"b\"}".to_vec(), &["body", "text"]),
        ("no number", b"{\"size\":NaN}".to_vec(), &["body", "size"]),
        ("a control character", b"{\"text\":\"a\nb\"}".to_vec(), &["body", "text"]),
    ];
    for (what, body, fields) in cases {
        let request = ada.request(Method::POST, "/v1/search").header("content-type", "application/json").body(body);
        all.refused(what, ada.send(request), fields).await;
    }
    all.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_string_is_refused_by_its_parameter() {
    let world = World::start().await;
    let mut all = Refusals::default();
    let ada = world.person("acme", "ada");
    for (query, field) in [
        ("q=a&limit=0", "query:limit"),
        ("q=a&limit=99999999999999999999", "query:limit"),
        ("q=a&limit=1&limit=2", "query:limit"),
        ("q=a&limit=%31%00", "query:limit"),
        ("q=a&sort=%20", "query:sort"),
        ("q=a&facet=tags%00", "query:facet"),
        ("q=a&highlight=yes", "query:highlight"),
        ("q=a&tag=", "query:tag"),
        ("q=a&wrong=1", "query:wrong"),
        ("q=a&%00=1", "query:\u{0}"),
    ] {
        let path = format!("/v1/search?{query}");
        all.refused(query, ada.get(&path), &[field]).await;
    }
    for query in ["q=%ff", "%80=a", "q=%c0%80"] {
        all.refused(query, ada.get(&format!("/v1/search?{query}")), &["query", "query:q"]).await;
    }
    // What is odd and still a search is answered as one.
    for query in ["q=%00", "q=%E2%80%AE%EF%BF%BF", "q=%22%22%22%2B-%7C*%3F~%5C", "q=AND+OR+NOT+(", "q=a:b+_id:*+%7B%7B"]
    {
        let answer = ada.get(&format!("/v1/search?{query}")).await;
        assert!(answer.status == 200 || answer.status == 422, "{query}: {} {}", answer.status, answer.json());
    }
    all.judge();
}
