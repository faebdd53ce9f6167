//! What a comparison found.

use crate::reindex::Place;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a document of the index differs from the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It is not in the index.
    Missing,
    /// It is in the index alone, or was deleted.
    Extra,
    /// The index has an earlier revision.
    Older,
    /// The index has a later revision than the database: one of them is not of this platform, or was restored. Not mended.
    Newer,
    /// The same revision, for other readers.
    Readers,
    /// The same revision for the same readers, and says something else.
    Content,
    /// What is to be indexed of it is not in object storage. Not mended.
    TextMissing,
    /// Something in the index that is no document of this platform. Not mended.
    Foreign,
    /// It has no vector of the settings' model. Mended later, by the `index` function.
    Unvectored,
}

/// Documents that differ in one way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// How many.
    pub count: u64,
    /// The engine's ids of the first of them.
    pub ids: Vec<String>,
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Living documents of the database.
    pub documents: u64,
    /// Tenants that have any.
    pub tenants: u64,
    /// Of these documents, how many were compared in full.
    pub in_full: u64,
    /// False where so much differs that the rest was not looked at.
    pub complete: bool,
    /// What differs, after mending where that was asked for.
    pub differing: BTreeMap<Difference, Found>,
    /// Documents that were sent again, or removed, and are as they must be now.
    pub mended: u64,
    /// Tenants whose missing vectors were asked for.
    pub vectors_asked: u64,
    /// Why missing vectors were not looked for, where the settings name a model.
    pub vectors_unknown: Option<String>,
}

impl Report {
    /// Whether the index holds what the database holds, as far as was looked.
    pub fn agrees(&self) -> bool {
        self.complete && self.differing.is_empty()
    }

    pub(super) fn add(&mut self, difference: Difference, id: String, ids_max: usize) {
        let found = self.differing.entry(difference).or_default();
        found.count += 1;
        if found.ids.len() < ids_max {
            found.ids.push(id);
        }
    }
}

/// A document that looks different.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) place: Place,
    /// The database's revision when it was first looked at: the index must come to it. 0: it was not there.
    pub(super) goal: i64,
    /// Whether it is to be compared in full.
    pub(super) full: bool,
}

/// A document that differs.
#[derive(Debug, Clone)]
pub(super) struct Differing {
    pub(super) suspect: Suspect,
    pub(super) difference: Difference,
}
