//! What a change to a document tells the rest of the platform.

use crate::Document;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, Message, Reader};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The queue that the `index` function consumes.
pub const INDEX_QUEUE: &str = "index";
/// The kind of the message that says that a document changed.
pub const CHANGED: &str = "document.changed";

/// The body of a [`CHANGED`] message. It names the document and does not carry it: a consumer reads what is true when it
/// reads, so a late message can do no harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Which one.
    pub document: DocumentId,
    /// The revision that the change made.
    pub revision: i64,
}

/// The message that says that `document` was changed to its present revision.
pub fn change_message(id: Uuid, at: DateTime<Utc>, document: &Document, traceparent: Option<String>) -> Message {
    let changed = Changed { document: document.id, revision: document.revision };
    Message {
        id,
        tenant: document.tenant.clone(),
        kind: CHANGED.to_owned(),
        key: document.id.to_string(),
        at,
        traceparent,
        body: serde_json::to_value(changed).expect("two plain fields serialise"),
    }
}

/// Those who could read `before` and cannot read `after` (nobody can read what is deleted): search must hide the
/// document from them at once, before the index has caught up.
pub fn lost_readers(before: &Document, after: &Document) -> Vec<Reader> {
    let readers = |document: &Document| -> BTreeSet<Reader> {
        if document.deleted_at.is_some() { BTreeSet::new() } else { document.readers().into_iter().collect() }
    };
    readers(before).difference(&readers(after)).cloned().collect()
}
