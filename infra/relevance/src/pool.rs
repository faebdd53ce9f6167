//! The best hits of every configuration for every judged query: what there is to be judged.

use crate::collection::Collection;
use crate::judged::Judged;
use octavo_domain_kernel::DocumentId;
use std::collections::BTreeMap;

/// Hits of one configuration that are looked at.
const DEPTH: usize = 8;

/// Prints each query with the pages that some configuration found for it, those not yet graded marked.
pub(crate) fn print(judged: &Judged, collection: &Collection, answers: &[Vec<Vec<DocumentId>>]) {
    for (number, query) in judged.queries.iter().enumerate() {
        println!("\n## {} ({})", query.text, query.kind);
        let mut best: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for answer in answers {
            for (rank, id) in answer[number].iter().take(DEPTH).enumerate() {
                if let Some(item) = collection.item(*id) {
                    let entry = best.entry(&item.name).or_insert((rank, &item.title));
                    entry.0 = entry.0.min(rank);
                }
            }
        }
        let mut pages: Vec<_> = best.into_iter().collect();
        pages.sort_by_key(|(name, (rank, _))| (*rank, *name));
        for (name, (rank, title)) in pages {
            let grade = query.graded.get(name).map_or("-".to_owned(), u8::to_string);
            println!("{grade} {name} [{}] {title}", rank + 1);
        }
    }
}
