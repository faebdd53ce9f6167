//! Documents' vectors, on their way into the index.
//!
//! A vector is worth having and never worth waiting for: whatever goes wrong here, the document is indexed without one and is
//! found by its words. Where what makes them was away, they are made later (`repair.rs`); what it refuses has another chance
//! with the document's next change.

use crate::Deps;
use octavo_domain_kernel::{DocumentId, PortErrorKind, TenantId};
use octavo_domain_search::{
    EMBEDDED_TEXTS_MAX, Embeddings, IndexEntry, IndexWrite, Purpose, embedded_name, embedded_whole,
};

/// A document that needs a vector, and what it is made of.
struct Wanting<'a> {
    entry: &'a mut IndexEntry,
    pieces: Vec<String>,
}

/// What became of the vectors that were wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Made {
    /// All are there, or none was wanted.
    All,
    /// What makes them does not take some of the texts, and would not take them later either.
    Refused,
    /// Some could not be had now.
    Away,
}

/// Fills in the vectors of `writes`. What the index holds of the same text is taken from there: sharing a document or
/// tagging it makes no call.
pub(crate) async fn fill(deps: &Deps, tenant: &TenantId, writes: &mut [IndexWrite]) -> Made {
    let Some(embeddings) = &deps.embeddings else { return Made::All };
    let mut wanting: Vec<Wanting<'_>> = writes.iter_mut().filter_map(wanting).collect();
    if wanting.is_empty() {
        return Made::All;
    }
    take_kept(deps, tenant, &mut wanting).await;
    let mut worst = Made::All;
    let mut rest = wanting.as_mut_slice();
    while !rest.is_empty() {
        let (call, after) = rest.split_at_mut(fitting(rest));
        worst = worst.max(make(embeddings.as_ref(), tenant, call).await);
        // One call that nobody answers is enough to know: what is left would wait for the same.
        if worst == Made::Away {
            break;
        }
        rest = after;
    }
    worst
}

fn wanting(write: &mut IndexWrite) -> Option<Wanting<'_>> {
    match write {
        IndexWrite::Put(entry) => {
            let pieces = entry.embedded_pieces();
            (!pieces.is_empty()).then_some(Wanting { entry, pieces })
        }
        IndexWrite::Remove { .. } => None,
    }
}

async fn take_kept(deps: &Deps, tenant: &TenantId, wanting: &mut Vec<Wanting<'_>>) {
    let ids: Vec<DocumentId> = wanting.iter().map(|one| one.entry.id).collect();
    let mut kept = match deps.index.vectors(tenant, &ids).await {
        Ok(kept) => kept,
        Err(error) => {
            tracing::warn!(%error, "which vectors the index holds cannot be told");
            return;
        }
    };
    wanting.retain_mut(|one| {
        let fits = kept.remove(&one.entry.id).filter(|kept| kept.of == embedded_name(&one.pieces));
        match fits {
            Some(kept) => {
                one.entry.vector = Some(kept.vector);
                false
            }
            None => true,
        }
    });
}

/// How many of the first of `wanting` fit into one call: at least one, since one document's pieces do.
fn fitting(wanting: &[Wanting<'_>]) -> usize {
    let mut texts = 0;
    let count = wanting.iter().take_while(|one| {
        texts += one.pieces.len();
        texts <= EMBEDDED_TEXTS_MAX
    });
    count.count().max(1)
}

async fn make(embeddings: &dyn Embeddings, tenant: &TenantId, call: &mut [Wanting<'_>]) -> Made {
    let texts: Vec<String> = call.iter_mut().flat_map(|one| one.pieces.iter().cloned()).collect();
    let vectors = match embeddings.embed(tenant, Purpose::Documents, &texts).await {
        Ok(vectors) if vectors.len() == texts.len() => vectors,
        Ok(_) => {
            tracing::error!("there is not one vector for each text");
            return Made::Refused;
        }
        Err(error) => {
            tracing::warn!(%error, documents = call.len(), "indexed without vectors");
            // A key that is not accepted is mended by those who set it; a text that is not taken stays what it is.
            let away = error.is_retryable() || error.kind == PortErrorKind::Denied;
            return if away { Made::Away } else { Made::Refused };
        }
    };
    let mut rest = vectors.as_slice();
    for one in call {
        let (own, after) = rest.split_at(one.pieces.len());
        one.entry.vector = embedded_whole(own);
        rest = after;
    }
    Made::All
}
