//! Queries whose answers a person judged (`judged.json`).

use crate::collection::Collection;
use crate::indexed::Asked;
use crate::measure::ndcg;
use anyhow::{Context, bail};
use octavo_domain_kernel::DocumentId;
use octavo_domain_search::Alternative;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judged {
    /// What is searched, and how its judgements were made.
    #[serde(rename = "about")]
    _about: Vec<String>,
    /// What a tenant might say of its words: `of` may be said as `is`.
    pub(crate) synonyms: Vec<Alternative>,
    pub(crate) queries: Vec<JudgedQuery>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgedQuery {
    pub(crate) text: String,
    pub(crate) kind: String,
    /// Pages by name: 3 answers it, 2 answers most of it, 1 is about it. What is not named is 0.
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
                if !(1..=3).contains(grade) {
                    bail!("{:?} grades {page} with {grade}", query.text);
                }
            }
        }
        Ok(judged)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.queries.iter().map(|query| Asked { text: query.text.clone(), alternatives: Vec::new() }).collect()
    }

    /// With what the tenant may say otherwise.
    pub(crate) fn asked_with_synonyms(&self) -> Vec<Asked> {
        self.queries
            .iter()
            .map(|query| {
                let padded = format!(" {} ", query.text.to_lowercase());
                let said = |one: &&Alternative| padded.contains(&format!(" {} ", one.of));
                Asked { text: query.text.clone(), alternatives: self.synonyms.iter().filter(said).cloned().collect() }
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
}
