//! A page that people write together: its room has the document's text, and a paragraph that is in no version yet.

use super::company::TENANT;
use super::documents::Shelf;
use anyhow::Context;
use chrono::{DateTime, Utc};
use octavo_domain_collaboration::{Replica, RoomSave, RoomStore, RoomUpdate, edits};
use octavo_domain_kernel::{DocumentId, TenantId};

/// Which document, by whom the paragraph is, and how it reads.
const PAGE: &str = "sprint-notes-frost.md";
const WRITER: &str = "ines";
const PARAGRAPH: &str = "- Whoever is woken by a call wants to know how cold it is before they are awake enough to read. Can the \
                         voice say the number first?\n";

/// Begins the room, if nobody has.
pub(super) async fn fill(store: &dyn RoomStore, shelf: &Shelf, text: &str, at: DateTime<Utc>) -> anyhow::Result<bool> {
    let Some(known) = shelf.known.get(PAGE).filter(|known| !known.deleted) else { return Ok(false) };
    let (tenant, document): (TenantId, _) = (TENANT.parse()?, DocumentId(known.id.parse()?));
    let loaded = store.room_load(&tenant, document).await?;
    if loaded.snapshot.is_some() || !loaded.updates.is_empty() {
        return Ok(false);
    }
    let mut replica = Replica::default();
    let first = replica.edit(b"demonstration", &edits("", text))?.context("the page is empty")?;
    let saved = replica.state_vector();
    let more = format!("{text}{PARAGRAPH}");
    let second = replica.edit(b"demonstration, more", &edits(text, &more))?.context("nothing was added")?;
    let by = |user: &str| user.parse().map_err(anyhow::Error::from);
    let updates = [
        RoomUpdate { document, update: first, by: by(&known.owner)? },
        RoomUpdate { document, update: second, by: by(WRITER)? },
    ];
    store.room_append(&tenant, &updates).await?;
    let version = u32::try_from(known.version).unwrap_or(1);
    store.room_saved(&tenant, document, &RoomSave { version, state_vector: saved, at }).await?;
    Ok(true)
}

/// Which document it is.
pub(super) fn page() -> &'static str {
    PAGE
}
