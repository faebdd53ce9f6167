//! Synonyms as this process keeps them ready. Which revision is the present one comes with the search state, so that reading
//! them costs a search nothing while they stay as they are, and the next one after a change goes by it.

use octavo_domain_kernel::TenantId;
use octavo_domain_search::{Alternative, SynonymStore, Synonyms};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Tenants whose synonyms a process keeps: at 1,000 rules of two short terms each takes about 300 KiB.
const TENANTS_MAX: usize = 100;

#[derive(Clone)]
struct Kept {
    revision: i64,
    synonyms: Arc<Synonyms>,
}

pub(crate) struct KeptSynonyms {
    store: Arc<dyn SynonymStore>,
    tenants: Mutex<HashMap<TenantId, Kept>>,
}

impl KeptSynonyms {
    pub(crate) fn new(store: Arc<dyn SynonymStore>) -> Self {
        Self { store, tenants: Mutex::default() }
    }

    /// What parts of `text` may also be called in this tenant, whose synonyms are at `revision`. If they cannot be read, as
    /// they were when they could be: a search does not fail for them.
    pub(crate) async fn alternatives(&self, tenant: &TenantId, revision: i64, text: Option<&str>) -> Vec<Alternative> {
        match text {
            Some(text) if revision > 0 => self.present(tenant, revision).await.expand(text),
            _ => Vec::new(),
        }
    }

    async fn present(&self, tenant: &TenantId, revision: i64) -> Arc<Synonyms> {
        let kept = self.tenants.lock().get(tenant).cloned();
        if let Some(kept) = &kept
            && kept.revision >= revision
        {
            return kept.synonyms.clone();
        }
        match self.store.synonyms_get(tenant).await {
            Ok(Some(stored)) => {
                let synonyms = Arc::new(Synonyms::of(&stored.rules));
                self.keep(tenant, Kept { revision: stored.revision, synonyms: synonyms.clone() });
                synonyms
            }
            Ok(None) => Arc::default(),
            Err(error) => {
                tracing::warn!(%error, %tenant, revision, "synonyms cannot be read; the search goes by older ones");
                kept.map(|kept| kept.synonyms).unwrap_or_default()
            }
        }
    }

    fn keep(&self, tenant: &TenantId, new: Kept) {
        let mut tenants = self.tenants.lock();
        if tenants.len() >= TENANTS_MAX && !tenants.contains_key(tenant) {
            // Whichever: who searches again is read again.
            let one = tenants.keys().next().cloned();
            one.and_then(|tenant| tenants.remove(&tenant));
        }
        match tenants.get(tenant) {
            // Two that read at once may end in either order.
            Some(kept) if kept.revision > new.revision => {}
            _ => {
                tenants.insert(tenant.clone(), new);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use octavo_domain_kernel::{PortError, PortErrorKind};
    use octavo_domain_search::{StoredSynonyms, SynonymRules};

    #[derive(Default)]
    struct Store {
        reads: Mutex<Vec<String>>,
        stored: Mutex<Option<(i64, &'static str)>>,
        fails: Mutex<bool>,
    }

    #[async_trait]
    impl SynonymStore for Store {
        async fn synonyms_get(&self, tenant: &TenantId) -> Result<Option<StoredSynonyms>, PortError> {
            self.reads.lock().push(tenant.to_string());
            if *self.fails.lock() {
                return Err(PortError::new(PortErrorKind::Unavailable, "told to fail"));
            }
            let stored = *self.stored.lock();
            Ok(stored.map(|(revision, other)| StoredSynonyms {
                revision,
                rules: SynonymRules {
                    equivalents: vec![vec!["car".to_owned(), other.to_owned()]],
                    one_way: Vec::new(),
                },
                updated_at: chrono::DateTime::UNIX_EPOCH,
                updated_by: "ada".parse().unwrap(),
            }))
        }

        async fn synonyms_put(&self, _: &TenantId, _: &StoredSynonyms) -> Result<bool, PortError> {
            panic!("nothing is set here")
        }
    }

    async fn said(kept: &KeptSynonyms, tenant: &str, revision: i64) -> Vec<String> {
        let found = kept.alternatives(&tenant.parse().unwrap(), revision, Some("car")).await;
        found.into_iter().map(|alternative| alternative.is).collect()
    }

    #[tokio::test]
    async fn they_are_read_once_a_revision() {
        let store = Arc::new(Store::default());
        let kept = KeptSynonyms::new(store.clone());
        assert_eq!(said(&kept, "acme", 0).await, [""; 0]);
        assert_eq!(store.reads.lock().len(), 0, "where none were set nothing is read");
        *store.stored.lock() = Some((1, "automobile"));
        for _ in 0..3 {
            assert_eq!(said(&kept, "acme", 1).await, ["automobile"]);
        }
        *store.stored.lock() = Some((2, "wagon"));
        assert_eq!(said(&kept, "acme", 2).await, ["wagon"]);
        // A state that was read before the change.
        assert_eq!(said(&kept, "acme", 1).await, ["wagon"]);
        assert_eq!(said(&kept, "umbrella", 2).await, ["wagon"]);
        assert_eq!(*store.reads.lock(), ["acme", "acme", "umbrella"]);
    }

    #[tokio::test]
    async fn a_search_does_not_fail_for_them() {
        let store = Arc::new(Store::default());
        let kept = KeptSynonyms::new(store.clone());
        *store.stored.lock() = Some((1, "automobile"));
        assert_eq!(said(&kept, "acme", 1).await, ["automobile"]);
        *store.fails.lock() = true;
        assert_eq!(said(&kept, "acme", 2).await, ["automobile"]);
        assert_eq!(said(&kept, "umbrella", 2).await, [""; 0]);
    }

    #[tokio::test]
    async fn so_many_are_kept_and_no_more() {
        let store = Arc::new(Store::default());
        let kept = KeptSynonyms::new(store.clone());
        *store.stored.lock() = Some((1, "automobile"));
        for number in 0..=TENANTS_MAX {
            assert_eq!(said(&kept, &format!("t{number}"), 1).await, ["automobile"]);
        }
        assert_eq!(kept.tenants.lock().len(), TENANTS_MAX);
    }
}
