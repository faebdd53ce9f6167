//! What is true of a document now, as a change to the index.

use crate::batch::Wanted;
use crate::{Deps, IndexFault};
use futures::StreamExt;
use octavo_domain_documents::Document;
use octavo_domain_kernel::{BlobKey, BlobStore, TenantId};
use octavo_domain_search::{INDEXED_CHARS_MAX, IndexEntry, IndexWrite, Language};
use std::collections::HashMap;

/// Documents read from the store in one call: it takes no more.
const DOCUMENTS_AT_ONCE: usize = 1000;
/// Texts read at a time.
const TEXTS_AT_ONCE: usize = 8;
/// Bytes of texts held at a time: what comes beyond is read when these are written. One text may be as large as the
/// extraction's limit, so a little more is possible.
pub(crate) const TEXT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes that a character of UTF-8 takes at most.
const CHARACTER_BYTES_MAX: u64 = 4;

/// A document's change, ready to be written.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) wanted: Wanted,
    /// The revision that is written.
    pub(crate) revision: i64,
    pub(crate) write: IndexWrite,
}

/// A document whose text is still to be read.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) wanted: Wanted,
    /// None: it is not there any more.
    document: Option<Document>,
}

impl Pending {
    /// Bytes that its text may take.
    fn text_bytes(&self) -> u64 {
        let characters = self.document.as_ref().map_or(0, |document| document.content.text_chars);
        characters.min(INDEXED_CHARS_MAX as u64) * CHARACTER_BYTES_MAX
    }
}

/// Reads the documents, not their texts. A failure is one of all of its call.
pub(crate) async fn documents(
    deps: &Deps,
    tenant: &TenantId,
    wanted: Vec<Wanted>,
) -> Vec<Result<Pending, (Wanted, IndexFault)>> {
    let mut pending = Vec::with_capacity(wanted.len());
    for chunk in wanted.chunks(DOCUMENTS_AT_ONCE) {
        let ids: Vec<_> = chunk.iter().map(|wanted| wanted.document).collect();
        match deps.documents.document_get_many(tenant, &ids).await {
            Ok(documents) => {
                let mut found: HashMap<_, _> = documents.into_iter().map(|document| (document.id, document)).collect();
                pending.extend(
                    chunk
                        .iter()
                        .map(|wanted| Ok(Pending { wanted: wanted.clone(), document: found.remove(&wanted.document) })),
                );
            }
            Err(error) => {
                let again = |kind| octavo_domain_kernel::PortError::new(kind, error.to_string());
                pending.extend(chunk.iter().map(|wanted| Err((wanted.clone(), IndexFault::Load(again(error.kind))))));
            }
        }
    }
    pending
}

/// Cuts `pending` into groups whose texts can be held at a time.
pub(crate) fn groups(pending: Vec<Pending>) -> Vec<Vec<Pending>> {
    let mut groups: Vec<Vec<Pending>> = Vec::new();
    let mut bytes = 0;
    for one in pending {
        let more = one.text_bytes();
        match groups.last_mut() {
            Some(group) if bytes + more <= TEXT_BYTES_MAX => {
                bytes += more;
                group.push(one);
            }
            _ => {
                bytes = more;
                groups.push(vec![one]);
            }
        }
    }
    groups
}

/// Reads the texts of a group.
pub(crate) async fn texts(
    deps: &Deps,
    tenant: &TenantId,
    group: Vec<Pending>,
) -> Vec<Result<Ready, (Wanted, IndexFault)>> {
    futures::stream::iter(group).map(|pending| ready(deps, tenant, pending)).buffered(TEXTS_AT_ONCE).collect().await
}

async fn ready(deps: &Deps, tenant: &TenantId, pending: Pending) -> Result<Ready, (Wanted, IndexFault)> {
    let Pending { wanted, document } = pending;
    let (id, remove) = (wanted.document, |revision| (revision, tenant.clone()));
    let (revision, tenant) = match document {
        // What is not there any more was at least at the revision that the message tells.
        None => remove(wanted.revision),
        Some(document) if document.deleted_at.is_some() => remove(document.revision),
        Some(document) => {
            return match text(&*deps.blobs, tenant, &document).await {
                Ok(text) => {
                    let revision = document.revision;
                    Ok(Ready { wanted, revision, write: IndexWrite::Put(Box::new(entry(document, text))) })
                }
                Err(fault) => Err((wanted, fault)),
            };
        }
    };
    Ok(Ready { wanted, revision, write: IndexWrite::Remove { tenant, id, revision } })
}

/// What the document says.
pub(crate) async fn text(blobs: &dyn BlobStore, tenant: &TenantId, document: &Document) -> Result<String, IndexFault> {
    if document.content.text_chars == 0 {
        // A picture of a page has no text; its title is found all the same.
        return Ok(String::new());
    }
    let key = BlobKey::text(tenant, &document.content.hash);
    let bytes = blobs.get(&key).await.map_err(IndexFault::Load)?;
    let bytes = bytes.ok_or(IndexFault::TextMissing { document: document.id })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The document as it is to be found, without a vector.
pub(crate) fn entry(document: Document, text: String) -> IndexEntry {
    let language = Language::of_document(&document.title, &text);
    IndexEntry {
        readers: document.readers(),
        tenant: document.tenant,
        id: document.id,
        revision: document.revision,
        title: document.title,
        headings: Vec::new(),
        text,
        tags: document.tags,
        media_type: document.content.media_type.to_string(),
        owner: document.owner,
        created_at: document.created_at,
        updated_at: document.updated_at,
        file_name: document.content.file_name,
        size: document.content.size,
        language,
        vector: None,
    }
}
