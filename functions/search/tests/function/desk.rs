//! The ports behind what a tenant has of search: they keep what they are given and remember what they were asked.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{
    DocumentId, Message, PortError, PortErrorKind, Queue, QueueDepth, QueueName, TenantId, UserId,
};
use octavo_domain_search::{
    AnalyticsFound, AnalyticsRange, Click, Counted, RunCommit, SAVED_MAX, SavedSearch, SavedSearchId, SavedSearchStore,
    SearchAnalytics, StoredSynonyms, SynonymStore,
};
use octavo_search::Desk;
use octavo_testing::ids::SequentialIds;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) synonyms: Mutex<BTreeMap<TenantId, StoredSynonyms>>,
    pub(crate) saved: Mutex<BTreeMap<(TenantId, SavedSearchId), SavedSearch>>,
    pub(crate) told: Mutex<BTreeSet<(SavedSearchId, DocumentId)>>,
    pub(crate) commits: Mutex<Vec<RunCommit>>,
    pub(crate) put_off: Mutex<Vec<DateTime<Utc>>>,
    pub(crate) published: Mutex<Vec<Uuid>>,
    pub(crate) sent: Mutex<Vec<(QueueName, Message)>>,
    pub(crate) clicks: Mutex<Vec<(TenantId, Click)>>,
    pub(crate) ranges: Mutex<Vec<AnalyticsRange>>,
    /// So many commits find that somebody was faster.
    pub(crate) overtaken: Mutex<u32>,
}

impl Shelf {
    pub(crate) fn desk(self: &Arc<Self>) -> Desk {
        Desk {
            synonyms: self.clone(),
            saved: self.clone(),
            analytics: self.clone(),
            queue: self.clone(),
            ids: Arc::new(SequentialIds::default()),
            embeddings: None,
        }
    }
}

#[async_trait]
impl SynonymStore for Shelf {
    async fn synonyms_get(&self, tenant: &TenantId) -> Result<Option<StoredSynonyms>, PortError> {
        Ok(self.synonyms.lock().get(tenant).cloned())
    }

    async fn synonyms_put(&self, tenant: &TenantId, set: &StoredSynonyms) -> Result<bool, PortError> {
        let mut synonyms = self.synonyms.lock();
        let present = synonyms.get(tenant).map_or(0, |present| present.revision);
        if present + 1 != set.revision {
            return Ok(false);
        }
        synonyms.insert(tenant.clone(), set.clone());
        Ok(true)
    }
}

#[async_trait]
impl SavedSearchStore for Shelf {
    async fn saved_put(&self, tenant: &TenantId, saved: &SavedSearch) -> Result<(), PortError> {
        let mut all = self.saved.lock();
        if all.values().filter(|other| other.owner == saved.owner && other.id != saved.id).count() >= SAVED_MAX {
            return Err(PortError::new(PortErrorKind::Conflict, "no room"));
        }
        all.entry((tenant.clone(), saved.id)).or_insert_with(|| saved.clone());
        Ok(())
    }

    async fn saved_get(&self, tenant: &TenantId, id: SavedSearchId) -> Result<Option<SavedSearch>, PortError> {
        Ok(self.saved.lock().get(&(tenant.clone(), id)).cloned())
    }

    async fn saved_list(&self, tenant: &TenantId, owner: &UserId) -> Result<Vec<SavedSearch>, PortError> {
        let all = self.saved.lock();
        let own = all.iter().filter(|((of, _), saved)| of == tenant && saved.owner == *owner);
        Ok(own.map(|(_, saved)| saved.clone()).collect())
    }

    async fn saved_delete(&self, tenant: &TenantId, owner: &UserId, id: SavedSearchId) -> Result<bool, PortError> {
        let mut all = self.saved.lock();
        let key = (tenant.clone(), id);
        let own = all.get(&key).is_some_and(|saved| saved.owner == *owner);
        Ok(own && all.remove(&key).is_some())
    }

    async fn saved_untold(
        &self,
        _: &TenantId,
        id: SavedSearchId,
        documents: &[DocumentId],
    ) -> Result<Vec<DocumentId>, PortError> {
        let told = self.told.lock();
        Ok(documents.iter().filter(|document| !told.contains(&(id, **document))).copied().collect())
    }

    async fn saved_commit(&self, tenant: &TenantId, commit: &RunCommit) -> Result<bool, PortError> {
        let overtaken = &mut *self.overtaken.lock();
        if *overtaken > 0 {
            *overtaken -= 1;
            return Ok(false);
        }
        let mut all = self.saved.lock();
        let Some(saved) = all.get_mut(&(tenant.clone(), commit.id)).filter(|saved| saved.runs == commit.seen_runs)
        else {
            return Ok(false);
        };
        saved.runs += 1;
        saved.last_run_at = Some(commit.at);
        saved.next_run_at = commit.next_run_at;
        saved.groups = commit.found.groups.clone().unwrap_or_else(|| saved.groups.clone());
        self.told.lock().extend(commit.found.told.iter().map(|document| (commit.id, *document)));
        self.commits.lock().push(commit.clone());
        Ok(true)
    }

    async fn saved_put_off(
        &self,
        _: &TenantId,
        _: SavedSearchId,
        _: i64,
        until: DateTime<Utc>,
    ) -> Result<(), PortError> {
        self.put_off.lock().push(until);
        Ok(())
    }

    async fn saved_published(&self, _: &TenantId, ids: &[Uuid]) -> Result<(), PortError> {
        self.published.lock().extend(ids);
        Ok(())
    }
}

#[async_trait]
impl SearchAnalytics for Shelf {
    async fn analytics_add(&self, _: &TenantId, _: &[Counted]) -> Result<(), PortError> {
        Ok(())
    }

    async fn analytics_click(&self, tenant: &TenantId, click: &Click) -> Result<(), PortError> {
        self.clicks.lock().push((tenant.clone(), click.clone()));
        Ok(())
    }

    async fn analytics(&self, _: &TenantId, range: AnalyticsRange) -> Result<AnalyticsFound, PortError> {
        self.ranges.lock().push(range);
        Ok(AnalyticsFound::default())
    }
}

#[async_trait]
impl Queue for Shelf {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        self.sent.lock().extend(messages.iter().map(|message| (queue.clone(), message.clone())));
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}
