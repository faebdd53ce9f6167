//! Writes in any order leave the newest.

use crate::bench::{Bench, id};
use octavo_domain_search::{IndexWrite, SearchIndex, WriteOutcome};
use serde_json::json;

pub(crate) async fn a_late_write_changes_nothing(bench: &Bench) {
    let at = |revision: i64, title: &str| {
        let mut entry = bench.entry(1, title, "");
        entry.revision = revision;
        vec![IndexWrite::Put(Box::new(entry))]
    };
    for (revision, title, expected) in [
        (5, "Five", WriteOutcome::Applied),
        (3, "Three", WriteOutcome::Superseded),
        (5, "Five again", WriteOutcome::Superseded),
        (6, "Six", WriteOutcome::Applied),
    ] {
        assert_eq!(bench.index.write(at(revision, title)).await.remove(0).unwrap(), expected, "{title}");
    }
    bench.index.refresh().await.unwrap();
    let found = bench.find(&bench.scope("ada"), json!({})).await;
    assert_eq!((found.hits.len(), &found.hits[0].title[..], found.hits[0].revision), (1, "Six", 6));
}

pub(crate) async fn a_removal_holds_against_a_late_write(bench: &Bench) {
    bench.put([bench.entry(1, "One", "")]).await;
    let remove = |n: u64, revision: i64| IndexWrite::Remove { tenant: bench.tenant.clone(), id: id(n), revision };
    let write = |n: u64, revision: i64| {
        let mut entry = bench.entry(n, "Late", "");
        entry.revision = revision;
        IndexWrite::Put(Box::new(entry))
    };
    let one = |write: IndexWrite| async { bench.index.write(vec![write]).await.remove(0).unwrap() };
    assert_eq!(one(remove(1, 3)).await, WriteOutcome::Applied);
    assert_eq!(one(write(1, 2)).await, WriteOutcome::Superseded);
    // Also where nothing was there to remove.
    assert_eq!(one(remove(2, 3)).await, WriteOutcome::Applied);
    assert_eq!(one(write(2, 2)).await, WriteOutcome::Superseded);
    bench.index.refresh().await.unwrap();
    assert!(bench.numbers(json!({})).await.is_empty());
    // Restored.
    assert_eq!(one(write(1, 4)).await, WriteOutcome::Applied);
    assert_eq!(one(remove(1, 3)).await, WriteOutcome::Superseded);
    bench.index.refresh().await.unwrap();
    assert_eq!(bench.numbers(json!({})).await, [1]);
}

pub(crate) async fn many_at_once_each_have_their_answer(bench: &Bench) {
    bench.put([bench.entry(7, "Seven", "")]).await;
    // More than one request by count, and by bytes.
    let text = "word ".repeat(2000);
    let writes: Vec<_> = (1..=1100)
        .map(|n| IndexWrite::Put(Box::new(bench.entry(n, "Many", if n % 2 == 0 { &text } else { "" }))))
        .collect();
    let outcomes = bench.index.write(writes).await;
    let superseded: Vec<usize> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| *outcome.as_ref().unwrap() == WriteOutcome::Superseded)
        .map(|(position, _)| position)
        .collect();
    assert_eq!((outcomes.len(), superseded), (1100, vec![6]));
    bench.index.refresh().await.unwrap();
    assert_eq!(bench.index.count(&bench.tenant).await.unwrap(), 1100);
    assert!(bench.index.write(Vec::new()).await.is_empty());
}

pub(crate) async fn one_that_is_refused_leaves_the_others(bench: &Bench) {
    let mut bad = bench.entry(2, "Bad", "");
    // No engine takes a keyword of more than 32,766 bytes; no document of ours has one.
    bad.tags = vec!["x".repeat(40_000)];
    let writes = [bench.entry(1, "Good", ""), bad, bench.entry(3, "Good", "")];
    let outcomes = bench.index.write(writes.into_iter().map(|entry| IndexWrite::Put(Box::new(entry))).collect()).await;
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert!(!outcomes[1].as_ref().unwrap_err().is_retryable());
    bench.index.refresh().await.unwrap();
    assert_eq!(bench.numbers(json!({"sort": "created"})).await, [3, 1]);
}
