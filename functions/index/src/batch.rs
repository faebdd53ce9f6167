//! A batch of messages and what became of it.

use crate::IndexFault;
use octavo_domain_documents::{CHANGED, Changed};
use octavo_domain_kernel::{DocumentId, Message, TenantId};
use octavo_domain_search::{Repair, VECTORS_MISSED};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One message as the queue delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The message as JSON.
    pub body: String,
}

/// A message that was not done. It comes again; the others of its batch do not.
#[derive(Debug, Clone)]
pub struct ItemFailure {
    /// The transport's id.
    pub message_id: String,
    /// Why. Messages about the same document fail together.
    pub fault: Arc<IndexFault>,
}

/// What became of a batch: everything that is not here was done.
#[derive(Debug, Clone, Default)]
pub struct BatchResponse {
    /// What was not.
    pub failures: Vec<ItemFailure>,
}

impl BatchResponse {
    /// The ids of what was not done.
    pub fn failed_ids(&self) -> Vec<String> {
        self.failures.iter().map(|failure| failure.message_id.clone()).collect()
    }

    pub(crate) fn fail(&mut self, message_ids: &[String], fault: IndexFault) {
        let fault = Arc::new(fault);
        self.failures.extend(message_ids.iter().map(|id| ItemFailure { message_id: id.clone(), fault: fault.clone() }));
    }
}

/// What one document's messages of a batch ask for: once, whatever their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) document: DocumentId,
    /// The highest revision that was told.
    pub(crate) revision: i64,
    pub(crate) message_ids: Vec<String>,
}

/// A look for documents without a vector that a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedRepair {
    pub(crate) tenant: TenantId,
    pub(crate) repair: Repair,
    pub(crate) message_id: String,
}

/// What a batch asks for.
#[derive(Debug, Default)]
pub(crate) struct Grouped {
    /// Changed documents by tenant.
    pub(crate) changed: BTreeMap<TenantId, Vec<Wanted>>,
    pub(crate) repairs: Vec<WantedRepair>,
}

/// What a message asks for.
enum Asked {
    Changed(Changed),
    Repair(Repair),
}

/// What the messages of a batch ask for. Those that cannot be read fail at once, and alone.
pub(crate) fn group(records: Vec<QueueRecord>, response: &mut BatchResponse) -> Grouped {
    let mut tenants: BTreeMap<TenantId, BTreeMap<DocumentId, Wanted>> = BTreeMap::new();
    let mut repairs = Vec::new();
    for record in records {
        match read(&record.body) {
            Ok((tenant, Asked::Repair(repair))) => {
                repairs.push(WantedRepair { tenant, repair, message_id: record.message_id });
            }
            Ok((tenant, Asked::Changed(changed))) => {
                let document = changed.document;
                let wanted = tenants.entry(tenant).or_default().entry(document).or_insert_with(|| Wanted {
                    document,
                    revision: changed.revision,
                    message_ids: Vec::new(),
                });
                wanted.revision = wanted.revision.max(changed.revision);
                wanted.message_ids.push(record.message_id);
            }
            Err(fault) => response.fail(&[record.message_id], fault),
        }
    }
    let changed = tenants.into_iter().map(|(tenant, documents)| (tenant, documents.into_values().collect()));
    Grouped { changed: changed.collect(), repairs }
}

fn read(body: &str) -> Result<(TenantId, Asked), IndexFault> {
    let unreadable = |error: serde_json::Error| IndexFault::Unreadable(error.to_string());
    let message: Message = serde_json::from_str(body).map_err(unreadable)?;
    if message.kind == VECTORS_MISSED {
        return Ok((message.tenant, Asked::Repair(serde_json::from_value(message.body).map_err(unreadable)?)));
    }
    if message.kind != CHANGED {
        let kind = message.kind;
        return Err(IndexFault::Unreadable(format!("expected the kind {CHANGED} or {VECTORS_MISSED}, got {kind}")));
    }
    let changed: Changed = serde_json::from_value(message.body).map_err(unreadable)?;
    if changed.revision < 1 {
        return Err(IndexFault::Unreadable(format!("expected a revision of 1 or more, got {}", changed.revision)));
    }
    Ok((message.tenant, Asked::Changed(changed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn record(id: &str, tenant: &str, kind: &str, document: u128, revision: i64) -> QueueRecord {
        let document = Uuid::from_u128(document);
        let body = json!({
            "id": Uuid::from_u128(9), "tenant": tenant, "kind": kind, "key": document, "at": "2026-01-01T00:00:00Z",
            "body": {"document": document, "revision": revision}
        });
        QueueRecord { message_id: id.to_owned(), body: body.to_string() }
    }

    #[test]
    fn messages_about_one_document_are_one_piece_of_work() {
        let mut response = BatchResponse::default();
        let records = vec![
            record("a", "acme", CHANGED, 1, 3),
            record("b", "acme", CHANGED, 1, 5),
            record("c", "acme", CHANGED, 2, 1),
            record("d", "umbrella", CHANGED, 1, 2),
        ];
        let groups = group(records, &mut response).changed;
        assert!(response.failures.is_empty());
        let acme = &groups[&"acme".parse().unwrap()];
        assert_eq!((acme[0].revision, &acme[0].message_ids[..]), (5, &["a".to_owned(), "b".to_owned()][..]));
        assert_eq!((acme.len(), groups[&"umbrella".parse().unwrap()].len()), (2, 1));
    }

    #[test]
    fn what_cannot_be_read_fails_alone() {
        let mut response = BatchResponse::default();
        let records = vec![
            QueueRecord { message_id: "poison".to_owned(), body: "{".to_owned() },
            record("other", "acme", "document.printed", 1, 1),
            record("tenant", "No Tenant", CHANGED, 1, 1),
            record("revision", "acme", CHANGED, 1, 0),
            record("good", "acme", CHANGED, 1, 1),
        ];
        let groups = group(records, &mut response).changed;
        assert_eq!(response.failed_ids(), ["poison", "other", "tenant", "revision"]);
        assert_eq!(groups[&"acme".parse().unwrap()].len(), 1);
    }
}
