//! What is told of documents is what is indexed of them.

use crate::ports::{Ports, id, record};
use async_trait::async_trait;
use octavo_domain_documents::{Document, DocumentScan, DocumentTenants};
use octavo_domain_kernel::{DocumentId, PortError, PortErrorKind, TenantId};
use octavo_domain_search::{IndexWrite, Known, SearchTruth, VECTORS_MISSED, Whole};
use octavo_index::Truth;
use octavo_testing::time::ManualClock;
use std::collections::BTreeSet;
use std::sync::Arc;

#[async_trait]
impl DocumentScan for Ports {
    async fn document_scan(
        &self,
        tenant: &TenantId,
        after: Option<DocumentId>,
        limit: u16,
    ) -> Result<Vec<Document>, PortError> {
        let mut own: Vec<Document> =
            self.documents.lock().iter().filter(|one| one.tenant == *tenant).cloned().collect();
        own.retain(|one| one.deleted_at.is_none() && after.is_none_or(|after| one.id > after));
        own.sort_by_key(|one| one.id);
        own.truncate(limit.into());
        Ok(own)
    }
}

#[async_trait]
impl DocumentTenants for Ports {
    async fn document_tenants(&self, after: Option<&TenantId>, limit: u16) -> Result<Vec<TenantId>, PortError> {
        let all: BTreeSet<TenantId> = self.documents.lock().iter().map(|document| document.tenant.clone()).collect();
        Ok(all.into_iter().filter(|one| after.is_none_or(|after| one > after)).take(limit.into()).collect())
    }
}

fn truth(ports: &Arc<Ports>) -> Truth {
    Truth {
        documents: ports.clone(),
        scan: ports.clone(),
        tenants: ports.clone(),
        blobs: ports.clone(),
        state: ports.clone(),
        clock: Arc::new(ManualClock::default()),
    }
}

#[tokio::test]
async fn it_is_what_the_function_writes() {
    let ports = Arc::new(Ports::default());
    let text = "Die Wohnung wird von dem Vermieter an den Mieter vermietet, und zwar ab dem ersten Mai.";
    let (one, other) = (ports.add("acme", 1, 3, text), ports.add("acme", 2, 1, ""));
    ports.run(vec![record("a", &one), record("b", &other)]).await;
    let whole = truth(&ports).whole(&one.tenant, &[id(1), id(2), id(9)]).await.unwrap();
    assert_eq!(whole.len(), 2);
    for write in ports.writes() {
        let IndexWrite::Put(entry) = write else { panic!("{write:?}") };
        assert_eq!(whole[&entry.id], Whole::Entry(entry));
    }
}

#[tokio::test]
async fn what_is_deleted_has_no_readers_and_what_has_no_text_says_so() {
    let ports = Arc::new(Ports::default());
    let lost = ports.add("acme", 1, 2, "Its text is lost.");
    ports.texts.lock().clear();
    ports.add("acme", 2, 5, "It is deleted.");
    ports.add("globex", 3, 1, "Another's.");
    let deleted = |document: &mut Document| document.deleted_at = Some(document.updated_at);
    ports.documents.lock().iter_mut().filter(|document| document.id == id(2)).for_each(deleted);

    let (truth, acme) = (truth(&ports), lost.tenant.clone());
    let known = |n: u64, revision, readers| Known { id: id(n), revision, readers };
    let all = truth.known(&acme, &[id(1), id(2), id(3)]).await.unwrap();
    assert_eq!(all, [known(1, 2, Some(lost.readers())), known(2, 5, None)]);
    assert_eq!(truth.living(&acme, None, 10).await.unwrap(), all[..1]);
    assert!(truth.living(&acme, Some(id(1)), 10).await.unwrap().is_empty());
    let whole = truth.whole(&acme, &[id(1), id(2), id(3)]).await.unwrap();
    let expected = [(id(1), Whole::TextMissing { revision: 2 }), (id(2), Whole::Deleted { revision: 5 })];
    assert_eq!(whole, expected.into());
    let names = truth.tenants(None, 10).await.unwrap();
    assert_eq!(names.iter().map(TenantId::as_str).collect::<Vec<_>>(), ["acme", "globex"]);

    ports.unreadable.lock().insert("acme".to_owned());
    assert_eq!(truth.whole(&acme, &[id(1)]).await.unwrap_err().kind, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn vectors_are_asked_for_by_the_message_that_has_missed_ones_made() {
    let ports = Arc::new(Ports::default());
    truth(&ports).vectors_wanted(&"acme".parse().unwrap()).await.unwrap();
    let (asked, after_ms) = ports.later.lock().remove(0);
    assert_eq!((asked.message.kind.as_str(), after_ms), (VECTORS_MISSED, 0));
}
