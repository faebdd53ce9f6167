//! What is read for a generation, as the person may read it at this moment.

use crate::Deps;
use octavo_domain_ai::safety::mark_source;
use octavo_domain_documents::{Access, Document, access};
use octavo_domain_generate::text::{budgets, passages};
use octavo_domain_generate::{Generation, SOURCE_CHARS_MAX, SOURCES_CHARS_MAX, Source};
use octavo_domain_kernel::{BlobKey, ContentHash, DocumentId, PortError, TenantId};
use std::collections::HashMap;

/// Documents of `ids` that the requester may read now and that have a text, in the order of `ids`, each once.
pub(crate) async fn readable(
    deps: &Deps,
    generation: &Generation,
    ids: &[DocumentId],
) -> Result<Vec<Document>, PortError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let principal = generation.requester.principal(&generation.tenant);
    let found = deps.documents.document_get_many(&generation.tenant, ids).await?;
    let mut found: HashMap<DocumentId, Document> = found
        .into_iter()
        .filter(|document| document.deleted_at.is_none() && access(document, &principal) >= Access::Viewer)
        .map(|document| (document.id, document))
        .collect();
    let in_order = ids.iter().filter_map(|id| found.remove(id));
    Ok(in_order.filter(|document| document.content.text_chars > 0).collect())
}

/// The extracted text of a body; none if it is not there.
pub(crate) async fn text(deps: &Deps, tenant: &TenantId, hash: &ContentHash) -> Result<Option<String>, PortError> {
    let bytes = deps.blobs.get(&BlobKey::text(tenant, hash)).await?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The generation's sources as a prompt quotes them, each marked with its number: those that the requester may still read,
/// cut to the places that are `about` what is written. The same for the same documents and the same `about`.
pub(crate) async fn quoted(deps: &Deps, generation: &Generation, about: &str) -> Result<Vec<String>, PortError> {
    let sources = generation.sources.as_deref().unwrap_or_default();
    let ids: Vec<DocumentId> = sources.iter().map(|source| source.document).collect();
    let allowed = readable(deps, generation, &ids).await?;
    let sources: Vec<&Source> =
        sources.iter().filter(|source| allowed.iter().any(|document| document.id == source.document)).collect();
    let lengths: Vec<usize> =
        sources.iter().map(|source| usize::try_from(source.chars).unwrap_or(usize::MAX)).collect();
    let budgets = budgets(&lengths, SOURCE_CHARS_MAX, SOURCES_CHARS_MAX);
    let mut quoted = Vec::with_capacity(sources.len());
    // One after the other: twenty whole texts at once would be too much for a small function.
    for (source, budget) in sources.iter().zip(budgets) {
        match text(deps, &generation.tenant, &source.hash).await? {
            Some(text) => {
                let number = usize::try_from(source.number).unwrap_or(usize::MAX);
                quoted.push(mark_source(number, &source.title, &passages(&text, about, budget)));
            }
            None => {
                tracing::error!(document = %source.document, hash = %source.hash, "the text of a source is not there");
            }
        }
    }
    Ok(quoted)
}
