//! How long the engine takes while somebody types.

use crate::collection::Collection;
use crate::indexed::{Indexed, scope};
use octavo_domain_search::{SearchIndex, SuggestQuery};
use std::time::Instant;

/// Titles that are typed.
const TITLES: usize = 200;
/// Letters of each that are typed one by one.
const LETTERS: usize = 6;
/// Completions asked for.
const LIMIT: u16 = 5;

/// Milliseconds of a completion through the adapter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) documents: usize,
    pub(crate) asked: usize,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Types titles of the collection letter by letter, one after the other.
pub(crate) async fn suggestions(indexed: &Indexed, collection: &Collection) -> anyhow::Result<Latency> {
    let scope = scope(collection)?;
    let mut took = Vec::new();
    for number in 0..TITLES {
        let title = &collection.items[number * collection.items.len() / TITLES].title;
        for letters in 1..=LETTERS {
            let prefix: String = title.chars().take(letters).collect();
            let prefix = prefix.trim().to_owned();
            if prefix.is_empty() {
                continue;
            }
            let began = Instant::now();
            indexed.index.suggest(&scope, &SuggestQuery { prefix, limit: LIMIT }).await?;
            took.push(began.elapsed().as_secs_f64() * 1000.0);
        }
    }
    took.sort_by(f64::total_cmp);
    let at = |part: usize| took.get(took.len().saturating_sub(1) * part / 100).copied().unwrap_or_default();
    Ok(Latency { documents: collection.items.len(), asked: took.len(), p50: at(50), p99: at(99) })
}
