//! The table.

use crate::measure::{KnownItems, difference, mean};
use serde::{Deserialize, Serialize};

/// The row of the whole ranking; plain BM25 is the first.
const WHOLE_ROW: usize = 1;

/// The figures of one configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) name: String,
    pub(crate) known: KnownItems,
    pub(crate) mistyped: KnownItems,
    pub(crate) translated: KnownItems,
    /// The mean nDCG@10 of the queries that weights were tuned on.
    pub(crate) judged: f64,
    /// That of the queries that were looked at while the query was designed, and by which no weight was chosen.
    pub(crate) development: f64,
    /// That of the queries that nothing was tuned on.
    pub(crate) held_out: f64,
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
    pub(crate) development_ndcg: f64,
    pub(crate) held_out_ndcg: f64,
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
            development_ndcg: rounded(self.development),
            held_out_ndcg: rounded(self.held_out),
        }
    }
}

impl Kept {
    /// Each figure with its name.
    pub(crate) fn each(&self) -> [(&'static str, f64); 8] {
        [
            ("known_mrr", self.known_mrr),
            ("known_ndcg", self.known_ndcg),
            ("known_first", self.known_first),
            ("mistyped_mrr", self.mistyped_mrr),
            ("translated_mrr", self.translated_mrr),
            ("judged_ndcg", self.judged_ndcg),
            ("development_ndcg", self.development_ndcg),
            ("held_out_ndcg", self.held_out_ndcg),
        ]
    }
}

/// Prints a row a configuration, as Markdown.
pub(crate) fn print(rows: &[Figures]) {
    println!(
        "| | known items: MRR@10 | nDCG@10 | hit@1 | mistyped: MRR@10 | translated: MRR@10 | judged: nDCG@10 | development | held out |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            row.name,
            row.known.mrr,
            row.known.ndcg,
            row.known.first,
            row.mistyped.mrr,
            row.translated.mrr,
            row.judged,
            row.development,
            row.held_out
        );
    }
}

/// Prints what all of the ranking has over each other row: `figures` are those of the rows, query by query, those of the
/// whole second.
pub(crate) fn against_whole(rows: &[Figures], figures: &[Vec<f64>]) {
    println!("| all of it against | better by | standard error | queries better | worse |");
    println!("|---|---|---|---|---|");
    for (number, (row, other)) in rows.iter().zip(figures).enumerate() {
        if number != WHOLE_ROW {
            let found = difference(other, &figures[WHOLE_ROW]);
            println!("| {} | {:+.3} | {:.3} | {} | {} |", row.name, found.mean, found.error, found.better, found.worse);
        }
    }
}

/// Prints the figures by the kind of query, in the order in which kinds first come.
pub(crate) fn by_kind(rows: &[Figures], kinds: &[&str], figures: &[Vec<f64>]) {
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    println!("\n| kind | queries | {} |", names.join(" | "));
    println!("|{}", "---|".repeat(names.len() + 2));
    let mut told: Vec<&str> = Vec::new();
    for kind in kinds {
        if told.contains(kind) {
            continue;
        }
        told.push(kind);
        let count = kinds.iter().filter(|other| *other == kind).count();
        print!("| {kind} | {count} |");
        for each in figures {
            let of: Vec<f64> =
                each.iter().zip(kinds).filter(|(_, other)| *other == kind).map(|(figure, _)| *figure).collect();
            print!(" {:.3} |", mean(&of));
        }
        println!();
    }
}
