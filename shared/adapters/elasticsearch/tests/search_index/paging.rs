//! Page after page.

use crate::bench::{Bench, numbers};
use octavo_domain_search::{SearchIndex, SearchRequest};
use serde_json::{Value, json};

async fn all_pages(bench: &Bench, request: Value, before: u32) -> Vec<u64> {
    let request: SearchRequest = serde_json::from_value(request).unwrap();
    let mut query = request.validate().unwrap();
    let mut seen = Vec::new();
    // One more than there can be: an endless listing fails.
    for _ in 0..100 {
        let found = bench.index.search(&bench.scope("ada"), &query).await.unwrap();
        assert_eq!(found.total.value, 31);
        seen.extend(numbers(&found));
        match found.next {
            Some(mut next) => {
                next.seen += before;
                query.after = Some(next);
            }
            None => return seen,
        }
    }
    panic!("no end");
}

pub(crate) async fn pages_neither_repeat_nor_skip(bench: &Bench) {
    // An index of its own: what others write moves the scores.
    let bench = &bench.fresh();
    // Many equal scores, titles and times: only the id tells them apart.
    let entries = (1..=31).map(|n| {
        let mut entry = bench.entry(n, if n % 2 == 0 { "Even page" } else { "odd page" }, "same words");
        entry.updated_at = bench.entry(n % 3, "", "").updated_at;
        entry
    });
    bench.put(entries).await;
    for sort in ["relevance", "updated", "created", "title"] {
        for size in [1, 4, 31, 100] {
            let mut seen = all_pages(bench, json!({"text": "page", "sort": sort, "size": size}), 0).await;
            if sort == "created" {
                assert_eq!(seen, (1..=31).rev().collect::<Vec<_>>());
            }
            if sort == "title" {
                assert_eq!(seen[..15], (1..=15).map(|n| n * 2).collect::<Vec<u64>>());
            }
            seen.sort_unstable();
            assert_eq!(seen, (1..=31).collect::<Vec<_>>(), "{sort} {size}");
        }
    }
    // As if it were deeper than the engine counts.
    let mut seen = all_pages(bench, json!({"text": "page", "size": 4}), 10_000).await;
    seen.sort_unstable();
    assert_eq!(seen, (1..=31).collect::<Vec<_>>());
}

pub(crate) async fn a_page_after_typing_errors_goes_on(bench: &Bench) {
    let bench = &bench.fresh();
    bench.put((1..=31).map(|n| bench.entry(n, "Parliament", "session"))).await;
    let mut seen = all_pages(bench, json!({"text": "parlament", "size": 10}), 0).await;
    seen.sort_unstable();
    assert_eq!(seen, (1..=31).collect::<Vec<_>>());
}

pub(crate) async fn the_first_of_many_are_the_first(bench: &Bench) {
    // In one shard, where all are equally good.
    let bench = &bench.in_one_shard();
    // In an order of their own, so that the best come late and early.
    let entries = (0..400).map(|n| (n * 149) % 400 + 1).map(|n| {
        let mut entry = bench.entry(n, &format!("Page {:03}", 401 - n), "same words");
        entry.updated_at = bench.entry(1, "", "").updated_at;
        entry
    });
    bench.put(entries).await;
    for (sort, first) in [
        // Equally good and equally old: by id.
        ("relevance", [1, 2, 3, 4]),
        ("updated", [1, 2, 3, 4]),
        ("created", [400, 399, 398, 397]),
        ("title", [400, 399, 398, 397]),
    ] {
        let request = json!({"text": "same words", "sort": sort, "size": 4});
        let found = bench.find(&bench.scope("ada"), request).await;
        assert_eq!((numbers(&found), found.total.value), (first.to_vec(), 400), "{sort}");
    }
}
