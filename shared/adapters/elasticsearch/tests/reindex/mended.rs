//! What goes wrong, and what becomes of it.

use crate::bench::{Bench, fill, on, present, put, ran, run};
use elasticsearch::http::Method;
use octavo_adapters_elasticsearch::ReindexError;
use octavo_adapters_elasticsearch::reindex::{Event, Ran, Step};
use octavo_domain_search::SearchIndex;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::time::Duration;

const KEEP: Duration = Duration::from_secs(60);

fn until(step: Step) -> impl Fn(Event) -> ControlFlow<()> {
    move |event| if event.step == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn engine_id(n: u64) -> String {
    let entry = crate::bench::entry(n, 1, &[]);
    format!("{}:{}", entry.tenant, entry.id)
}

pub(crate) async fn what_is_missing_or_came_back_is_brought_into_order(bench: &Bench) {
    let mut truth = fill(bench, 40).await;
    assert!(matches!(run(&bench.reindex(KEEP), &until(Step::Copied)).await.unwrap_err(), ReindexError::Stopped));
    let (old, new) = (bench.version(2), bench.version(3));
    // By hand, past the writers: what no run of events of ours leads to, and a machine that slept may.
    let document = |index: &str, n: u64, version: i64, kind: &str| {
        format!("/{index}/_doc/{}?version={version}&version_type={kind}", engine_id(n))
    };
    let source = async |n: u64| {
        bench.send(Method::Get, &format!("/{old}/_doc/{}", engine_id(n)), &Value::Null).await["_source"].clone()
    };
    // The new index has lost one, has an older one, one that was deleted, and one that says something else.
    bench.send(Method::Delete, &document(&new, 1, 1, "external_gte"), &Value::Null).await;
    let mut newer = source(2).await;
    (newer["revision"], newer["readers"]) = (json!(2), json!(["user:grace"]));
    bench.send(Method::Put, &document(&old, 2, 2, "external"), &newer).await;
    bench.send(Method::Delete, &document(&old, 3, 2, "external"), &Value::Null).await;
    let mut forged = source(4).await;
    forged["title"] = json!("Forged");
    bench.send(Method::Put, &document(&new, 4, 1, "external_gte"), &forged).await;
    truth.extend([(2, Some((2, vec!["user:grace".to_owned()]))), (3, None)]);
    let settings = octavo_adapters_elasticsearch::ReindexSettings { compare_each: 1, ..bench.settings(KEEP) };
    let Ran::Kept(state) = ran(&bench.reindex_with(settings)).await else { panic!("it is over") };
    assert_eq!(state.compared.unwrap().repaired, 4, "{:?}", state.compared);
    assert_eq!(bench.held(&new).await, present(&truth));
    assert_eq!(bench.held(&old).await, present(&truth));
    let mended = bench.send(Method::Get, &format!("/{new}/_doc/{}", engine_id(4)), &Value::Null).await;
    assert_eq!(mended["_source"]["title"], "Document 4");
}

pub(crate) async fn a_new_index_that_is_gone_refuses_writes_until_it_is_aborted(bench: &Bench) {
    let mut truth = fill(bench, 10).await;
    assert!(matches!(run(&bench.reindex(KEEP), &until(Step::Doubled)).await.unwrap_err(), ReindexError::Stopped));
    let writer = bench.writer();
    writer.write(vec![put(1, 2, &["user:ada"])]).await.remove(0).unwrap();
    bench.send(Method::Delete, &format!("/{}", bench.version(3)), &Value::Null).await;
    let error = writer.write(vec![put(1, 3, &["user:ada"])]).await.remove(0).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(bench.aliases().await.as_object().unwrap().len(), 1, "no write made it anew");
    assert!(run(&bench.reindex(KEEP), &on).await.is_err());
    bench.reindex(KEEP).abort(&on).await.unwrap();
    writer.write(vec![put(1, 3, &["user:ada"])]).await.remove(0).unwrap();
    truth.insert(1, Some((3, vec!["user:ada".to_owned()])));
    assert_eq!(bench.held(&bench.version(2)).await, truth);
}

pub(crate) async fn a_document_that_cannot_be_carried_is_named(bench: &Bench) {
    let truth = fill(bench, 3).await;
    let entry = crate::bench::entry(9, 1, &[]);
    let stranger = json!({"tenant": entry.tenant, "id": entry.id, "title": "By hand"});
    bench.send(Method::Put, &format!("/{}/_doc/{}", bench.version(2), engine_id(9)), &stranger).await;
    let error = run(&bench.reindex(KEEP), &on).await.unwrap_err();
    assert!(matches!(&error, ReindexError::Refused { id, .. } if *id == engine_id(9)), "{error}");
    // Brought into order, it goes on at once: whoever failed has let go of it.
    bench.send(Method::Delete, &format!("/{}/_doc/{}", bench.version(2), engine_id(9)), &Value::Null).await;
    ran(&bench.reindex(KEEP)).await;
    assert_eq!(bench.held(&bench.version(3)).await, truth);
}
