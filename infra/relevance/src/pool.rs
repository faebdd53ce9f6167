//! The best hits of every configuration for every judged query: what there is to be judged.

use crate::collection::Collection;
use crate::judged::Judged;
use crate::measure::DEPTH;
use octavo_domain_kernel::DocumentId;
use std::collections::BTreeMap;

/// Prints each query with the pages that some configuration found for it, those not yet graded marked; by name, so that
/// whoever judges does not see who found them or how early.
pub(crate) fn print(judged: &Judged, collection: &Collection, answers: &[Vec<Vec<DocumentId>>]) {
    for (number, query) in judged.queries.iter().enumerate() {
        println!("\n## {} ({})", query.text, query.kind);
        let found = answers.iter().flat_map(|answer| answer[number].iter().take(DEPTH));
        let pages: BTreeMap<&str, &str> =
            found.filter_map(|id| collection.item(*id)).map(|item| (item.name.as_str(), item.title.as_str())).collect();
        for (name, title) in pages {
            let grade = query.graded.get(name).map_or("-".to_owned(), u8::to_string);
            println!("{grade} {name} {title}");
        }
    }
}
