//! Sends what differs again, as it is now, over what is not newer.

use super::found::{Difference, Differing};
use super::look::whole;
use super::run::Looking;
use super::scan::IN_FULL_AT_ONCE;
use super::settings::Stage;
use crate::bulk::{Line, document};
use crate::form::Shape;
use crate::reindex::{Place, Read, What, Which, read, removal, replacement};
use crate::targets::{aliases, pairs};
use crate::vectors::{FIELD, Held, MADE_OF, Mappings, VectorForm, mappings};
use crate::write::{Sent, send_all};
use octavo_domain_kernel::PortError;
use octavo_domain_search::{IndexEntry, Whole, embedded_name};
use serde_json::json;
use std::collections::BTreeMap;

/// Times that it is sent where what is written to turned out to be another index than was thought.
const LOOKED_MAX: u32 = 3;

/// Whether sending it again helps.
pub(super) fn is_mendable(difference: Difference) -> bool {
    match difference {
        Difference::Missing | Difference::Extra | Difference::Older | Difference::Readers | Difference::Content => true,
        // Versions only go up; what is not there cannot be sent; what is not ours is not ours to remove; vectors are made by
        // who makes vectors.
        Difference::Newer | Difference::TextMissing | Difference::Foreign | Difference::Unvectored => false,
    }
}

/// An index that is written.
struct Target {
    alias: String,
    shape: Shape,
    /// Whether its engine keeps vectors apart from the source.
    apart: bool,
}

async fn targets(looking: &Looking<'_>) -> Result<Vec<Target>, PortError> {
    let (engine, options) = (looking.caller.engine, looking.options);
    let indices = aliases(engine, &format!("{}*", options.write_alias())).await?;
    let mut targets = Vec::new();
    for (alias, index) in pairs(&indices, options) {
        let index = index.ok_or_else(|| PortError::unavailable(format!("no index is written by {alias}")))?;
        let mapped = mappings(engine, &index).await?;
        let none = Mappings::default();
        let mapped = mapped.get(&index).unwrap_or(&none);
        let apart = Held::of(mapped).is_some_and(|held| held.form == VectorForm::Dense);
        targets.push(Target { alias, shape: Shape::of(&index, mapped, None), apart });
    }
    Ok(targets)
}

/// Sends `differing` again. What became of them another look tells.
pub(super) async fn mend(looking: &Looking<'_>, differing: &[Differing]) -> Result<(), PortError> {
    let mut sent = 0;
    for differing in differing.chunks(IN_FULL_AT_ONCE) {
        let mut looked = 1;
        while !send(looking, differing).await? {
            looked += 1;
            if looked > LOOKED_MAX {
                return Err(PortError::unavailable("a reindex begins or ends at this moment: try again"));
            }
        }
        sent += differing.len() as u64;
        (looking.watching)(Stage::Mended(sent));
    }
    Ok(())
}

/// False: another index than was thought is written by now.
async fn send(looking: &Looking<'_>, differing: &[Differing]) -> Result<bool, PortError> {
    let places: Vec<Place> = differing.iter().map(|one| one.suspect.place.clone()).collect();
    let whole = whole(looking, &places.iter().collect::<Vec<_>>()).await?;
    // The old index before the new one, as writers do: the new one never has what the old one did not have before.
    for target in targets(looking).await? {
        let what = What::Whole { apart: target.apart };
        let (reads, _) = read(looking.caller, &target.alias, Which::These(&places), what).await?;
        let reads: BTreeMap<Place, Read> = reads.into_iter().map(|read| (read.place.clone(), read)).collect();
        let mut lines = Vec::new();
        for place in &places {
            if let Some(line) = line(lines.len(), looking, &target, place, whole.get(place), reads.get(place))? {
                lines.push(line);
            }
        }
        for (_, sent) in send_all(looking.sender, &target.alias, lines).await {
            match sent {
                Sent::Done(_) => {}
                Sent::Failed(error) => return Err(error),
                Sent::Stale(_) => return Ok(false),
            }
        }
    }
    Ok(true)
}

fn line(
    position: usize,
    looking: &Looking<'_>,
    target: &Target,
    place: &Place,
    whole: Option<&Whole>,
    read: Option<&Read>,
) -> Result<Option<Line>, PortError> {
    let indexed = read.map_or(0, |read| read.version);
    let removed = |revision: i64| {
        let version = indexed.max(revision);
        (version > 0).then(|| removal(position, &place.engine_id(), version))
    };
    match whole {
        Some(Whole::TextMissing { .. }) => Ok(None),
        Some(Whole::Deleted { revision }) => Ok(removed(*revision)),
        None => Ok(removed(0)),
        Some(Whole::Entry(entry)) => {
            let mut entry = entry.as_ref().clone().within_limits();
            entry.language = entry.language.filter(|_| looking.options.ranking.language);
            let mut body = document(&entry, target.shape)?;
            // Its own, made of the very text: no need to make it again.
            if let Some((vector, of)) = kept(&entry, read) {
                body[FIELD] = vector;
                body[MADE_OF] = json!(of);
            }
            Ok(Some(replacement(position, &place.engine_id(), entry.revision, &body)))
        }
    }
}

fn kept(entry: &IndexEntry, read: Option<&Read>) -> Option<(serde_json::Value, String)> {
    let read = read?;
    let of = embedded_name(&entry.embedded_pieces());
    (read.source[MADE_OF].as_str() == Some(of.as_str())).then_some(())?;
    Some((read.vector()?.clone(), of))
}
