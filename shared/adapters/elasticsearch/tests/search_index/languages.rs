//! Texts in their own languages, and what may be said otherwise.

use crate::bench::{Bench, numbers};
use chrono::{DateTime, Utc};
use octavo_adapters_elasticsearch::Analysis;
use octavo_domain_search::{Alternative, Found, IndexEntry, Language, SearchIndex, SearchRequest};
use serde_json::{Value, json};
use std::time::SystemTime;

fn entry(bench: &Bench, n: u64, language: Language, title: &str, text: &str) -> IndexEntry {
    IndexEntry { language: Some(language), ..bench.entry(n, title, text) }
}

pub(crate) async fn endings_are_those_of_the_language(bench: &Bench) {
    bench
        .put([
            entry(
                bench,
                1,
                Language::German,
                "Kündigungen",
                "Die Häuser werden von den Mietern gekündigt; größere Straßen.",
            ),
            entry(bench, 2, Language::French, "L'avenant", "Les contrats sont résiliés par l'avocat des locataires."),
            entry(bench, 3, Language::Spanish, "Contratos", "Los inquilinos rescinden sus contratos antes de tiempo."),
            entry(bench, 4, Language::English, "Agreements", "The tenants are ending their agreements early."),
        ])
        .await;
    // Each is found by words as they stand, whatever its language.
    for (text, n) in [("Häuser", 1), ("contrats", 2), ("inquilinos", 3), ("tenants", 4), ("Kündigungen", 1)] {
        assert_eq!(bench.numbers(json!({"text": text})).await, [n], "{text}");
    }
    if bench.options.analysis == Analysis::Standard {
        return;
    }
    for (text, n) in [
        ("Mieter", 1),
        ("haeuser", 1),
        ("strasse", 1),
        ("Kündigung", 1),
        ("avocat", 2),
        ("locataire", 2),
        ("avenant", 2),
        ("inquilino", 3),
        ("contrato", 3),
        ("agreement", 4),
    ] {
        let found = bench.find(&bench.scope("ada"), json!({"text": text, "highlight": true})).await;
        assert_eq!((numbers(&found), found.tolerant), (vec![n], false), "{text}");
        let highlights = &found.hits[0].highlights;
        let marked = [&highlights.title, &highlights.text].into_iter().flatten().any(|piece| piece.contains("<mark>"));
        assert!(marked, "{text}: {highlights:?}");
    }
}

pub(crate) async fn a_text_without_a_language_is_found_too(bench: &Bench) {
    let german = "Die Verträge werden gekündigt";
    bench.put([bench.entry(1, "Ohne", german), entry(bench, 2, Language::German, "Mit", german)]).await;
    let mut both = bench.numbers(json!({"text": "Verträge gekündigt"})).await;
    both.sort_unstable();
    assert_eq!(both, [1, 2]);
    // A later version may be in another language: the earlier field is gone.
    let mut english = entry(bench, 2, Language::English, "With", "the agreements are ended");
    english.revision = 2;
    bench.put([english]).await;
    assert_eq!(bench.numbers(json!({"text": "Verträge"})).await, [1]);
}

pub(crate) async fn errors_are_tolerated_in_every_language(bench: &Bench) {
    bench.put([entry(bench, 1, Language::German, "Vertrag", "über die Grundstücksverwaltung")]).await;
    let found = bench.find(&bench.scope("ada"), json!({"text": "Grundstücksverwatlung"})).await;
    assert_eq!((numbers(&found), found.tolerant), (vec![1], true));
    assert_eq!(found.suggestions, ["grundstücksverwaltung"]);
}

async fn find(bench: &Bench, request: Value, alternatives: &[(&str, &str)]) -> Found {
    let request: SearchRequest = serde_json::from_value(request).unwrap();
    let mut query = request.validate().unwrap();
    let alternative = |(of, is): &(&str, &str)| Alternative { of: (*of).to_owned(), is: (*is).to_owned() };
    query.alternatives = alternatives.iter().map(alternative).collect();
    bench.index.search(&bench.scope("ada"), &query).await.unwrap()
}

pub(crate) async fn errors_are_not_tolerated_where_nobody_wants_it(bench: &Bench) {
    bench.put([bench.entry(1, "Borrowing", "what is lent")]).await;
    let request: SearchRequest = serde_json::from_value(json!({"text": "borowing"})).unwrap();
    let mut query = request.validate().unwrap();
    for exact in [false, true] {
        query.exact = exact;
        let found = bench.index.search(&bench.scope("ada"), &query).await.unwrap();
        assert_eq!((found.hits.len(), found.tolerant), if exact { (0, false) } else { (1, true) });
    }
}

pub(crate) async fn what_is_said_otherwise_is_found(bench: &Bench) {
    bench
        .put([
            bench.entry(1, "Cars", "A car for the office"),
            bench.entry(2, "Automobile", "An automobile for the office"),
            bench.entry(3, "Office in NYC", "the city that never sleeps"),
            bench.entry(4, "Clusters", "of container orchestration and more"),
            bench.entry(5, "Orchestration", "of an orchestra; a container of instruments"),
        ])
        .await;
    let cars = [("car", "automobile")];
    // What was said comes before what means the same.
    assert_eq!(numbers(&find(bench, json!({"text": "car"}), &cars).await), [1, 2]);
    assert_eq!(numbers(&find(bench, json!({"text": "car"}), &[]).await), [1]);
    // The other word counts as the one that was asked for: both words are there.
    assert_eq!(numbers(&find(bench, json!({"text": "Car office"}), &cars).await), [1, 2]);
    // Several words are one thing to say, each way.
    let city = [("new york", "nyc")];
    assert_eq!(numbers(&find(bench, json!({"text": "New York office"}), &city).await), [3]);
    assert!(
        find(bench, json!({"text": "york new office"}), &city)
            .await
            .hits
            .iter()
            .all(|hit| hit.title != "Office in NYC")
    );
    let containers = [("k8s", "container orchestration")];
    assert_eq!(numbers(&find(bench, json!({"text": "k8s"}), &containers).await), [4]);
    let found = find(bench, json!({"text": "k8s", "highlight": true}), &containers).await;
    assert!(found.hits[0].highlights.text[0].contains("<mark>"), "{found:?}");
    assert!(!found.tolerant && found.suggestions.is_empty());
}

pub(crate) async fn equals_are_ordered_by_their_age(bench: &Bench) {
    let bench = &bench.in_one_shard();
    let aged = |n: u64, updated_at: DateTime<Utc>, title: &str, text: &str| IndexEntry {
        updated_at,
        ..bench.entry(n, title, text)
    };
    #[expect(clippy::disallowed_methods, reason = "the engine's own clock says how old something is")]
    let (old, new) = (DateTime::UNIX_EPOCH, SystemTime::now().into());
    let both = "we spoke of travel and of expenses and of much else besides";
    bench
        .put([
            aged(1, old, "Travel expenses", "what the company pays"),
            aged(2, new, "Travel expenses", "what the company pays"),
            aged(3, new, "Meeting notes", both),
        ])
        .await;
    // A better hit stays better, however old it is.
    assert_eq!(bench.numbers(json!({"text": "travel expenses"})).await, [2, 1, 3]);
    // Their age alone made the difference: without it equals come by their ids.
    let mut options = bench.options.clone();
    options.ranking.recency = false;
    let mut ageless = bench.reopened(options);
    ageless.tenant = bench.tenant.clone();
    assert_eq!(ageless.numbers(json!({"text": "travel expenses"})).await, [1, 2, 3]);
}
