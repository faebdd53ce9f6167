//! Documents that were indexed without a vector get one when vectors can be had again.
//!
//! One message a tenant is enough, since the index knows which documents lack one: it waits in the outbox while vectors are away,
//! longer with each try in vain, and goes through a tenant's documents a hundred at a time. What was indexed without vectors
//! before there was such a message is found as well.

use crate::batch::Wanted;
use crate::handle::settle;
use crate::load::{documents, groups, texts};
use crate::vectors::{self, Made};
use crate::{Deps, IndexFault};
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use octavo_domain_search::{IndexWrite, REPAIR_DOCUMENTS_MAX, Repair, repair_message};
use std::time::Duration;

/// Has a tenant's documents without vectors looked for later.
pub(crate) async fn later(deps: &Deps, tenant: &TenantId, repair: Repair) -> Result<(), PortError> {
    after(deps, tenant, repair, repair.pause(deps.vectors_again)).await
}

async fn after(deps: &Deps, tenant: &TenantId, repair: Repair, pause: Duration) -> Result<(), PortError> {
    let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    deps.state.search_later(tenant, &repair_message(tenant, deps.clock.now(), repair), pause_ms).await
}

/// Makes the vectors of the next documents that lack one, and asks for what follows.
pub(crate) async fn repair(deps: &Deps, tenant: &TenantId, repair: Repair) -> Result<(), IndexFault> {
    if deps.embeddings.is_none() {
        // No longer set up: there is nothing to be missed.
        return Ok(());
    }
    let ids = deps.index.unvectored(tenant, repair.after, REPAIR_DOCUMENTS_MAX).await.map_err(IndexFault::Load)?;
    let Some(&last) = ids.last() else { return Ok(()) };
    let made = mend(deps, tenant, &ids).await?;
    if made == Made::Away {
        return later(deps, tenant, repair.again()).await.map_err(IndexFault::Settle);
    }
    if ids.len() < usize::from(REPAIR_DOCUMENTS_MAX) {
        return Ok(());
    }
    after(deps, tenant, Repair::on(last), Duration::ZERO).await.map_err(IndexFault::Settle)
}

/// Writes those of `ids` whose vectors can be had, as they are now.
async fn mend(deps: &Deps, tenant: &TenantId, ids: &[DocumentId]) -> Result<Made, IndexFault> {
    let wanted = ids.iter().map(|id| Wanted { document: *id, revision: 0, message_ids: Vec::new() }).collect();
    let mut pending = Vec::new();
    for loaded in documents(deps, tenant, wanted).await {
        pending.push(loaded.map_err(|(_, fault)| fault)?);
    }
    let mut worst = Made::All;
    for group in groups(pending) {
        let mut ready = Vec::new();
        for loaded in texts(deps, tenant, group).await {
            match loaded {
                // What is gone is taken out by the message that tells so.
                Ok(loaded) if matches!(loaded.write, IndexWrite::Put(_)) => ready.push(loaded),
                Ok(_) => {}
                // The document's own message stands among the dead letters: the others need not wait for it.
                Err((_, fault @ IndexFault::TextMissing { .. })) => tracing::warn!(%fault, "left without a vector"),
                Err((_, fault)) => return Err(fault),
            }
        }
        let revisions: Vec<(DocumentId, i64)> = ready.iter().map(|one| (one.wanted.document, one.revision)).collect();
        let mut writes: Vec<IndexWrite> = ready.into_iter().map(|one| one.write).collect();
        worst = worst.max(vectors::fill(deps, tenant, &mut writes).await);
        let (writes, revisions): (Vec<_>, Vec<_>) =
            writes.into_iter().zip(revisions).filter(|(write, _)| has_vector(write)).unzip();
        if writes.is_empty() {
            continue;
        }
        for outcome in deps.index.write(writes).await {
            outcome.map_err(IndexFault::Write)?;
        }
        // What was found by words alone until now is found by meaning: kept answers are old.
        settle(deps, tenant, &revisions).await.map_err(IndexFault::Settle)?;
        tracing::info!(%tenant, documents = revisions.len(), "vectors that were missed are there");
        if worst == Made::Away {
            break;
        }
    }
    Ok(worst)
}

fn has_vector(write: &IndexWrite) -> bool {
    matches!(write, IndexWrite::Put(entry) if entry.vector.is_some())
}
