//! Finding by meaning: the border holds in both parts, and a fused listing is one listing.
//!
//! An engine without vectors (the OpenSearch that can be had as a library has no kNN) answers by words and says so: each case
//! ends there for it.

use crate::bench::{Bench, id, numbers};
use octavo_domain_search::{
    Degraded, EmbeddingModel, FUSED_EACH, Found, IndexEntry, IndexWrite, Mode, Scope, SearchIndex, SearchQuery,
    SearchRequest, WriteOutcome, embedded_name,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DIMENSIONS: u16 = 64;

/// Vectors of length 1 on a plane: an angle is a meaning, and how near two are is the cosine of their difference.
///
/// Elasticsearch keeps a component in 7 bits between quantiles that it takes from the segment, cutting off what of `n`
/// components is one in `n + 1` at the ends: of two dimensions, a third. A wave moved by the angle has many components, and
/// the same quantiles at every angle, so that a degree or two still tell.
fn at(degrees: f32) -> Vec<f32> {
    let height = (2.0 / f32::from(DIMENSIONS)).sqrt();
    let turn = 360.0 / f32::from(DIMENSIONS);
    (0..DIMENSIONS).map(|i| height * (f32::from(i) * turn - degrees).to_radians().cos()).collect()
}

/// An index of one's own whose vectors are those of [`at`].
fn with_vectors(bench: &Bench) -> Bench {
    let mut fresh = bench.fresh();
    let options = &mut fresh.options;
    options.vectors = Some(EmbeddingModel { name: "angles".to_owned(), dimensions: DIMENSIONS });
    options.similarity_min = 0.5;
    let options = options.clone();
    fresh.reopened(options)
}

fn entry(bench: &Bench, n: u64, title: &str, degrees: f32) -> IndexEntry {
    IndexEntry { vector: Some(at(degrees)), ..bench.entry(n, title, "text") }
}

fn query(request: Value, degrees: f32) -> SearchQuery {
    let request: SearchRequest = serde_json::from_value(request).unwrap();
    let mut query = request.validate().unwrap();
    (query.mode, query.vector) = (Mode::Hybrid, Some(at(degrees)));
    query
}

async fn find(bench: &Bench, scope: &Scope, request: Value, degrees: f32) -> Found {
    bench.index.search(scope, &query(request, degrees)).await.unwrap()
}

/// Whether the engine holds vectors; one that does not says so.
async fn knows_meaning(bench: &Bench) -> bool {
    let found = find(bench, &bench.scope("ada"), json!({"text": "anything"}), 0.0).await;
    assert!(matches!(found.degraded, None | Some(Degraded::IndexWithoutVectors)), "{found:?}");
    found.degraded.is_none()
}

pub(crate) async fn what_means_the_same_is_found_without_its_words(bench: &Bench) {
    let bench = &with_vectors(bench);
    bench
        .put([
            entry(bench, 1, "Automobile", 0.0),
            entry(bench, 2, "Car", 30.0),
            entry(bench, 3, "Banana", 90.0),
            bench.entry(4, "Car without a meaning", "text"),
        ])
        .await;
    let found = find(bench, &bench.scope("ada"), json!({"text": "car"}), 0.0).await;
    if !knows_meaning(bench).await {
        let by_words: BTreeSet<u64> = numbers(&found).into_iter().collect();
        assert_eq!(by_words, BTreeSet::from([2, 4]));
        return;
    }
    // Both lists hold 2; 1 is the nearest, 4 has the word only; 3 is too far from the meaning to be found by it.
    assert_eq!(numbers(&found)[0], 2);
    assert_eq!(numbers(&found).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 4]));
    assert_eq!((found.total.value, found.tolerant, found.degraded), (3, false, None));
    let scores: Vec<f64> = found.hits.iter().map(|hit| hit.score.unwrap()).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    // Words that nothing holds: what is near is found all the same.
    assert_eq!(numbers(&find(bench, &bench.scope("ada"), json!({"text": "vehicle"}), 0.0).await), [1, 2]);
    // The same search by words alone.
    let words: BTreeSet<u64> = bench.numbers(json!({"text": "car"})).await.into_iter().collect();
    assert_eq!(words, BTreeSet::from([2, 4]));
}

pub(crate) async fn the_border_holds_for_meaning_too(bench: &Bench) {
    let bench = &with_vectors(bench);
    let mut shared = entry(bench, 2, "Shared", 20.0);
    (shared.readers, shared.tags) = (vec!["group:legal".parse().unwrap()], vec!["a".to_owned()]);
    let mut others = entry(bench, 3, "Other tenant's", 0.0);
    others.tenant = "somebody-else".parse().unwrap();
    bench.put([entry(bench, 1, "Own", 40.0), shared, others, entry(bench, 4, "Hidden", 30.0)]).await;
    if !knows_meaning(bench).await {
        return;
    }
    let near = |scope: Scope, request: Value| async move { numbers(&find(bench, &scope, request, 0.0).await) };
    let text = || json!({"text": "nowhere"});
    let mut ada = bench.scope("ada");
    assert_eq!(near(ada.clone(), text()).await, [4, 1]);
    ada.hidden = vec![id(4)];
    assert_eq!(near(ada.clone(), text()).await, [1]);
    ada.readers.insert(0, "group:legal".parse().unwrap());
    assert_eq!(near(ada.clone(), text()).await, [2, 1]);
    assert_eq!(near(ada.clone(), json!({"text": "nowhere", "filters": {"tags": {"any": ["a"]}}})).await, [2]);
    assert_eq!(near(ada, json!({"text": "nowhere", "filters": {"owners": ["eve"]}})).await, [0_u64; 0]);
    assert!(near(bench.scope("bob"), text()).await.is_empty());
    let mut stranger = bench.scope("ada");
    stranger.tenant = "nobody-at-all".parse().unwrap();
    assert!(near(stranger, text()).await.is_empty());
}

pub(crate) async fn a_filter_leaves_no_fewer_near_ones(bench: &Bench) {
    let bench = &with_vectors(bench);
    // A thousand nearer ones that ada may not read: what is filtered afterwards would leave nothing.
    let mut secret: Vec<IndexEntry> = (1..=1000).map(|n| entry(bench, n, "Secret", 0.0)).collect();
    secret.iter_mut().for_each(|entry| entry.readers = vec!["user:eve".parse().unwrap()]);
    bench.put(secret).await;
    bench.put((1001..=1005_u16).map(|n| entry(bench, n.into(), "Own", 10.0 * f32::from(n - 1000)))).await;
    if knows_meaning(bench).await {
        let found = find(bench, &bench.scope("ada"), json!({"text": "nowhere"}), 0.0).await;
        assert_eq!(numbers(&found), [1001, 1002, 1003, 1004, 1005]);
        assert_eq!(found.total.value, 5);
    }
}

pub(crate) async fn a_fused_listing_neither_repeats_nor_skips(bench: &Bench) {
    let bench = &with_vectors(bench);
    // More than are fused; a third of them near, and some that are near only.
    let words = u64::from(FUSED_EACH) + 60;
    let mut entries: Vec<IndexEntry> = (1..=words).map(|n| bench.entry(n, "Page", "the same words")).collect();
    for entry in entries.iter_mut().step_by(3) {
        entry.vector = Some(at(20.0));
    }
    entries.extend((1..=10).map(|n| entry(bench, words + n, "Nearest", 0.0)));
    bench.put(entries).await;
    if !knows_meaning(bench).await {
        return;
    }
    for size in [7, 50, 100] {
        let mut query = query(json!({"text": "page", "size": size, "facets": [{"field": "media_type"}]}), 0.0);
        let (mut seen, mut pages) = (Vec::new(), 0);
        loop {
            let found = bench.index.search(&bench.scope("ada"), &query).await.unwrap();
            assert!(found.hits.len() <= size && found.degraded.is_none());
            assert!(found.total.value >= words, "{:?}", found.total);
            assert_eq!(found.facets[0].buckets[0].count, words, "facets are those of the words");
            if pages == 0 && size == 7 {
                // What is high in both lists comes before what is the nearest and no more.
                assert!(numbers(&found).iter().all(|n| n % 3 == 1 && *n <= words), "{:?}", numbers(&found));
            }
            seen.extend(numbers(&found));
            pages += 1;
            assert!(pages < 100, "no end");
            match found.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        let all: BTreeSet<u64> = seen.iter().copied().collect();
        assert_eq!(
            (seen.len(), all),
            (seen.iter().collect::<BTreeSet<_>>().len(), (1..=words + 10).collect()),
            "{size}"
        );
    }
}

pub(crate) async fn without_vectors_a_listing_goes_on_by_words(bench: &Bench) {
    let bench = &with_vectors(bench);
    bench.put((1..=40).map(|n| entry(bench, n, "Page", 1.0))).await;
    let mut query = query(json!({"text": "page", "size": 10}), 0.0);
    let first = bench.index.search(&bench.scope("ada"), &query).await.unwrap();
    // What makes vectors went away between the two.
    (query.after, query.vector) = (first.next.clone(), None);
    let second = bench.index.search(&bench.scope("ada"), &query).await.unwrap();
    assert_eq!((second.hits.len(), second.total.value), (10, 40));
    assert!(second.next.is_some());
}

pub(crate) async fn highlights_and_corrections_are_shown_beside_meaning(bench: &Bench) {
    let bench = &with_vectors(bench);
    bench.put([entry(bench, 1, "The borrow checker", 0.0), entry(bench, 2, "Lifetimes", 20.0)]).await;
    if !knows_meaning(bench).await {
        return;
    }
    let found = find(bench, &bench.scope("ada"), json!({"text": "borrow", "highlight": true}), 0.0).await;
    assert_eq!(numbers(&found), [1, 2]);
    assert_eq!(found.hits[0].highlights.title, ["The <mark>borrow</mark> checker"]);
    assert!(found.hits[1].highlights.title.is_empty());
    let found = find(bench, &bench.scope("ada"), json!({"text": "borow"}), 0.0).await;
    assert_eq!((numbers(&found), found.tolerant), (vec![1, 2], true));
    assert_eq!(found.suggestions, ["borrow"]);
    assert!(found.hits[0].highlights.is_empty());
}

pub(crate) async fn a_vector_is_kept_with_what_it_was_made_of(bench: &Bench) {
    let bench = &with_vectors(bench);
    let made = entry(bench, 1, "One", 30.0);
    let pieces = made.embedded_pieces();
    bench.put([made, bench.entry(2, "Two", "without")]).await;
    let kept = bench.index.vectors(&bench.tenant, &[id(1), id(2), id(3)]).await.unwrap();
    if !knows_meaning(bench).await {
        assert!(kept.is_empty());
        return;
    }
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), [id(1)]);
    assert_eq!(kept[&id(1)].of, embedded_name(&pieces));
    let vector = &kept[&id(1)].vector;
    assert!(vector.iter().zip(at(30.0)).all(|(a, b)| (a - b).abs() < 1e-6), "{vector:?}");
    let other = "somebody-else".parse().unwrap();
    assert!(bench.index.vectors(&other, &[id(1)]).await.unwrap().is_empty());
    // A vector of another length is left out; the document is not.
    let wrong = IndexEntry { vector: Some(vec![1.0]), revision: 2, ..bench.entry(1, "One", "text") };
    assert!(bench.index.write(vec![IndexWrite::Put(Box::new(wrong))]).await.remove(0).is_ok());
}

pub(crate) async fn a_vector_that_was_missed_is_added_to_its_revision(bench: &Bench) {
    let bench = &with_vectors(bench);
    bench.put([bench.entry(1, "One", ""), entry(bench, 2, "Two", 30.0), bench.entry(3, "Three", "")]).await;
    let lacking = async |after: Option<u64>, size: u16| {
        let found = bench.index.unvectored(&bench.tenant, after.map(id), size).await.unwrap();
        (1..=3).filter(|n| found.contains(&id(*n))).collect::<Vec<_>>()
    };
    if !knows_meaning(bench).await {
        assert!(lacking(None, 10).await.is_empty(), "an index without vectors lacks none");
        return;
    }
    assert_eq!(lacking(None, 10).await, [1, 3]);
    assert_eq!(
        (lacking(None, 1).await, lacking(Some(1), 1).await, lacking(Some(3), 1).await),
        (vec![1], vec![3], vec![])
    );
    assert!(bench.index.unvectored(&"somebody-else".parse().unwrap(), None, 10).await.unwrap().is_empty());
    // The same revision again without a vector takes none away; one with a vector adds it, and an older one changes nothing.
    let write = async |entry: IndexEntry| {
        let outcome = bench.index.write(vec![IndexWrite::Put(Box::new(entry))]).await.remove(0).unwrap();
        bench.index.refresh().await.unwrap();
        outcome
    };
    assert_eq!(write(bench.entry(2, "Two", "")).await, WriteOutcome::Superseded);
    assert_eq!(write(entry(bench, 1, "One", 60.0)).await, WriteOutcome::Applied);
    assert_eq!(lacking(None, 10).await, [3]);
    let kept = bench.index.vectors(&bench.tenant, &[id(1), id(2)]).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(write(IndexEntry { revision: 2, ..bench.entry(3, "Three", "") }).await, WriteOutcome::Applied);
    assert_eq!(write(entry(bench, 3, "Three", 90.0)).await, WriteOutcome::Superseded);
    assert_eq!(lacking(None, 10).await, [3]);
}

pub(crate) async fn another_model_is_told_at_once_and_stops_nothing(bench: &Bench) {
    let bench = &with_vectors(bench);
    bench.put([entry(bench, 1, "One", 0.0)]).await;
    bench.index.ensure().await.unwrap();
    if !knows_meaning(bench).await {
        return;
    }
    let mut options = bench.options.clone();
    options.vectors = Some(EmbeddingModel { name: "others".to_owned(), dimensions: 3 });
    let mut later = bench.reopened(options);
    later.tenant = bench.tenant.clone();
    let told = later.index.ensure().await.unwrap_err();
    assert!(!told.is_retryable());
    let told = std::error::Error::source(&told).map_or(told.to_string(), ToString::to_string);
    assert!(told.contains("angles with 64 dimensions") && told.contains("others with 3"), "{told}");
    // Who writes and searches goes on by words.
    later.put([IndexEntry { vector: Some(vec![1.0, 0.0, 0.0]), ..later.entry(2, "Two", "") }]).await;
    let mut query = query(json!({"text": "two"}), 0.0);
    query.vector = Some(vec![1.0, 0.0, 0.0]);
    let found = later.index.search(&later.scope("ada"), &query).await.unwrap();
    assert_eq!((numbers(&found), found.degraded), (vec![2], Some(Degraded::IndexWithoutVectors)));
    // And an index without any is no reason to complain at the start.
    later.options.vectors = None;
    later.reopened(later.options.clone()).index.ensure().await.unwrap();
}
