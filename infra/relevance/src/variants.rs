//! The configurations that are compared: all of the ranking, and all of it but one.

use octavo_adapters_elasticsearch::Ranking;

/// A configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variant {
    /// As it stands in the table.
    pub(crate) name: &'static str,
    pub(crate) ranking: Ranking,
}

/// All of it.
pub(crate) const WHOLE: &str = "all of it";

/// The whole ranking first; then, unless `short`, each feature switched off.
pub(crate) fn variants(short: bool) -> Vec<Variant> {
    let all = Ranking::default();
    let mut variants = vec![Variant { name: WHOLE, ranking: all }];
    if !short {
        variants.extend([
            Variant { name: "without fields", ranking: Ranking { fields: false, ..all } },
            Variant { name: "without boosts", ranking: Ranking { boosts: false, ..all } },
            Variant { name: "without phrases", ranking: Ranking { phrases: false, ..all } },
            Variant { name: "without beginnings", ranking: Ranking { beginnings: false, ..all } },
            Variant { name: "without stemming", ranking: Ranking { stemming: false, ..all } },
            Variant { name: "without language", ranking: Ranking { language: false, ..all } },
            Variant { name: "without recency", ranking: Ranking { recency: false, ..all } },
            Variant { name: "without tolerance", ranking: Ranking { tolerance: false, ..all } },
        ]);
    }
    variants
}

/// Configurations with the same letter share an index: the others differ in the query only.
pub(crate) fn index_name(ranking: &Ranking) -> String {
    format!("relevance-s{}-l{}", u8::from(ranking.stemming), u8::from(ranking.language))
}
