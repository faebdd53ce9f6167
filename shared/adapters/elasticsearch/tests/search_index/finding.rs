//! What is found, in which order, and what is shown of it.

use crate::bench::{Bench, numbers};
use octavo_adapters_elasticsearch::Analysis;
use octavo_domain_search::{Relation, SearchIndex, SuggestQuery};
use serde_json::json;

pub(crate) async fn the_best_comes_first(bench: &Bench) {
    let filler = "and so on with many other words that say nothing of interest ".repeat(20);
    bench
        .put([
            bench.entry(1, "Cooking", &format!("{filler} ownership {filler}")),
            bench.entry(2, "Ownership", "who owns what"),
            bench.entry(3, "Scattered", &format!("{filler} ownership {filler} rules")),
            bench.entry(4, "Together", &format!("{filler} ownership rules")),
            bench.entry(5, "Unrelated", &filler),
        ])
        .await;
    assert_eq!(bench.numbers(json!({"text": "ownership"})).await[0], 2);
    let both = bench.numbers(json!({"text": "ownership rules"})).await;
    assert_eq!(both, [4, 3]);
}

pub(crate) async fn words_may_be_in_different_fields(bench: &Bench) {
    let mut entry = bench.entry(1, "Quarterly report", "revenue went up");
    entry.tags = vec!["finance".to_owned()];
    entry.headings = vec!["Outlook".to_owned()];
    entry.file_name = Some("q3-numbers.pdf".to_owned());
    bench.put([entry, bench.entry(2, "Quarterly", "nothing else")]).await;
    for text in ["quarterly revenue", "finance revenue", "outlook report", "q3 numbers", "q3-numbers.pdf", "REPORT"] {
        assert_eq!(bench.numbers(json!({"text": text})).await, [1], "{text}");
    }
    // Of three words two are enough, of two both are needed.
    assert_eq!(bench.numbers(json!({"text": "quarterly revenue xylophone"})).await, [1]);
    assert!(bench.numbers(json!({"text": "revenue xylophone"})).await.is_empty());
}

pub(crate) async fn typing_errors_are_tolerated(bench: &Bench) {
    bench.put([bench.entry(1, "The borrow checker", "refuses"), bench.entry(2, "Lifetimes", "of references")]).await;
    let found = bench.find(&bench.scope("ada"), json!({"text": "borow chekcer"})).await;
    assert_eq!((numbers(&found), found.tolerant), (vec![1], true));
    assert_eq!(found.suggestions, ["borrow checker"]);
    assert!(found.hits[0].highlights.is_empty());
    let found = bench.find(&bench.scope("ada"), json!({"text": "refernces", "highlight": true})).await;
    assert_eq!(found.hits[0].highlights.text, ["of <mark>references</mark>"]);
    // What is right is not corrected, and nothing is found that is merely similar.
    let found = bench.find(&bench.scope("ada"), json!({"text": "borrow"})).await;
    assert!(!found.tolerant && found.suggestions.is_empty());
    let found = bench.find(&bench.scope("ada"), json!({"text": "zzzzzzzz"})).await;
    assert!(found.hits.is_empty() && found.suggestions.is_empty());
}

pub(crate) async fn endings_do_not_matter(bench: &Bench) {
    if bench.options.analysis == Analysis::Standard {
        return;
    }
    bench.put([bench.entry(1, "Running the tests", "Ünïcödé naïveté")]).await;
    for text in ["run test", "tests running", "unicode", "NAIVETE", "naïveté"] {
        let found = bench.find(&bench.scope("ada"), json!({"text": text})).await;
        assert_eq!((numbers(&found), found.tolerant), (vec![1], false), "{text}");
    }
}

pub(crate) async fn highlights_are_safe(bench: &Bench) {
    let text = format!("{} <script>alert('pwned')</script> & the needle {}", "hay ".repeat(300), "hay ".repeat(300));
    bench.put([bench.entry(1, "A <b>needle</b>", &text), bench.entry(2, "Only in the title: needle", "nothing")]).await;
    let found = bench.find(&bench.scope("ada"), json!({"text": "needle", "highlight": true, "sort": "created"})).await;
    let highlights = &found.hits[1].highlights;
    assert_eq!(highlights.title, ["A &lt;b&gt;<mark>needle</mark>&lt;/b&gt;"]);
    assert!(highlights.text.len() <= 3 && highlights.text[0].contains("<mark>needle</mark>"), "{highlights:?}");
    for piece in &highlights.text {
        let foreign = piece.replace("<mark>", "").replace("</mark>", "");
        assert!(!foreign.contains('<') && piece.chars().count() < 400, "{piece}");
    }
    // Where the text holds none of the words its beginning is shown.
    assert_eq!(found.hits[0].highlights.text, ["nothing"]);
    let plain = bench.find(&bench.scope("ada"), json!({"text": "needle"})).await;
    assert!(plain.hits.iter().all(|hit| hit.highlights.is_empty()));
}

pub(crate) async fn every_filter_filters(bench: &Bench) {
    let mut one = bench.entry(1, "One", "");
    one.tags = vec!["a".to_owned(), "b".to_owned()];
    let mut two = bench.entry(2, "Two", "");
    two.tags = vec!["b".to_owned(), "With Space".to_owned()];
    two.media_type = "text/html".to_owned();
    let mut three = bench.entry(3, "Three", "");
    three.owner = "bob".parse().unwrap();
    bench.put([one, two, three]).await;
    for (filters, expected) in [
        (json!({"tags": {"any": ["a", "With Space"]}}), vec![2, 1]),
        (json!({"tags": {"all": ["a", "b"]}}), vec![1]),
        (json!({"tags": {"any": ["A"]}}), vec![]),
        (json!({"media_types": ["text/html"]}), vec![2]),
        (json!({"owners": ["bob", "eve"]}), vec![3]),
        (json!({"shared_with_me": true}), vec![3]),
        // Entry n was made n days after the first of January, and a little.
        (json!({"created": {"from": "2026-01-03T00:00:00Z"}}), vec![3, 2]),
        (json!({"created": {"from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z"}}), vec![1]),
        (json!({"updated": {"to": "2026-01-03T00:00:00Z"}}), vec![1]),
        (json!({"tags": {"any": ["b"]}, "media_types": ["text/plain"]}), vec![1]),
    ] {
        assert_eq!(bench.numbers(json!({"filters": filters})).await, expected, "{filters}");
    }
}

pub(crate) async fn facets_count(bench: &Bench) {
    let entries = (1..=40).map(|n| {
        let mut entry = bench.entry(n, "Facet", "");
        entry.tags = vec!["all".to_owned(), format!("third-{}", n % 3)];
        entry
    });
    bench.put(entries).await;
    let facets = json!([
        {"field": "tags", "size": 2},
        {"field": "media_type"},
        {"field": "created"},
        {"field": "updated", "interval": "day", "size": 2}
    ]);
    let found = bench.find(&bench.scope("ada"), json!({"text": "facet", "facets": facets, "size": 1})).await;
    let shown: Vec<Vec<(&str, u64)>> = found
        .facets
        .iter()
        .map(|facet| facet.buckets.iter().map(|bucket| (&bucket.value[..], bucket.count)).collect())
        .collect();
    assert_eq!(shown[0], [("all", 40), ("third-1", 14)]);
    assert_eq!(shown[1], [("text/plain", 40)]);
    assert_eq!(shown[2], [("2026-02-01T00:00:00Z", 10), ("2026-01-01T00:00:00Z", 30)]);
    assert_eq!(shown[3], [("2026-02-10T00:00:00Z", 1), ("2026-02-09T00:00:00Z", 1)]);
    let distinct: Vec<u64> = found.facets.iter().map(|facet| facet.distinct).collect();
    assert_eq!(distinct, [4, 1, 2, 40]);
    assert_eq!((found.hits.len(), found.total.value, found.total.relation), (1, 40, Relation::Exactly));
}

pub(crate) async fn titles_are_completed(bench: &Bench) {
    let titles = ["Borrowing and references", "The borrow checker", "Boring machines", "borrowing and references"];
    bench.put((1..).zip(titles).map(|(n, title)| bench.entry(n, title, "borrowed time"))).await;
    let ada = bench.scope("ada");
    let suggest = |prefix: &str, limit: u16| {
        let query = SuggestQuery { prefix: prefix.to_owned(), limit };
        let ada = &ada;
        async move {
            let titles = bench.index.suggest(ada, &query).await.unwrap();
            let mut titles: Vec<String> = titles.into_iter().map(|title| title.title.to_lowercase()).collect();
            titles.sort();
            titles
        }
    };
    assert_eq!(suggest("checker", 5).await, ["the borrow checker"]);
    assert!(suggest("xyz", 5).await.is_empty());
    if bench.options.analysis == Analysis::Standard {
        return;
    }
    assert_eq!(suggest("borrow", 5).await, ["borrowing and references", "the borrow checker"]);
    assert_eq!(suggest("bo", 5).await.len(), 3);
    assert_eq!(suggest("BORROW ch", 5).await, ["the borrow checker"]);
    assert_eq!(suggest("bo", 1).await.len(), 1);
    // An error is tolerated where nothing begins so.
    assert_eq!(suggest("boprow chec", 5).await, ["the borrow checker"]);
    let long = "a".repeat(30);
    bench.put([bench.entry(9, &format!("{long} word"), "")]).await;
    assert_eq!(suggest(&long, 5).await.len(), 1);
}

pub(crate) async fn nothing_asked_finds_all(bench: &Bench) {
    bench.put([bench.entry(1, "b", ""), bench.entry(2, "A", ""), bench.entry(3, "c", "")]).await;
    assert_eq!(bench.numbers(json!({})).await, [3, 2, 1]);
    assert_eq!(bench.numbers(json!({"sort": "title"})).await, [2, 1, 3]);
    let found = bench.find(&bench.scope("ada"), json!({"size": 1})).await;
    let hit = &found.hits[0];
    let entry = bench.entry(3, "c", "");
    assert_eq!((hit.created_at, hit.updated_at, hit.size, hit.revision), (entry.created_at, entry.updated_at, 3, 1));
    assert_eq!((&hit.owner[..], &hit.media_type[..], hit.file_name.as_deref()), ("ada", "text/plain", None));
}
