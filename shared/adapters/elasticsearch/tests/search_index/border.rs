//! Nobody finds, counts or is offered what they may not read.

use crate::bench::{Bench, id, numbers};
use octavo_domain_search::{FacetField, SearchIndex, SuggestQuery};
use serde_json::json;

pub(crate) async fn another_tenant_finds_nothing(bench: &Bench) {
    bench.put([bench.entry(1, "Secret plan", "of the merger")]).await;
    let mut other = bench.scope("ada");
    other.tenant = "somebody-else".parse().unwrap();
    for request in [json!({}), json!({"text": "secret"}), json!({"text": "secrte"})] {
        assert!(bench.find(&other, request).await.hits.is_empty());
    }
    assert_eq!(bench.index.count(&bench.tenant).await.unwrap(), 1);
    assert_eq!(bench.index.count(&other.tenant).await.unwrap(), 0);
    // The same id with another tenant is another document.
    let mut twin = bench.entry(1, "Twin", "");
    twin.tenant =
        format!("twin-{}", bench.tenant.as_str().chars().skip(2).take(20).collect::<String>()).parse().unwrap();
    bench.put([twin]).await;
    assert_eq!(bench.find(&bench.scope("ada"), json!({})).await.hits[0].title, "Secret plan");
}

pub(crate) async fn only_readers_find(bench: &Bench) {
    let mut shared = bench.entry(2, "Shared plan", "");
    shared.readers.push("group:legal".parse().unwrap());
    bench.put([bench.entry(1, "Own plan", ""), shared]).await;
    assert_eq!(bench.numbers(json!({"text": "plan", "sort": "created"})).await, [2, 1]);
    assert!(bench.find(&bench.scope("bob"), json!({"text": "plan"})).await.hits.is_empty());
    let mut bob = bench.scope("bob");
    bob.readers.insert(0, "group:legal".parse().unwrap());
    let found = bench.find(&bob, json!({"text": "plan"})).await;
    assert_eq!((numbers(&found), found.total.value), (vec![2], 1));
    assert_eq!(numbers(&bench.find(&bob, json!({"filters": {"shared_with_me": true}})).await), [2]);
    assert!(bench.numbers(json!({"filters": {"shared_with_me": true}})).await.is_empty());
}

pub(crate) async fn what_is_hidden_is_gone_at_once(bench: &Bench) {
    bench.put([bench.entry(1, "Plan one", ""), bench.entry(2, "Plan two", "")]).await;
    let mut ada = bench.scope("ada");
    ada.hidden = vec![id(2)];
    let found = bench.find(&ada, json!({"text": "plan", "facets": [{"field": "owner"}]})).await;
    assert_eq!((numbers(&found), found.total.value, found.facets[0].buckets[0].count), (vec![1], 1, 1));
    // As many as there may be.
    ada.hidden = (2..2 + 10_000).map(id).collect();
    assert_eq!(numbers(&bench.find(&ada, json!({"text": "plan"})).await), [1]);
}

pub(crate) async fn facets_and_suggestions_stay_inside(bench: &Bench) {
    let mut visible = bench.entry(1, "Quarterly report", "numbers");
    visible.tags = vec!["finance".to_owned()];
    let mut secret = bench.entry(2, "Quarterly acquisition", "numbers of the acquisition");
    secret.tags = vec!["merger".to_owned()];
    secret.readers = vec!["user:eve".parse().unwrap()];
    secret.owner = "eve".parse().unwrap();
    bench.put([visible, secret]).await;
    let facets = json!([{"field": "tags"}, {"field": "owner"}, {"field": "updated"}]);
    let found = bench.find(&bench.scope("ada"), json!({"text": "quarterly", "facets": facets})).await;
    for facet in &found.facets {
        assert_eq!((facet.buckets.len(), facet.distinct), (1, 1), "{facet:?}");
    }
    assert_eq!((found.facets[0].field, &found.facets[0].buckets[0].value[..]), (FacetField::Tags, "finance"));
    // One letter from a word that only eve may read.
    let found = bench.find(&bench.scope("ada"), json!({"text": "acquisitoin"})).await;
    assert!(found.hits.is_empty() && found.suggestions.is_empty(), "{found:?}");
    let query = SuggestQuery { prefix: "quarterly".to_owned(), limit: 5 };
    let titles = bench.index.suggest(&bench.scope("ada"), &query).await.unwrap();
    assert_eq!(titles.iter().map(|title| &title.title[..]).collect::<Vec<_>>(), ["Quarterly report"]);
}
