//! While documents are written.

use crate::bench::{Bench, Truth, fill, on, present, put, ran, remove, run};
use octavo_adapters_elasticsearch::reindex::{Phase, Ran};
use octavo_adapters_elasticsearch::{ReindexError, ReindexSettings};
use octavo_domain_search::{IndexWrite, SearchIndex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Documents that one writer has to itself.
const EACH: u64 = 60;

/// Draws by itself, so that a failure is met again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Somebody who changes the documents from `first` on until told to stop; each change until it is accepted, as a queue does,
/// and some of them twice or late. What is true at last, and how many changes there were.
pub(crate) async fn writes(bench: &Bench, first: u64, stop: Arc<AtomicBool>) -> (Truth, u64) {
    let index = bench.writer();
    let mut dice = Dice(first);
    let mut truth: Truth = Truth::new();
    let mut revisions = vec![1_i64; usize::try_from(EACH).unwrap()];
    let mut late: Option<IndexWrite> = None;
    let mut changes = 0;
    while !stop.load(Ordering::SeqCst) {
        let mut writes: Vec<IndexWrite> = Vec::new();
        for place in 0..EACH {
            if dice.roll(6) > 0 {
                continue;
            }
            let (n, revision) = (first + place, &mut revisions[usize::try_from(place).unwrap()]);
            *revision += 1;
            let (write, now) = match dice.roll(4) {
                0 => (remove(n, *revision), None),
                1 => (put(n, *revision, &["user:ada", "user:grace"]), Some(vec!["user:ada", "user:grace"])),
                _ => (put(n, *revision, &["user:ada"]), Some(vec!["user:ada"])),
            };
            let readers = |readers: Vec<&str>| readers.into_iter().map(str::to_owned).collect();
            truth.insert(n, now.map(|now| (*revision, readers(now))));
            writes.push(write);
        }
        changes += writes.len() as u64;
        accepted(&index, writes.clone()).await;
        // A message that was delivered once more, long after others of the same document.
        if let Some(late) = late.replace(writes.first().cloned().unwrap_or_else(|| put(first, 1, &[]))) {
            accepted(&index, vec![late]).await;
        }
    }
    (truth, changes)
}

async fn accepted(index: &impl SearchIndex, mut writes: Vec<IndexWrite>) {
    while !writes.is_empty() {
        let outcomes = index.write(writes.clone()).await;
        let failed = writes.into_iter().zip(outcomes).filter_map(|(write, outcome)| match outcome {
            Ok(_) => None,
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                Some(write)
            }
        });
        writes = failed.collect();
    }
}

pub(crate) async fn nothing_is_lost_while_documents_are_written(bench: &Bench) {
    let mut truth = fill(bench, 3 * EACH + 100).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers = futures::future::join_all((0..3).map(|n| writes(bench, 1 + n * EACH, stop.clone())));
    let reindexed = async {
        let Ran::Kept(state) = ran(&bench.reindex(Duration::from_secs(60))).await else { panic!("it is over") };
        // Both are written for a while.
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.store(true, Ordering::SeqCst);
        state
    };
    let (written, state) = tokio::join!(writers, reindexed);
    let changes: u64 = written.iter().map(|(_, changes)| changes).sum();
    truth.extend(written.into_iter().flat_map(|(truth, _)| truth));
    println!("{changes} changes meanwhile; {:?}", state.compared);
    assert!(changes > 20, "{changes} changes are too few to say anything");
    let (compared, truth) = (state.compared.unwrap(), present(&truth));
    assert!(compared.tenants == 3 && compared.in_full > 0 && compared.documents > 100, "{compared:?}");
    assert_eq!(bench.held(&bench.version(2)).await, truth, "the old one");
    assert_eq!(bench.held(&bench.version(3)).await, truth, "the new one");
    assert_eq!(bench.told(), 1);
}

pub(crate) async fn two_at_once_are_one_too_many(bench: &Bench) {
    let truth = fill(bench, 30).await;
    let patient = ReindexSettings {
        lease: Duration::from_secs(6),
        writers_within: Duration::from_secs(4),
        ..bench.settings(Duration::from_secs(60))
    };
    let (one, other) = (bench.reindex_with(patient.clone()), bench.reindex_with(patient));
    let begun = Arc::new(tokio::sync::Notify::new());
    let telling = |_| {
        begun.notify_one();
        std::ops::ControlFlow::Continue(())
    };
    let second = async {
        begun.notified().await;
        let refused = run(&other, &on).await.unwrap_err();
        assert!(matches!(refused, ReindexError::Busy), "{refused}");
        assert!(matches!(other.abort(&on).await.unwrap_err(), ReindexError::Busy));
    };
    let (first, ()) = tokio::join!(run(&one, &telling), second);
    let Ran::Kept(state) = first.unwrap() else { panic!("it is over") };
    assert!(matches!(state.phase, Phase::Kept { .. }), "{state:?}");
    assert_eq!(bench.held(&bench.version(3)).await, truth);
}
