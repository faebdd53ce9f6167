//! Killed at each point in turn, and gone on with.

use crate::bench::{Bench, alone, fill, on, present, put, ran, remove, run};
use crate::busy::writes;
use octavo_adapters_elasticsearch::ReindexError;
use octavo_adapters_elasticsearch::reindex::{Event, Ran, Step};
use octavo_domain_search::SearchIndex;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Dies at every step that it has not died at before.
#[derive(Default)]
struct Deaths(Mutex<HashSet<Step>>);

impl Deaths {
    fn watch(&self, event: Event) -> ControlFlow<()> {
        if self.0.lock().insert(event.step) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn died(&self, steps: &[Step]) {
        let died = self.0.lock();
        assert_eq!(*died, steps.iter().copied().collect());
    }
}

pub(crate) async fn it_goes_on_wherever_it_was_killed(bench: &Bench) {
    let mut truth = fill(bench, 160).await;
    let deaths = Deaths::default();
    let stop = Arc::new(AtomicBool::new(false));
    let reindexed = async {
        let watch = |event| deaths.watch(event);
        let ended = loop {
            // Each time another process.
            match run(&bench.reindex(Duration::ZERO), &watch).await {
                Ok(ended) => break ended,
                Err(ReindexError::Stopped) => {}
                Err(error) => panic!("{error}"),
            }
        };
        stop.store(true, Ordering::SeqCst);
        ended
    };
    let (reindexed, (written, _)) = tokio::join!(reindexed, writes(bench, 1, stop.clone()));
    let Ran::Ended { index, .. } = reindexed else { panic!("{reindexed:?}") };
    assert_eq!(index, bench.version(3));
    deaths.died(&[
        Step::Begun,
        Step::Made,
        Step::Doubled,
        Step::Settled,
        Step::PageCopied,
        Step::PageKept,
        Step::Copied,
        Step::PageCompared,
        Step::Compared,
        Step::Swapped,
        Step::Told,
        Step::VectorsAsked,
        Step::Single,
        Step::Deleted,
    ]);
    truth.extend(written);
    assert_eq!(bench.aliases().await, serde_json::json!({"-v3": alone()}));
    assert_eq!(bench.held(&index).await, present(&truth));
    assert!(bench.reindex(Duration::ZERO).status().await.unwrap().is_none());
}

pub(crate) async fn its_ends_go_on_wherever_they_were_killed(bench: &Bench) {
    let mut truth = fill(bench, 20).await;
    let writer = bench.writer();
    let mut change = async |n: u64| {
        for outcome in writer.write(vec![put(n, 2, &["user:grace"]), remove(n + 1, 2)]).await {
            outcome.unwrap();
        }
        truth.insert(n, Some((2, vec!["user:grace".to_owned()])));
        truth.insert(n + 1, None);
        present(&truth)
    };
    let (keep, version) = (Duration::from_secs(60), |n| bench.version(n));
    // Back, forward again, finished: each of them by processes that die.
    ran(&bench.reindex(keep)).await;
    change(1).await;
    let (deaths, back) = (Deaths::default(), "back");
    while let Err(error) = bench.reindex(keep).roll_back(&|event| deaths.watch(event)).await {
        assert!(matches!(error, ReindexError::Stopped), "{back}: {error}");
    }
    deaths.died(&[Step::SwappedBack, Step::Told]);
    let now = change(3).await;
    assert_eq!((bench.held(&version(2)).await, bench.held(&version(3)).await), (now.clone(), now));
    ran(&bench.reindex(keep)).await;
    change(5).await;
    let deaths = Deaths::default();
    while let Err(error) = bench.reindex(keep).finish(&|event| deaths.watch(event)).await {
        assert!(matches!(error, ReindexError::Stopped), "{error}");
    }
    deaths.died(&[Step::Single, Step::Deleted]);
    let now = change(7).await;
    assert_eq!(bench.held(&version(3)).await, now);
    // Aborted in the middle, by processes that die.
    let half = |event: Event| {
        if event.step == Step::PageKept { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert!(matches!(run(&bench.reindex(keep), &half).await.unwrap_err(), ReindexError::Stopped));
    change(9).await;
    let deaths = Deaths::default();
    while let Err(error) = bench.reindex(keep).abort(&|event| deaths.watch(event)).await {
        assert!(matches!(error, ReindexError::Stopped), "{error}");
    }
    deaths.died(&[Step::Single, Step::Deleted]);
    let now = change(11).await;
    assert_eq!(bench.held(&version(3)).await, now);
    assert_eq!(bench.aliases().await.as_object().unwrap().len(), 1);
    // The number that is free again is taken again.
    let Ran::Ended { index, .. } = ran(&bench.reindex(Duration::ZERO)).await else { panic!("it is kept") };
    assert_eq!((index.as_str(), bench.held(&index).await), (version(4).as_str(), now));
    assert!(matches!(bench.reindex(keep).finish(&on).await.unwrap_err(), ReindexError::NotNow(_)));
}
