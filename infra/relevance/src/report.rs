//! The table.

use crate::measure::KnownItems;
use serde::{Deserialize, Serialize};

/// The figures of one configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) name: String,
    pub(crate) known: KnownItems,
    pub(crate) mistyped: KnownItems,
    pub(crate) translated: KnownItems,
    /// The mean nDCG@10.
    pub(crate) judged: f64,
}

/// Those that are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) known_mrr: f64,
    pub(crate) known_ndcg: f64,
    pub(crate) known_first: f64,
    pub(crate) mistyped_mrr: f64,
    pub(crate) translated_mrr: f64,
    pub(crate) judged_ndcg: f64,
}

impl Figures {
    pub(crate) fn kept(&self) -> Kept {
        let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
        Kept {
            known_mrr: rounded(self.known.mrr),
            known_ndcg: rounded(self.known.ndcg),
            known_first: rounded(self.known.first),
            mistyped_mrr: rounded(self.mistyped.mrr),
            translated_mrr: rounded(self.translated.mrr),
            judged_ndcg: rounded(self.judged),
        }
    }
}

impl Kept {
    /// Each figure with its name.
    pub(crate) fn each(&self) -> [(&'static str, f64); 6] {
        [
            ("known_mrr", self.known_mrr),
            ("known_ndcg", self.known_ndcg),
            ("known_first", self.known_first),
            ("mistyped_mrr", self.mistyped_mrr),
            ("translated_mrr", self.translated_mrr),
            ("judged_ndcg", self.judged_ndcg),
        ]
    }
}

/// Prints a row a configuration, as Markdown.
pub(crate) fn print(rows: &[Figures]) {
    println!("| | known items: MRR@10 | nDCG@10 | hit@1 | mistyped: MRR@10 | translated: MRR@10 | judged: nDCG@10 |");
    println!("|---|---|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            row.name, row.known.mrr, row.known.ndcg, row.known.first, row.mistyped.mrr, row.translated.mrr, row.judged
        );
    }
}
