//! Whether the new index holds what the old one holds, while both are written.
//!
//! Each document by its version, some by all of it: both indices are read in the same order, side by side. What looks
//! different is looked at again, closely; what stays different for a while is carried over once more.

use super::copy::write;
use super::entry::{Between, Over, removal};
use super::error::ReindexError;
use super::read::{Place, Read, What, Which, read};
use super::settings::Step;
use super::state::Held;
use super::steps::Work;
use crate::write::{Sent, send_all};
use octavo_domain_kernel::PortError;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Documents that are looked at closely at a time, as a whole.
const CLOSELY_MAX: usize = 50;
/// Times that a document is looked at, in all, until it is given up.
const LOOKS_MAX: u32 = 12;
/// Looks at which a difference may be a write on its way from the one to the other.
const PATIENT_LOOKS: u32 = 3;
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);
/// Documents that differ for good until no more are looked for.
const DIFFERENT_MAX: usize = 1000;
/// Ids of these that are told.
const TOLD_MAX: usize = 20;

/// What a comparison found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Documents of the old index.
    pub documents: u64,
    /// Their tenants.
    pub tenants: u64,
    /// Of these documents, how many were compared in full.
    pub in_full: u64,
    /// Documents that had to be carried over once more, or removed.
    pub repaired: u64,
}

/// An index, read page by page, versions only.
struct Versions<'a> {
    index: &'a str,
    ahead: VecDeque<(Place, i64)>,
    last: Option<Place>,
    ended: bool,
}

impl<'a> Versions<'a> {
    fn of(index: &'a str) -> Self {
        Self { index, ahead: VecDeque::new(), last: None, ended: false }
    }

    /// Whether it had to be read.
    async fn fill(&mut self, work: &Work<'_>) -> Result<bool, PortError> {
        if !self.ahead.is_empty() || self.ended {
            return Ok(false);
        }
        let size = work.settings.page_documents * 10;
        let (documents, _) =
            read(work.caller, self.index, Which::After(self.last.as_ref(), size), What::Versions).await?;
        self.ended = documents.is_empty();
        self.ahead = documents.into_iter().map(|document| (document.place, document.version)).collect();
        self.last = self.ahead.back().map(|(place, _)| place.clone());
        Ok(true)
    }
}

/// What goes on.
struct Comparison<'a> {
    work: &'a Work<'a>,
    between: Between,
    found: Compared,
    /// Look different by their versions.
    suspects: Vec<Place>,
    /// Are to be compared in full.
    chosen: Vec<Place>,
    different: Vec<String>,
    tenant: Option<(String, u64)>,
}

/// Compares all, and brings into order what can be.
pub(super) async fn compare(work: &Work<'_>, held: &mut Held<'_>) -> Result<Compared, ReindexError> {
    work.caller.refresh(&work.source).await?;
    work.caller.refresh(&work.target).await?;
    let mut comparison = Comparison {
        work,
        between: work.between().await?,
        found: Compared::default(),
        suspects: Vec::new(),
        chosen: Vec::new(),
        different: Vec::new(),
        tenant: None,
    };
    let (mut old, mut new) = (Versions::of(&work.source), Versions::of(&work.target));
    loop {
        if old.fill(work).await? | new.fill(work).await? {
            held.beat(work.settings.lease).await?;
            work.reached(Step::PageCompared, comparison.found.documents)?;
        }
        let order = match (old.ahead.front(), new.ahead.front()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let one = if order == Ordering::Greater { None } else { old.ahead.pop_front() };
        let other = if order == Ordering::Less { None } else { new.ahead.pop_front() };
        comparison.take(one, other);
        comparison.settle(held, CLOSELY_MAX).await?;
        if comparison.different.len() >= DIFFERENT_MAX {
            break;
        }
    }
    comparison.settle(held, 1).await?;
    let Comparison { found, mut different, .. } = comparison;
    let count = different.len();
    if count > 0 {
        different.truncate(TOLD_MAX);
        return Err(ReindexError::Differs { count, ids: different });
    }
    Ok(found)
}

impl Comparison<'_> {
    /// One document, as the old index and as the new one has it.
    fn take(&mut self, old: Option<(Place, i64)>, new: Option<(Place, i64)>) {
        let chosen = old.as_ref().is_some_and(|(place, _)| self.count(place));
        match (old, new) {
            (Some((place, old)), Some((_, new))) if old == new => {
                if chosen {
                    self.chosen.push(place);
                }
            }
            (Some((place, _)), _) | (None, Some((place, _))) => self.suspects.push(place),
            (None, None) => {}
        }
    }

    /// Counts a document; whether it is to be compared in full.
    fn count(&mut self, place: &Place) -> bool {
        self.found.documents += 1;
        let before = match &self.tenant {
            Some((tenant, documents)) if *tenant == place.0 => *documents,
            _ => {
                self.found.tenants += 1;
                0
            }
        };
        self.tenant = Some((place.0.clone(), before + 1));
        before.is_multiple_of(u64::from(self.work.settings.compare_each.max(1)))
    }

    /// Looks closely, if there are `enough` to be looked at.
    async fn settle(&mut self, held: &mut Held<'_>, enough: usize) -> Result<(), ReindexError> {
        if self.chosen.len() >= enough {
            held.beat(self.work.settings.lease).await?;
            let chosen = std::mem::take(&mut self.chosen);
            self.found.in_full += chosen.len() as u64;
            let (new, old) =
                (self.whole(&self.work.target, &chosen).await?, self.whole(&self.work.source, &chosen).await?);
            let same = |place: &Place| match (old.get(place), new.get(place)) {
                (Some(old), Some(new)) => old.version == new.version && self.between.is_same(old, new),
                _ => false,
            };
            let suspects: Vec<Place> = chosen.into_iter().filter(|place| !same(place)).collect();
            self.suspects.extend(suspects);
        }
        if self.suspects.len() >= enough {
            let suspects = std::mem::take(&mut self.suspects);
            for suspects in suspects.chunks(CLOSELY_MAX) {
                self.look(held, suspects.to_vec()).await?;
            }
        }
        Ok(())
    }

    /// Looks at `suspects` until none is different, and brings into order what stays so.
    async fn look(&mut self, held: &mut Held<'_>, mut suspects: Vec<Place>) -> Result<(), ReindexError> {
        let (caller, source, target) = (self.work.caller, &self.work.source, &self.work.target);
        for look in 1..=LOOKS_MAX {
            // In this order: what the new one had first, the old one had before; what the old one has, the new one comes to have.
            caller.refresh(target).await?;
            let before = self.whole(target, &suspects).await?;
            caller.refresh(source).await?;
            let old = self.whole(source, &suspects).await?;
            caller.refresh(target).await?;
            let after = self.whole(target, &suspects).await?;
            suspects.retain(|place| !self.between.agree(old.get(place), before.get(place), after.get(place)));
            if suspects.is_empty() {
                return Ok(());
            }
            if look > PATIENT_LOOKS {
                self.repair(&suspects, &old, &after, look == PATIENT_LOOKS + 1).await?;
            }
            held.beat(self.work.settings.lease).await?;
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        self.different.extend(suspects.iter().map(Place::engine_id));
        Ok(())
    }

    async fn repair(
        &mut self,
        suspects: &[Place],
        old: &BTreeMap<Place, Read>,
        new: &BTreeMap<Place, Read>,
        first: bool,
    ) -> Result<(), ReindexError> {
        if first {
            tracing::warn!(documents = suspects.len(), "carried over once more");
            self.found.repaired += suspects.len() as u64;
        }
        let mut removals = Vec::new();
        for place in suspects {
            match (old.get(place), new.get(place)) {
                (Some(document), _) => {
                    write(self.work, self.between, std::slice::from_ref(document), Over::Equal).await?;
                }
                // What the new one has alone was deleted from the old one.
                (None, Some(document)) => removals.push(removal(removals.len(), &document.id, document.version)),
                (None, None) => {}
            }
        }
        for (_, sent) in send_all(self.work.sender, &self.work.options.new_alias(), removals).await {
            match sent {
                Sent::Done(_) => {}
                Sent::Failed(error) => return Err(error.into()),
                Sent::Stale(_) => return Err(ReindexError::Lost),
            }
        }
        Ok(())
    }

    async fn whole(&self, index: &str, places: &[Place]) -> Result<BTreeMap<Place, Read>, PortError> {
        if places.is_empty() {
            return Ok(BTreeMap::new());
        }
        let what = What::Whole { apart: self.between.apart };
        let (documents, _) = read(self.work.caller, index, Which::These(places), what).await?;
        Ok(documents.into_iter().map(|document| (document.place.clone(), document)).collect())
    }
}

impl Between {
    /// Whether nothing is lost and nothing came back: of a document in the old index, and in the new one before and after that.
    fn agree(self, old: Option<&Read>, before: Option<&Read>, after: Option<&Read>) -> bool {
        match (old, before, after) {
            (Some(old), before, Some(after)) => {
                let order = before.is_none_or(|before| before.version <= old.version);
                order && (after.version > old.version || after.version == old.version && self.is_same(old, after))
            }
            (Some(_), _, None) => false,
            (None, before, after) => before.is_none() || after.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;
    use serde_json::json;

    fn version(version: i64) -> Read {
        let id = "00000000-0000-0000-0000-000000000001";
        let source = json!({
            "id": id, "tenant": "acme", "readers": [], "revision": version, "title": "T", "headings": [], "text": "",
            "lead": "", "tags": [], "media_type": "text/plain", "owner": "ada", "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z", "size": 0
        });
        let read = json!({"_id": format!("acme:{id}"), "_version": version, "sort": ["acme", id], "_source": source});
        serde_json::from_value(read).unwrap()
    }

    #[test]
    fn what_agrees_is_told_by_three_looks() {
        let between = Between { old: Form::NEWEST, new: Form::NEWEST, vectors: false, apart: false, languages: true };
        let agree = |old: i64, before: i64, after: i64| {
            let read = |number: i64| (number > 0).then(|| version(number));
            between.agree(read(old).as_ref(), read(before).as_ref(), read(after).as_ref())
        };
        assert!(agree(3, 3, 3) && agree(3, 2, 3) && agree(3, 0, 3) && agree(3, 3, 4));
        assert!(!agree(3, 0, 0), "not copied");
        assert!(!agree(3, 2, 2), "an older one");
        assert!(!agree(3, 4, 4), "one that the old index never had");
        assert!(!agree(0, 3, 3), "it was deleted");
        assert!(agree(0, 3, 0) && agree(0, 0, 0) && agree(0, 0, 1));
        let mut other = version(3);
        other.source["title"] = json!("Other");
        assert!(!between.agree(Some(&version(3)), None, Some(&other)));
    }
}
