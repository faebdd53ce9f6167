//! What looks different is looked at again, until it agrees or has differed for long enough.

use super::found::{Difference, Differing, Suspect};
use super::run::Looking;
use super::scan::IN_FULL_AT_ONCE;
use super::settings::Stage;
use super::side::{document, readers, readers_of};
use crate::reindex::{Place, Read, What, Which, is_alike, read};
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use octavo_domain_search::{IndexEntry, Known, Whole};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// Documents that are looked at again at a time.
const AT_ONCE: usize = 500;
/// Between the first two looks; twice as long each time.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Times the settling time that is waited in all for what keeps changing.
const PATIENCE: u32 = 3;

/// How one document differs at one look: the same at the next look only if nothing of it moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) difference: Difference,
    indexed: i64,
    known: i64,
}

/// A suspect, and since when it differs as it does.
struct Watched {
    suspect: Suspect,
    seen: Option<(Seen, Instant)>,
}

/// How the index's document differs from what is known of it, read in this order; none where they agree, or where the index
/// is on its way past `goal`.
fn differs(read: Option<&Read>, known: Option<&Known>, goal: i64) -> Option<Seen> {
    let living = known.and_then(readers_of);
    let seen = |difference| Seen {
        difference,
        indexed: read.map_or(0, |read| read.version),
        known: known.map_or(0, |known| known.revision),
    };
    match (read, known, living) {
        (None, _, None) => None,
        (None, _, Some(_)) => Some(seen(Difference::Missing)),
        (Some(_), _, None) => Some(seen(Difference::Extra)),
        (Some(read), Some(known), Some(living)) => match read.version.cmp(&known.revision) {
            std::cmp::Ordering::Equal if readers(read) == living => None,
            std::cmp::Ordering::Equal => Some(seen(Difference::Readers)),
            std::cmp::Ordering::Greater => Some(seen(Difference::Newer)),
            // It has come to where the database was; where the database is now it comes too.
            std::cmp::Ordering::Less if goal > 0 && read.version >= goal => None,
            std::cmp::Ordering::Less => Some(seen(Difference::Older)),
        },
        // Living means known.
        (Some(_), None, Some(_)) => None,
    }
}

/// Those of `suspects` that differ for good.
pub(super) async fn settle(looking: &Looking<'_>, suspects: Vec<Suspect>) -> Result<Vec<Differing>, PortError> {
    let mut watched: Vec<Watched> = suspects.into_iter().map(|suspect| Watched { suspect, seen: None }).collect();
    let (begun, settle) = (Instant::now(), looking.settings.settle);
    let mut pause = PAUSE;
    loop {
        (looking.watching)(Stage::Settling(watched.len()));
        let suspects: Vec<&Suspect> = watched.iter().map(|watched| &watched.suspect).collect();
        let seen = look(looking, &suspects).await?;
        let now = Instant::now();
        watched.retain_mut(|watched| match (seen.get(&watched.suspect.place), watched.seen) {
            (None, _) => false,
            (Some(seen), Some((before, _))) if *seen == before => true,
            (Some(seen), _) => {
                watched.seen = Some((*seen, now));
                true
            }
        });
        let lasted = |watched: &Watched| watched.seen.is_some_and(|(_, since)| since.elapsed() >= settle);
        let patient = begun.elapsed() < settle * PATIENCE;
        if watched.is_empty() || watched.iter().all(lasted) || !patient {
            // What was never seen at where it had to be by now has not kept moving: it has not moved at all.
            let behind = |seen: &Seen, goal: i64| seen.difference == Difference::Older && seen.indexed < goal;
            let for_good = watched.into_iter().filter_map(|watched| {
                let lasted = lasted(&watched);
                let (seen, _) = watched.seen?;
                let stays = lasted || behind(&seen, watched.suspect.goal);
                stays.then_some(Differing { suspect: watched.suspect, difference: seen.difference })
            });
            return Ok(for_good.collect());
        }
        tokio::time::sleep(pause.min(settle)).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// How each of `suspects` differs now; those that agree are left out.
pub(super) async fn look(looking: &Looking<'_>, suspects: &[&Suspect]) -> Result<BTreeMap<Place, Seen>, PortError> {
    let mut all = BTreeMap::new();
    if suspects.is_empty() {
        return Ok(all);
    }
    looking.caller.refresh(&looking.index).await?;
    for suspects in suspects.chunks(AT_ONCE) {
        let places: Vec<&Place> = suspects.iter().map(|suspect| &suspect.place).collect();
        let reads = indexed(looking, &places, What::Readers).await?;
        let known = known(looking, &places).await?;
        let mut closely = Vec::new();
        for suspect in suspects {
            let (read, known) = (reads.get(&suspect.place), known.get(&suspect.place));
            match differs(read, known, suspect.goal) {
                Some(seen) => drop(all.insert(suspect.place.clone(), seen)),
                None if suspect.full && read.is_some() => closely.push(&suspect.place),
                None => {}
            }
        }
        for places in closely.chunks(IN_FULL_AT_ONCE) {
            all.extend(differs_in_full(looking, places).await?);
        }
    }
    Ok(all)
}

async fn indexed(looking: &Looking<'_>, places: &[&Place], what: What) -> Result<BTreeMap<Place, Read>, PortError> {
    let places: Vec<Place> = places.iter().map(|place| (*place).clone()).collect();
    if places.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (reads, _) = read(looking.caller, &looking.index, Which::These(&places), what).await?;
    Ok(reads.into_iter().map(|read| (read.place.clone(), read)).collect())
}

/// Documents of `places`, by tenant.
pub(super) fn by_tenant(places: &[&Place]) -> BTreeMap<TenantId, Vec<DocumentId>> {
    let mut tenants: BTreeMap<TenantId, Vec<DocumentId>> = BTreeMap::new();
    for (tenant, id) in places.iter().filter_map(|place| document(place)) {
        tenants.entry(tenant).or_default().push(id);
    }
    tenants
}

async fn known(looking: &Looking<'_>, places: &[&Place]) -> Result<BTreeMap<Place, Known>, PortError> {
    let mut all = BTreeMap::new();
    for (tenant, ids) in by_tenant(places) {
        let known = looking.truth.known(&tenant, &ids).await?;
        all.extend(known.into_iter().map(|known| (super::side::place(&tenant, known.id), known)));
    }
    Ok(all)
}

/// What is to be indexed of `places`.
pub(super) async fn whole(looking: &Looking<'_>, places: &[&Place]) -> Result<BTreeMap<Place, Whole>, PortError> {
    let mut all = BTreeMap::new();
    for (tenant, ids) in by_tenant(places) {
        let whole: HashMap<DocumentId, Whole> = looking.truth.whole(&tenant, &ids).await?;
        all.extend(whole.into_iter().map(|(id, whole)| (super::side::place(&tenant, id), whole)));
    }
    Ok(all)
}

/// Those of `places` that say something else in the index than they must, at the same revision.
pub(super) async fn differs_in_full(
    looking: &Looking<'_>,
    places: &[&Place],
) -> Result<BTreeMap<Place, Seen>, PortError> {
    let reads = indexed(looking, places, What::Whole { apart: false }).await?;
    let whole = whole(looking, places).await?;
    let differing = whole.into_iter().filter_map(|(place, whole)| {
        let read = reads.get(&place)?;
        let seen = |difference, known| Some((place.clone(), Seen { difference, indexed: read.version, known }));
        match whole {
            Whole::TextMissing { revision } => seen(Difference::TextMissing, revision),
            Whole::Entry(entry) if entry.revision == read.version && !same(looking, &entry, read) => {
                seen(Difference::Content, entry.revision)
            }
            // At another revision it moves, and is looked at by that.
            Whole::Entry(_) | Whole::Deleted { .. } => None,
        }
    });
    Ok(differing.collect())
}

/// Whether the index holds what it must hold of `entry`.
fn same(looking: &Looking<'_>, entry: &IndexEntry, read: &Read) -> bool {
    let mut entry = entry.clone().within_limits();
    // Whoever wrote it told it as its release did; a search finds it either way.
    entry.language = serde_json::from_value(read.source["language"].clone()).unwrap_or_default();
    crate::bulk::document(&entry, looking.shape).is_ok_and(|expected| is_alike(expected, read.source.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn indexed(version: i64, readers: &[&str]) -> Read {
        let id = Uuid::from_u128(1);
        let read = json!({"_id": format!("acme:{id}"), "_version": version, "sort": ["acme", id], "_source": {"readers": readers}});
        serde_json::from_value(read).unwrap()
    }

    fn known(revision: i64, readers: Option<&[&str]>) -> Known {
        let readers = readers.map(|readers| readers.iter().map(|reader| reader.parse().unwrap()).collect());
        Known { id: DocumentId(Uuid::from_u128(1)), revision, readers }
    }

    #[test]
    fn a_look_tells_each_difference_from_a_write_on_its_way() {
        let ada: &[&str] = &["user:ada"];
        let both: &[&str] = &["user:grace", "user:ada"];
        let told = |read: Option<Read>, known: Option<Known>, goal| {
            differs(read.as_ref(), known.as_ref(), goal).map(|seen| seen.difference)
        };
        assert_eq!(told(None, None, 0), None);
        assert_eq!(told(None, Some(known(3, None)), 2), None, "deleted, and gone");
        assert_eq!(told(None, Some(known(3, Some(ada))), 3), Some(Difference::Missing));
        assert_eq!(told(Some(indexed(3, ada)), None, 0), Some(Difference::Extra));
        assert_eq!(told(Some(indexed(3, ada)), Some(known(4, None)), 3), Some(Difference::Extra));
        assert_eq!(told(Some(indexed(3, ada)), Some(known(3, Some(ada))), 3), None);
        assert_eq!(
            told(Some(indexed(3, &["user:ada", "user:grace"])), Some(known(3, Some(both))), 3),
            None,
            "no order"
        );
        assert_eq!(told(Some(indexed(3, both)), Some(known(3, Some(ada))), 3), Some(Difference::Readers));
        assert_eq!(told(Some(indexed(2, ada)), Some(known(4, Some(ada))), 3), Some(Difference::Older));
        assert_eq!(told(Some(indexed(3, ada)), Some(known(4, Some(ada))), 3), None, "it came to where it had to");
        assert_eq!(told(Some(indexed(5, ada)), Some(known(4, Some(ada))), 4), Some(Difference::Newer));
    }
}
