//! Documents' vectors, on their way into the index.
//!
//! A vector is worth having and never worth waiting for: whatever goes wrong here, the document is indexed without one,
//! is found by its words, and has another chance with its next change.

use crate::Deps;
use octavo_domain_kernel::{DocumentId, TenantId};
use octavo_domain_search::{
    EMBEDDED_TEXTS_MAX, Embeddings, IndexEntry, IndexWrite, Purpose, embedded_name, embedded_whole,
};

/// A document that needs a vector, and what it is made of.
struct Wanting<'a> {
    entry: &'a mut IndexEntry,
    pieces: Vec<String>,
}

/// Fills in the vectors of `writes`. What the index holds of the same text is taken from there: sharing a document or
/// tagging it makes no call.
pub(crate) async fn fill(deps: &Deps, tenant: &TenantId, writes: &mut [IndexWrite]) {
    let Some(embeddings) = &deps.embeddings else { return };
    let mut wanting: Vec<Wanting<'_>> = writes.iter_mut().filter_map(wanting).collect();
    if wanting.is_empty() {
        return;
    }
    take_kept(deps, tenant, &mut wanting).await;
    let mut rest = wanting.as_mut_slice();
    while !rest.is_empty() {
        let (call, after) = rest.split_at_mut(fitting(rest));
        // One call that fails is enough to know: what is left would wait for the same.
        if !make(embeddings.as_ref(), tenant, call).await {
            return;
        }
        rest = after;
    }
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

/// Whether it went well.
async fn make(embeddings: &dyn Embeddings, tenant: &TenantId, call: &mut [Wanting<'_>]) -> bool {
    let texts: Vec<String> = call.iter_mut().flat_map(|one| one.pieces.iter().cloned()).collect();
    let vectors = match embeddings.embed(tenant, Purpose::Documents, &texts).await {
        Ok(vectors) if vectors.len() == texts.len() => vectors,
        Ok(_) => {
            tracing::error!("there is not one vector for each text");
            return false;
        }
        Err(error) => {
            tracing::warn!(%error, documents = call.len(), "indexed without vectors");
            return false;
        }
    };
    let mut rest = vectors.as_slice();
    for one in call {
        let (own, after) = rest.split_at(one.pieces.len());
        one.entry.vector = embedded_whole(own);
        rest = after;
    }
    true
}
