//! Back to the old index, and out of it.

use crate::bench::{Bench, alone, fill, on, present, put, ran, remove, run};
use octavo_adapters_elasticsearch::ReindexError;
use octavo_adapters_elasticsearch::reindex::{Phase, Ran, Step};
use octavo_domain_search::{Scope, SearchIndex, SearchRequest};
use serde_json::json;
use std::ops::ControlFlow;
use std::time::Duration;

const KEEP: Duration = Duration::from_secs(60);

async fn grace_finds(index: &impl SearchIndex, n: u64) -> usize {
    let scope = Scope {
        tenant: crate::bench::entry(n, 1, &[]).tenant,
        user: "grace".parse().unwrap(),
        readers: vec!["user:grace".parse().unwrap()],
        hidden: Vec::new(),
    };
    let request = SearchRequest { text: Some(format!("document {n}")), ..SearchRequest::default() };
    index.search(&scope, &request.validate().unwrap()).await.unwrap().hits.len()
}

pub(crate) async fn after_the_swap_the_old_one_is_kept_up_to_date(bench: &Bench) {
    let mut truth = fill(bench, 30).await;
    // It saw one index, and does not look of its own accord.
    let (writer, reader) = (bench.writer(), bench.writer());
    writer.write(vec![put(1, 2, &["user:ada", "user:grace"])]).await.remove(0).unwrap();
    ran(&bench.reindex(KEEP)).await;
    let kept = json!({
        "-v2": {"-write-old": {"is_write_index": true}},
        "-v3": {"-read": {}, "-write": {"is_write_index": false}, "-write-new": {"is_write_index": true}}
    });
    assert_eq!(bench.aliases().await, kept);
    reader.refresh().await.unwrap();
    assert_eq!(grace_finds(&reader, 1).await, 1);
    for outcome in writer.write(vec![put(1, 3, &["user:ada"]), remove(2, 2), put(31, 1, &["user:ada"])]).await {
        outcome.unwrap();
    }
    truth.extend([(1, Some((3, vec!["user:ada".to_owned()]))), (2, None)]);
    truth.insert(31, Some((1, vec!["user:ada".to_owned()])));
    let Ran::Kept(state) = bench.reindex(KEEP).roll_back(&on).await.unwrap() else { panic!("it is over") };
    assert_eq!((state.phase, bench.told()), (Phase::RolledBack, 2));
    bench.send(elasticsearch::http::Method::Post, &format!("/{}/_refresh", bench.version(2)), &json!(null)).await;
    // What she lost after the swap she does not find after the way back.
    assert_eq!(grace_finds(&reader, 1).await, 0);
    assert_eq!(bench.held(&bench.version(2)).await, present(&truth));
    let Ran::Ended { index, .. } = bench.reindex(KEEP).abort(&on).await.unwrap() else { panic!("it is kept") };
    assert_eq!(index, bench.version(2));
    writer.write(vec![remove(3, 2)]).await.remove(0).unwrap();
    truth.insert(3, None);
    assert_eq!(bench.held(&bench.version(2)).await, present(&truth));
    assert_eq!(bench.aliases().await, json!({"-v2": alone()}));
}

pub(crate) async fn aborted_it_leaves_nothing(bench: &Bench) {
    let truth = fill(bench, 30).await;
    for step in [Step::Begun, Step::Doubled, Step::PageCopied, Step::Swapped] {
        let watch = |event: octavo_adapters_elasticsearch::reindex::Event| {
            if event.step == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert!(matches!(run(&bench.reindex(KEEP), &watch).await.unwrap_err(), ReindexError::Stopped));
        bench.reindex(KEEP).abort(&on).await.unwrap();
        assert_eq!(bench.aliases().await, json!({"-v2": alone()}), "{step:?}");
    }
    assert_eq!(bench.held(&bench.version(2)).await, truth);
}

pub(crate) async fn what_is_not_possible_says_so(bench: &Bench) {
    let says = |error: ReindexError, words: &str| {
        assert!(matches!(error, ReindexError::NotNow(_)) && error.to_string().contains(words), "{error}");
    };
    says(run(&bench.reindex(KEEP), &on).await.unwrap_err(), "there is no index");
    fill(bench, 3).await;
    says(bench.reindex(KEEP).roll_back(&on).await.unwrap_err(), "no reindex is under way");
    says(bench.reindex(KEEP).abort(&on).await.unwrap_err(), "no reindex is under way");
    let begun = |_| ControlFlow::Break(());
    assert!(matches!(run(&bench.reindex(KEEP), &begun).await.unwrap_err(), ReindexError::Stopped));
    says(bench.reindex(KEEP).roll_back(&on).await.unwrap_err(), "not read yet");
    says(bench.reindex(KEEP).finish(&on).await.unwrap_err(), "not read");
    ran(&bench.reindex(KEEP)).await;
    says(bench.reindex(KEEP).abort(&on).await.unwrap_err(), "roll back first");
    let state = bench.reindex(KEEP).status().await.unwrap().unwrap();
    assert!(matches!(state.phase, Phase::Kept { .. }) && state.held.is_none(), "{state:?}");
    // Its time is not over: nothing happens.
    assert_eq!(ran(&bench.reindex(KEEP)).await, Ran::Kept(state));
}
