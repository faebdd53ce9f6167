//! Ports that know nothing and forget everything, but the ledger, which tests read.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_ai::Call;
use octavo_domain_ai::models::TargetId;
use octavo_domain_ai::ports::{
    AlertStore, AnswerStore, ApiKey, ApiKeyStore, BreakerView, Breakers, BudgetAlert, BudgetLevel, CallPage, CallQuery,
    Claim, Found, Ledger, Meter, Observation, Observer, OpenCall, PolicyStore, ProviderKey, ProviderKeyStore,
    ReserveRequest, Reserved, Sample, Settlement, Spent, StoredPolicy, TranscriptStore, UsageQuery, UsageRow,
};
use octavo_domain_ai::routing::Phase;
use octavo_domain_kernel::{CacheKey, Message, PortError, Queue, QueueDepth, QueueName, TenantId};
use parking_lot::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

type Answer<T> = Result<T, PortError>;

/// Every port but the provider.
#[derive(Default)]
pub(crate) struct Ports {
    calls: Mutex<Vec<Call>>,
    written: Notify,
    /// The one API key that there is.
    pub(crate) key: Mutex<Option<ApiKey>>,
}

impl Ports {
    /// The only line of the ledger, once it is there.
    pub(crate) async fn call(&self) -> Call {
        loop {
            let written = self.written.notified();
            if let Some(call) = self.calls.lock().pop() {
                return call;
            }
            written.await;
        }
    }
}

#[async_trait]
impl Ledger for Ports {
    async fn call_insert(&self, _: &TenantId, calls: &[Call]) -> Answer<Vec<bool>> {
        self.calls.lock().extend_from_slice(calls);
        self.written.notify_waiters();
        Ok(vec![true; calls.len()])
    }
    async fn spent(&self, _: &TenantId, _: NaiveDate, _: NaiveDate) -> Answer<Spent> {
        Ok(Spent::default())
    }
    async fn usage(&self, _: &TenantId, _: &UsageQuery) -> Answer<Vec<UsageRow>> {
        Ok(Vec::new())
    }
    async fn call_list(&self, _: &TenantId, _: &CallQuery) -> Answer<CallPage> {
        Ok(CallPage::default())
    }
}

#[async_trait]
impl PolicyStore for Ports {
    async fn policy_get(&self, _: &TenantId) -> Answer<Option<StoredPolicy>> {
        Ok(None)
    }
    async fn policy_put(&self, _: &TenantId, _: &StoredPolicy, _: i64) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl AnswerStore for Ports {
    async fn find_or_claim(&self, key: &CacheKey, token: &str, _: Duration) -> Answer<Found> {
        Ok(Found::Claimed(Claim { key: key.clone(), token: token.to_owned() }))
    }
    async fn peek(&self, _: &CacheKey) -> Answer<Option<Bytes>> {
        Ok(None)
    }
    async fn renew(&self, _: &Claim, _: Duration) -> Answer<bool> {
        Ok(true)
    }
    async fn fulfil(&self, _: &Claim, _: Bytes, _: Duration) -> Answer<()> {
        Ok(())
    }
    async fn release(&self, _: &Claim) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl Meter for Ports {
    async fn reserve(&self, request: &ReserveRequest) -> Answer<Reserved> {
        Ok(Reserved::Granted { rates: Vec::new(), budgets: vec![request.hold; request.budgets.len()] })
    }
    async fn settle(&self, _: &Settlement) -> Answer<Vec<(String, BudgetLevel)>> {
        Ok(Vec::new())
    }
    async fn reclaim(&self, _: &TenantId, _: usize) -> Answer<Vec<OpenCall>> {
        Ok(Vec::new())
    }
    async fn reclaimed(&self, _: &TenantId, _: &[Uuid]) -> Answer<()> {
        Ok(())
    }
    async fn tenants(&self) -> Answer<Vec<TenantId>> {
        Ok(Vec::new())
    }
    async fn levels(&self, _: &TenantId, names: &[String]) -> Answer<Vec<Option<BudgetLevel>>> {
        Ok(vec![None; names.len()])
    }
    async fn alert_once(&self, _: &TenantId, _: &str, _: Duration) -> Answer<bool> {
        Ok(false)
    }
}

#[async_trait]
impl Breakers for Ports {
    async fn view(&self, targets: &[TargetId]) -> Answer<Vec<BreakerView>> {
        let closed = |target: &TargetId| BreakerView {
            target: target.clone(),
            phase: Phase::Closed,
            open_for: None,
            latency: None,
            calls: 0,
            failures: 0,
            slow: 0,
            last_failure: None,
        };
        Ok(targets.iter().map(closed).collect())
    }
    async fn probe(&self, _: &TargetId, _: Duration) -> Answer<bool> {
        Ok(true)
    }
    async fn record(&self, _: &TargetId, _: &Sample) -> Answer<()> {
        Ok(())
    }
    async fn hold_open(&self, _: &TargetId, _: Duration) -> Answer<()> {
        Ok(())
    }
    async fn reset(&self, _: &TargetId) -> Answer<()> {
        Ok(())
    }
}

#[async_trait]
impl ApiKeyStore for Ports {
    async fn api_key_get(&self, tenant: &TenantId, id: Uuid) -> Answer<Option<ApiKey>> {
        Ok(self.key.lock().clone().filter(|key| key.tenant == *tenant && key.id == id))
    }
    async fn api_key_list(&self, _: &TenantId) -> Answer<Vec<ApiKey>> {
        Ok(Vec::new())
    }
    async fn api_key_insert(&self, key: &ApiKey) -> Answer<()> {
        *self.key.lock() = Some(key.clone());
        Ok(())
    }
    async fn api_key_revoke(&self, _: &TenantId, _: Uuid, _: DateTime<Utc>) -> Answer<bool> {
        Ok(false)
    }
}

#[async_trait]
impl ProviderKeyStore for Ports {
    async fn provider_key_list(&self, _: &TenantId) -> Answer<Vec<ProviderKey>> {
        Ok(Vec::new())
    }
    async fn provider_key_put(&self, _: &TenantId, _: &ProviderKey) -> Answer<()> {
        Ok(())
    }
    async fn provider_key_delete(&self, _: &TenantId, _: &str) -> Answer<bool> {
        Ok(false)
    }
}

#[async_trait]
impl AlertStore for Ports {
    async fn alert_insert(&self, _: &TenantId, _: &BudgetAlert) -> Answer<()> {
        Ok(())
    }
    async fn alert_list(&self, _: &TenantId, _: usize) -> Answer<Vec<BudgetAlert>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl TranscriptStore for Ports {
    async fn transcript_put(&self, _: &TenantId, _: Uuid, _: &[u8]) -> Answer<()> {
        Ok(())
    }
    async fn transcript_get(&self, _: &TenantId, _: Uuid) -> Answer<Option<Bytes>> {
        Ok(None)
    }
}

#[async_trait]
impl Queue for Ports {
    async fn send(&self, _: &QueueName, _: &[Message]) -> Answer<()> {
        Ok(())
    }
    async fn depth(&self, _: &QueueName) -> Answer<QueueDepth> {
        Ok(QueueDepth::default())
    }
    async fn ping(&self) -> Answer<()> {
        Ok(())
    }
}

impl Observer for Ports {
    fn observe(&self, _: &Observation<'_>) {}
}
