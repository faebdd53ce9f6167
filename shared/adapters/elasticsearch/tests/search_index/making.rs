//! The index comes into being.

use crate::bench::Bench;
use octavo_domain_search::{IndexWrite, SearchIndex};
use serde_json::json;

pub(crate) async fn made_by_many_at_once(bench: &Bench) {
    let fresh = bench.fresh();
    let many: Vec<Bench> = (0..8).map(|_| Bench::with(fresh.options.clone())).collect();
    for made in futures::future::join_all(many.iter().map(|bench| bench.index.ensure())).await {
        made.unwrap();
    }
    many[0].put([many[0].entry(1, "One", "")]).await;
    many[1].index.ensure().await.unwrap();
    assert_eq!(many[0].numbers(json!({"text": "one"})).await, [1]);
}

pub(crate) async fn made_again_when_it_is_gone(bench: &Bench) {
    let fresh = bench.fresh();
    // Nobody called `ensure`: a search that comes first finds nothing, and is no error.
    assert!(fresh.numbers(json!({})).await.is_empty());
    fresh.put([fresh.entry(1, "One", "")]).await;
    delete(&fresh).await;
    // The write notices, must not let the engine guess an index, and makes it.
    let write = vec![IndexWrite::Put(Box::new(fresh.entry(2, "Two", "")))];
    fresh.index.write(write).await.remove(0).unwrap();
    fresh.index.refresh().await.unwrap();
    assert_eq!(fresh.numbers(json!({})).await, [2]);
    // A reader that outlived the index finds nothing rather than failing.
    delete(&fresh).await;
    assert!(fresh.numbers(json!({})).await.is_empty());
}

pub(crate) async fn the_engine_answers(bench: &Bench) {
    bench.index.ping().await.unwrap();
    let mut options = bench.options.clone();
    options.url = "http://127.0.0.1:1".parse().unwrap();
    let away = Bench::with(options);
    let error = away.index.ping().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let writes = vec![IndexWrite::Put(Box::new(away.entry(1, "One", "")))];
    assert!(away.index.write(writes).await.remove(0).unwrap_err().is_retryable());
}

async fn delete(bench: &Bench) {
    use elasticsearch::Elasticsearch;
    use elasticsearch::http::transport::{SingleNodeConnectionPool, TransportBuilder};
    use elasticsearch::indices::IndicesDeleteParts;
    let pool = SingleNodeConnectionPool::new(bench.options.url.clone());
    let client = Elasticsearch::new(TransportBuilder::new(pool).disable_proxy().build().unwrap());
    let name = format!("{}-v2", bench.options.name);
    let answer = client.indices().delete(IndicesDeleteParts::Index(&[&name])).send().await.unwrap();
    assert!(answer.status_code().is_success());
}
