//! Whether the index holds what is true, looked at while it is written.

use crate::bench::{Bench, OneId, entry, put, ran, remove};
use async_trait::async_trait;
use elasticsearch::http::Method;
use octavo_adapters_elasticsearch::ReindexError;
use octavo_adapters_elasticsearch::check::{Check, CheckSettings, Difference, Found, Report, Stage};
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use octavo_domain_search::{EmbeddingModel, IndexEntry, IndexWrite, Known, SearchIndex, SearchTruth, Whole};
use octavo_testing::ids::unique;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type Key = (TenantId, DocumentId);

/// Longer than two rounds of a writer take on a busy machine: by then the index has come to what was true.
const SETTLES_MS: u64 = 6_000;

/// What is true: each document, or the revision at which it was deleted.
#[derive(Default)]
pub(crate) struct True {
    documents: Mutex<BTreeMap<Key, Result<IndexEntry, i64>>>,
    /// Documents whose text is gone.
    textless: Mutex<BTreeSet<DocumentId>>,
    /// Whose vectors were asked for.
    pub(crate) wanted: Mutex<Vec<String>>,
}

impl True {
    fn put(&self, entry: IndexEntry) {
        self.documents.lock().insert((entry.tenant.clone(), entry.id), Ok(entry));
    }

    fn delete(&self, n: u64, revision: i64) {
        let IndexEntry { tenant, id, .. } = entry(n, revision, &[]);
        self.documents.lock().insert((tenant, id), Err(revision));
    }

    fn of(&self, tenant: &TenantId) -> Vec<(DocumentId, Result<IndexEntry, i64>)> {
        let documents = self.documents.lock();
        let own = documents.iter().filter(|((of, _), _)| of == tenant);
        own.map(|((_, id), document)| (*id, document.clone())).collect()
    }
}

fn known(id: DocumentId, document: &Result<IndexEntry, i64>) -> Known {
    match document {
        Ok(entry) => Known { id, revision: entry.revision, readers: Some(entry.readers.clone()) },
        Err(revision) => Known { id, revision: *revision, readers: None },
    }
}

#[async_trait]
impl SearchTruth for True {
    async fn tenants(&self, after: Option<&TenantId>, limit: u16) -> Result<Vec<TenantId>, PortError> {
        let all: BTreeSet<TenantId> = self.documents.lock().keys().map(|(tenant, _)| tenant.clone()).collect();
        let behind = all.into_iter().filter(|tenant| after.is_none_or(|after| tenant > after));
        Ok(behind.take(limit.into()).collect())
    }

    async fn living(&self, tenant: &TenantId, after: Option<DocumentId>, limit: u16) -> Result<Vec<Known>, PortError> {
        let of = self.of(tenant);
        let behind = of.iter().filter(|(id, document)| document.is_ok() && after.is_none_or(|after| *id > after));
        Ok(behind.take(limit.into()).map(|(id, document)| known(*id, document)).collect())
    }

    async fn known(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<Vec<Known>, PortError> {
        let of = self.of(tenant);
        Ok(of.iter().filter(|(id, _)| ids.contains(id)).map(|(id, document)| known(*id, document)).collect())
    }

    async fn whole(&self, tenant: &TenantId, ids: &[DocumentId]) -> Result<HashMap<DocumentId, Whole>, PortError> {
        let whole = |(id, document)| match document {
            Ok(IndexEntry { revision, .. }) if self.textless.lock().contains(&id) => {
                (id, Whole::TextMissing { revision })
            }
            Ok(entry) => (id, Whole::Entry(Box::new(entry))),
            Err(revision) => (id, Whole::Deleted { revision }),
        };
        Ok(self.of(tenant).into_iter().filter(|(id, _)| ids.contains(id)).map(whole).collect())
    }

    async fn vectors_wanted(&self, tenant: &TenantId) -> Result<(), PortError> {
        self.wanted.lock().push(tenant.to_string());
        Ok(())
    }
}

fn check(bench: &Bench, truth: &Arc<True>, settle_ms: u64) -> Check {
    let settings = CheckSettings {
        settle: Duration::from_millis(settle_ms),
        compare_each: 1,
        page_documents: 7,
        ..CheckSettings::default()
    };
    Check::new(bench.options.clone(), settings, truth.clone(), bench.generations(), Arc::new(OneId(unique())))
}

async fn compared(check: &Check, mend: bool) -> Report {
    check.run(mend, &|_: Stage| {}).await.unwrap()
}

/// Documents 1 to `count`, true and in the index.
async fn filled(bench: &Bench, count: u64) -> Arc<True> {
    let truth = Arc::new(True::default());
    (1..=count).for_each(|n| truth.put(entry(n, 1, &["user:ada"])));
    written(&bench.writer(), (1..=count).map(|n| put(n, 1, &["user:ada"])).collect()).await;
    truth
}

/// Each is accepted.
async fn written(index: &impl SearchIndex, writes: Vec<IndexWrite>) {
    for outcome in index.write(writes).await {
        outcome.unwrap();
    }
}

fn engine_id(n: u64) -> String {
    let IndexEntry { tenant, id, .. } = entry(n, 1, &[]);
    format!("{tenant}:{id}")
}

/// What differs, by kind, each with its documents.
fn told(report: &Report) -> BTreeMap<Difference, Vec<String>> {
    let ids = |found: &Found| {
        assert_eq!(found.count, found.ids.len() as u64, "{found:?}");
        let mut ids = found.ids.clone();
        ids.sort();
        ids
    };
    report.differing.iter().map(|(difference, found)| (*difference, ids(found))).collect()
}

pub(crate) async fn what_differs_is_told_by_kind_and_mended(bench: &Bench) {
    let truth = filled(bench, 40).await;
    let sound = compared(&check(bench, &truth, 300), false).await;
    assert!(sound.agrees(), "{sound:?}");
    assert_eq!((sound.documents, sound.tenants, sound.in_full), (40, 3, 40));
    let index = bench.version(2);
    let by_hand = async |n: u64, version: i64, change: &dyn Fn(&mut Value)| {
        let mut source =
            bench.send(Method::Get, &format!("/{index}/_doc/{}", engine_id(n)), &Value::Null).await["_source"].clone();
        change(&mut source);
        let path = format!("/{index}/_doc/{}?version={version}&version_type=external_gte", engine_id(n));
        bench.send(Method::Put, &path, &source).await;
    };
    // Not written; written past what is true; deleted and not; never there; behind; ahead.
    truth.put(entry(41, 1, &["user:ada"]));
    by_hand(2, 1, &|source| source["readers"] = json!(["user:ada", "user:eve"])).await;
    by_hand(3, 1, &|source| source["text"] = json!("Forged.")).await;
    truth.delete(4, 2);
    bench.writer().write(vec![put(50, 3, &["user:ada"])]).await.remove(0).unwrap();
    truth.put(entry(5, 2, &["user:ada"]));
    by_hand(6, 9, &|source| source["revision"] = json!(9)).await;
    truth.textless.lock().insert(entry(7, 1, &[]).id);
    let stranger = entry(8, 1, &[]);
    let stranger = json!({"tenant": "nobody", "id": stranger.id, "title": "By hand"});
    bench.send(Method::Put, &format!("/{index}/_doc/by-hand"), &stranger).await;
    let expected: BTreeMap<Difference, Vec<String>> = [
        (Difference::Missing, vec![engine_id(41)]),
        (Difference::Extra, vec![engine_id(4), engine_id(50)]),
        (Difference::Older, vec![engine_id(5)]),
        (Difference::Newer, vec![engine_id(6)]),
        (Difference::Readers, vec![engine_id(2)]),
        (Difference::Content, vec![engine_id(3)]),
        (Difference::TextMissing, vec![engine_id(7)]),
        (Difference::Foreign, vec!["by-hand".to_owned()]),
    ]
    .into();
    let before = bench.told();
    let found = compared(&check(bench, &truth, 300), false).await;
    assert_eq!(told(&found), expected);
    assert_eq!(told(&compared(&check(bench, &truth, 300), false).await), expected, "looking changes nothing");
    assert_eq!(bench.told(), before);

    let mended = compared(&check(bench, &truth, 300), true).await;
    let left = [Difference::Newer, Difference::TextMissing, Difference::Foreign];
    assert_eq!(told(&mended).into_keys().collect::<Vec<_>>(), left);
    assert_eq!((mended.mended, bench.told()), (6, before + 1));
    // What is left is brought into order by hand; then there is nothing.
    truth.put(entry(6, 9, &["user:ada"]));
    by_hand(6, 9, &|source| *source = without_text(source, &entry(6, 9, &[]).text)).await;
    truth.textless.lock().clear();
    bench.send(Method::Delete, &format!("/{index}/_doc/by-hand"), &Value::Null).await;
    let sound = compared(&check(bench, &truth, 300), false).await;
    assert!(sound.agrees(), "{sound:?}");
    // A later change takes its place, and an earlier one does not.
    let writer = bench.writer();
    written(&writer, vec![put(2, 1, &["user:eve"]), remove(3, 2)]).await;
    truth.delete(3, 2);
    assert!(compared(&check(bench, &truth, 300), false).await.agrees());
}

/// The same with the text `text`, and what begins it.
fn without_text(source: &Value, text: &str) -> Value {
    let mut source = source.clone();
    (source["text"], source["lead"]) = (json!(text), json!(text));
    source["revision"] = json!(9);
    source
}

pub(crate) async fn writers_at_work_are_no_difference(bench: &Bench) {
    let truth = filled(bench, 60).await;
    let stop = AtomicBool::new(false);
    let writing = async {
        let index = bench.writer();
        let mut late: Vec<IndexWrite> = Vec::new();
        let mut revision = 1_i64;
        while !stop.load(Ordering::SeqCst) {
            revision += 1;
            // True at once; in the index with the next round. The same few all the time, and some of the others.
            let (mut next, round) = (Vec::new(), revision.unsigned_abs());
            for n in (1_u64..=6).chain((7..=60).filter(|n| (n + round).is_multiple_of(9))) {
                if (n + round).is_multiple_of(4) {
                    truth.delete(n, revision);
                    next.push(remove(n, revision));
                } else {
                    let readers = if n % 2 == 0 { ["user:ada", "user:grace"] } else { ["user:ada", "user:alan"] };
                    truth.put(entry(n, revision, &readers));
                    next.push(put(n, revision, &readers));
                }
            }
            written(&index, std::mem::replace(&mut late, next)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        written(&index, late).await;
        revision
    };
    let checking = async {
        for _ in 0..2 {
            let report = compared(&check(bench, &truth, SETTLES_MS), false).await;
            assert!(report.agrees(), "{report:?}");
        }
        // Mending meanwhile sends nothing that is older.
        let report = compared(&check(bench, &truth, SETTLES_MS), true).await;
        assert!(report.agrees() && report.mended == 0, "{report:?}");
        stop.store(true, Ordering::SeqCst);
    };
    let (rounds, ()) = tokio::join!(writing, checking);
    assert!(rounds > 10, "{rounds} rounds are too few to say anything");
    assert!(compared(&check(bench, &truth, 200), false).await.agrees());
}

pub(crate) async fn what_never_comes_is_a_difference_among_writers(bench: &Bench) {
    let truth = filled(bench, 20).await;
    let stop = AtomicBool::new(false);
    let writing = async {
        let (index, mut revision) = (bench.writer(), 1);
        while !stop.load(Ordering::SeqCst) {
            revision += 1;
            for n in 1..=10 {
                truth.put(entry(n, revision, &["user:ada"]));
            }
            // Document 10 changes all the time, and its messages are lost.
            let writes = (1..=9).map(|n| put(n, revision, &["user:ada"])).collect();
            written(&index, writes).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let checking = async {
        // Before it is looked at once.
        truth.put(entry(10, 2, &["user:ada"]));
        let report = compared(&check(bench, &truth, SETTLES_MS), false).await;
        stop.store(true, Ordering::SeqCst);
        report
    };
    let ((), report) = tokio::join!(writing, checking);
    assert_eq!(told(&report), [(Difference::Older, vec![engine_id(10)])].into());
}

pub(crate) async fn without_an_index_there_is_nothing_to_compare(bench: &Bench) {
    let error = check(bench, &Arc::default(), 100).run(false, &|_: Stage| {}).await.unwrap_err();
    assert!(matches!(error, ReindexError::NotNow(_)), "{error}");
    // With one there is.
    let truth = filled(bench, 1).await;
    assert!(compared(&check(bench, &truth, 100), false).await.agrees());
}

fn of_model(bench: &Bench, name: &str, dimensions: u16) -> Bench {
    let mut options = bench.options.clone();
    options.vectors = Some(EmbeddingModel { name: name.to_owned(), dimensions });
    bench.with(options)
}

pub(crate) async fn vectors_of_another_model_are_asked_for_once_for_each_tenant(bench: &Bench) {
    let bench = &of_model(bench, "angles", 2);
    let truth = Arc::new(True::default());
    let with_vector = |n: u64| IndexEntry { vector: Some(vec![0.6, 0.8]), ..entry(n, 1, &["user:ada"]) };
    (1..=9).for_each(|n| truth.put(entry(n, 1, &["user:ada"])));
    let writes = (1..=9).map(|n| IndexWrite::Put(Box::new(with_vector(n)))).collect();
    written(&bench.writer(), writes).await;
    let reindex = || bench.reindex(Duration::from_secs(60)).with_truth(truth.clone());
    let report = compared(&check(bench, &truth, 200), false).await;
    if let Some(reason) = &report.vectors_unknown {
        assert!(!bench.is_embedded(), "{reason}");
        return;
    }
    assert!(report.agrees(), "{report:?}");
    assert_eq!(reindex().lacking().await.unwrap(), Some(0));

    // The same model: vectors go along, and nobody is asked.
    ran(&reindex()).await;
    bench.reindex(Duration::ZERO).finish(&crate::bench::on).await.unwrap();
    assert!(truth.wanted.lock().is_empty());

    let other = &of_model(bench, "others", 3);
    let told_of = compared(&check(other, &truth, 200), false).await;
    assert!(told_of.vectors_unknown.is_some() && told_of.agrees(), "{told_of:?}");
    ran(&other.reindex(Duration::from_secs(60)).with_truth(truth.clone())).await;
    assert_eq!(*truth.wanted.lock(), ["t-0", "t-1", "t-2"]);
    assert_eq!(other.reindex(Duration::ZERO).lacking().await.unwrap(), Some(9));
    let lacking = compared(&check(other, &truth, 200), false).await;
    assert_eq!(lacking.differing[&Difference::Unvectored].count, 9);

    // What makes them writes the same revisions with vectors of the new model: the new index takes them, and the old one
    // keeps those that it has, to go back to.
    let turned = |n: u64| IndexEntry { vector: Some(vec![0.0, 0.6, 0.8]), ..entry(n, 1, &["user:ada"]) };
    let writes = (1..=9).map(|n| IndexWrite::Put(Box::new(turned(n)))).collect();
    written(&other.writer(), writes).await;
    other.writer().refresh().await.unwrap();
    let sound = compared(&check(other, &truth, 200), false).await;
    assert!(sound.agrees(), "{sound:?}");
    other.reindex(Duration::ZERO).roll_back(&crate::bench::on).await.unwrap();
    let back = compared(&check(bench, &truth, 200), true).await;
    assert!(back.agrees() && back.vectors_asked == 0, "{back:?}");

    // Mending keeps a vector that is of the very text.
    truth.put(IndexEntry { readers: vec!["user:grace".parse().unwrap()], ..entry(9, 1, &[]) });
    let mended = compared(&check(bench, &truth, 200), true).await;
    assert!(mended.agrees() && mended.mended == 1, "{mended:?}");
    let (tenant, ids) = (entry(9, 1, &[]).tenant, [entry(9, 1, &[]).id]);
    assert!(bench.writer().vectors(&tenant, &ids).await.unwrap().contains_key(&ids[0]));
}
