//! The documents and their edits, each at its day.

use super::bundle::{Body, Paper};
use super::client::{Platform, list};
use super::company::PEOPLE;
use super::dates::{dated, moment};
use super::dice::Dice;
use super::past::{Past, Sent, media_type};
use anyhow::Context;
use chrono::{DateTime, SubsecRound, Utc};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The fields of a document's metadata that say which of ours it is, and when the first filling was.
const NAME: &str = "demo";
const EPOCH: &str = "demo_since";
/// Documents of a page when what is there is looked for.
const PAGE: usize = 100;

/// What there is.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) version: u64,
    revision: i64,
    /// Somebody has deleted it, and it stays so.
    pub(super) deleted: bool,
}

/// The documents of the demonstration by their names, and when they were first made.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) known: BTreeMap<String, Known>,
    epoch: Option<DateTime<Utc>>,
    /// How many documents and edits this filling made.
    pub(super) made: usize,
}

impl Shelf {
    /// When the demonstration was filled first: all its days are told from then on.
    pub(super) fn epoch(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.epoch.unwrap_or_else(|| now.trunc_subsecs(0))
    }

    /// A document that is there to be used.
    pub(super) fn id(&self, name: &str) -> Option<&str> {
        self.known.get(name).filter(|known| !known.deleted).map(|known| known.id.as_str())
    }

    /// What is there already.
    pub(super) async fn look(platform: &Platform) -> anyhow::Result<Self> {
        let mut shelf = Self::default();
        for colleague in &PEOPLE {
            let person = platform.person(colleague.user)?;
            for deleted in [false, true] {
                let mut cursor = String::new();
                loop {
                    let path = format!("/v1/documents?owner={}&deleted={deleted}&limit={PAGE}{cursor}", colleague.user);
                    let page = person.get(&path).await?.good()?;
                    list(&page, "documents").for_each(|document| shelf.take(document));
                    let Some(next) = page["next_cursor"].as_str() else { break };
                    cursor = format!("&cursor={next}");
                }
            }
        }
        Ok(shelf)
    }

    fn take(&mut self, document: &Value) {
        let metadata = &document["metadata"];
        let (Some(name), Some(id)) = (metadata[NAME].as_str(), document["id"].as_str()) else { return };
        if let Some(epoch) = metadata[EPOCH].as_str().and_then(|text| text.parse().ok()) {
            self.epoch = Some(epoch);
        }
        let known = Known {
            id: id.to_owned(),
            owner: document["owner"].as_str().unwrap_or_default().to_owned(),
            version: document["version"].as_u64().unwrap_or(1),
            revision: document["revision"].as_i64().unwrap_or(1),
            deleted: document["deleted_at"].is_string(),
        };
        self.known.insert(name.to_owned(), known);
    }

    /// Makes what is missing, in the order in which it was written.
    pub(super) async fn fill(&mut self, past: &Past, papers: &[Paper], epoch: DateTime<Utc>) -> anyhow::Result<()> {
        let mut acts: Vec<(DateTime<Utc>, &Paper, usize)> = papers
            .iter()
            .flat_map(|paper| {
                let days = std::iter::once(paper.ago).chain(paper.edits.iter().map(|edit| edit.ago));
                days.enumerate().map(move |(edit, ago)| {
                    let lot = Dice::new(&format!("{} {edit}", paper.name)).any();
                    (moment(epoch, ago, lot), paper, edit)
                })
            })
            .collect();
        acts.sort_by_key(|(at, ..)| *at);
        for (at, paper, edit) in acts {
            let made = match edit {
                0 => self.make(past, paper, at, epoch).await,
                edit => self.edit(past, paper, edit, at, epoch).await,
            };
            made.with_context(|| paper.name.to_owned())?;
        }
        Ok(())
    }

    async fn make(
        &mut self,
        past: &Past,
        paper: &Paper,
        at: DateTime<Utc>,
        epoch: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        if self.known.contains_key(paper.name) {
            return Ok(());
        }
        let text;
        let bytes = match paper.body {
            Body::Bytes(bytes) => bytes,
            Body::Text(_) => {
                text = dated(&paper.text(0)?, epoch);
                text.as_bytes()
            }
        };
        let shares: Vec<Value> =
            paper.shares.iter().map(|(reader, role)| json!({ "reader": reader, "role": role })).collect();
        let metadata = json!({ NAME: paper.name, EPOCH: epoch });
        let mut fields = vec![("title", paper.title.to_owned()), ("metadata", metadata.to_string())];
        fields.extend(paper.tags.iter().map(|tag| ("tags", (*tag).to_owned())));
        fields.push(("shares", json!(shares).to_string()));
        let form = Sent::Form { fields, file: (paper.name, bytes) };
        let made = past.ask(paper.owner, at, Method::POST, "/v1/documents", form).await?;
        self.take(&made);
        self.made += 1;
        Ok(())
    }

    async fn edit(
        &mut self,
        past: &Past,
        paper: &Paper,
        edit: usize,
        at: DateTime<Utc>,
        epoch: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let known = self.known.get(paper.name).context("it was not made")?;
        if known.deleted || known.version > edit as u64 {
            return Ok(());
        }
        let bytes = dated(&paper.text(edit)?, epoch).into_bytes();
        let content = Sent::Content { media_type: media_type(paper.name), bytes, revision: known.revision };
        let by = paper.edits[edit - 1].by;
        let made = past.ask(by, at, Method::PUT, &format!("/v1/documents/{}/content", known.id), content).await?;
        self.take(&made);
        self.made += 1;
        Ok(())
    }
}
