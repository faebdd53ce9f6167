//! Queries whose answers were judged by reading (`judged.json`, `development.json`, `held_out.json`).
//!
//! The scale is that of `infra/relevance/README.md`: it is said there once, for whoever judges.

use crate::collection::Collection;
use crate::indexed::Asked;
use crate::measure::ndcg;
use anyhow::{Context, bail};
use octavo_domain_kernel::DocumentId;
use octavo_domain_search::Alternative;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// The grade of a page that answers a query fully.
const GRADE_MAX: u8 = 3;

/// A file of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    /// What is searched, and how its judgements were made.
    #[serde(rename = "about")]
    _about: Vec<String>,
    /// What a tenant might say of its words: `of` may be said as `is`.
    #[serde(default)]
    pub(crate) synonyms: Vec<Alternative>,
    pub(crate) queries: Vec<JudgedQuery>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgedQuery {
    pub(crate) text: String,
    pub(crate) kind: String,
    /// What whoever types it is taken to want: grades are for this.
    #[serde(rename = "wants")]
    _wants: String,
    /// Pages by name, 0 to 3. What is not named was not read, and counts as 0.
    pub(crate) graded: BTreeMap<String, u8>,
}

impl Judged {
    /// Reads the file; whatever it names must be in the collection.
    pub(crate) fn load(path: &Path, collection: &Collection) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let judged: Self = serde_json::from_slice(&bytes).with_context(|| format!("{}", path.display()))?;
        for query in &judged.queries {
            for (page, grade) in &query.graded {
                if collection.id(page).is_none() {
                    bail!("{:?} names {page}, which is not in the collection", query.text);
                }
                if *grade > GRADE_MAX {
                    bail!("{:?} grades {page} with {grade}", query.text);
                }
            }
        }
        Ok(judged)
    }

    /// Queries that stand in both files: what is held out must be asked of nobody who tunes.
    pub(crate) fn shared_with<'a>(&'a self, other: &Self) -> Vec<&'a str> {
        let told: HashSet<String> = other.queries.iter().map(|query| query.text.to_lowercase()).collect();
        self.queries
            .iter()
            .map(|query| query.text.as_str())
            .filter(|text| told.contains(&text.to_lowercase()))
            .collect()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.queries.iter().map(|query| Asked { text: query.text.clone(), alternatives: Vec::new() }).collect()
    }

    /// With what a tenant of these `synonyms` may say otherwise.
    pub(crate) fn asked_with(&self, synonyms: &[Alternative]) -> Vec<Asked> {
        self.queries
            .iter()
            .map(|query| {
                let padded = format!(" {} ", query.text.to_lowercase());
                let said = |one: &&Alternative| padded.contains(&format!(" {} ", one.of));
                Asked { text: query.text.clone(), alternatives: synonyms.iter().filter(said).cloned().collect() }
            })
            .collect()
    }

    /// The nDCG@10 of each query.
    pub(crate) fn figures(&self, collection: &Collection, answers: &[Vec<DocumentId>]) -> Vec<f64> {
        self.queries
            .iter()
            .zip(answers)
            .map(|(query, hits)| {
                let grade = |id: &DocumentId| {
                    collection.item(*id).and_then(|item| query.graded.get(&item.name)).copied().unwrap_or(0)
                };
                let grades: Vec<u8> = hits.iter().map(grade).collect();
                let all: Vec<u8> = query.graded.values().copied().collect();
                ndcg(&grades, &all)
            })
            .collect()
    }

    /// Of the `answers`, hits that nobody read for their query: with many of them a figure says less than it seems to.
    pub(crate) fn unread(&self, collection: &Collection, answers: &[Vec<DocumentId>]) -> usize {
        let read = |query: &JudgedQuery, id: &DocumentId| {
            collection.item(*id).is_some_and(|item| query.graded.contains_key(&item.name))
        };
        let hits = |(query, hits): (&JudgedQuery, &Vec<DocumentId>)| hits.iter().filter(|id| !read(query, id)).count();
        self.queries.iter().zip(answers).map(hits).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::Item;
    use chrono::DateTime;

    fn file(name: &str) -> Judged {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn collection(names: &[&str]) -> Collection {
        let item = |name: &&str| Item {
            name: (*name).to_owned(),
            title: String::new(),
            text: String::new(),
            file_name: String::new(),
            updated_at: DateTime::UNIX_EPOCH,
        };
        Collection::new("pages", names.iter().map(item).collect())
    }

    fn judged(graded: &str) -> Judged {
        let query = r#"{"text": "locks", "kind": "one word", "wants": "to know them", "graded": "#;
        serde_json::from_str(&format!(r#"{{"about": [], "queries": [{query}{graded}}}]}}"#)).unwrap()
    }

    #[test]
    fn enough_is_held_out_and_none_of_it_is_tuned_on() {
        let (tuned, development, held_out) = (file("judged.json"), file("development.json"), file("held_out.json"));
        assert!(tuned.queries.len() >= 40 && held_out.queries.len() >= 60);
        assert_eq!(held_out.shared_with(&tuned), Vec::<&str>::new());
        assert_eq!(held_out.shared_with(&development), Vec::<&str>::new());
        assert_eq!(tuned.shared_with(&tuned).len(), tuned.queries.len());
    }

    #[test]
    fn every_query_has_an_answer() {
        let files = ["judged.json", "development.json", "held_out.json"].map(file);
        for query in files.iter().flat_map(|file| &file.queries) {
            let best = query.graded.values().max().copied().unwrap_or(0);
            assert!(best >= 2, "nothing answers {:?}", query.text);
        }
    }

    #[test]
    fn what_nobody_read_counts_as_nothing_and_is_told() {
        let collection = collection(&["a", "b", "c"]);
        let judged = judged(r#"{"a": 3, "b": 0}"#);
        let id = |name| collection.id(name).unwrap();
        let answers = [vec![id("c"), id("b"), id("a")]];
        assert_eq!(judged.unread(&collection, &answers), 1);
        assert_eq!(judged.figures(&collection, &answers), [0.5]);
    }
}
