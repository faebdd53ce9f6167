//! Ports that answer at once: everything is there, nothing is kept but what a case needs.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_ai::Call;
use octavo_domain_ai::limits::Policy;
use octavo_domain_ai::models::TargetId;
use octavo_domain_ai::ports::{
    AlertStore, AnswerStore, ApiKey, ApiKeyStore, BreakerView, Breakers, BudgetAlert, BudgetLevel, CallPage, CallQuery,
    Claim, Found, Ledger, Meter, Observation, Observer, OpenCall, PolicyStore, ProviderKey, ProviderKeyStore, RateLeft,
    ReserveRequest, Reserved, Sample, Settlement, Spent, StoredPolicy, TranscriptStore, UsageQuery, UsageRow,
};
use octavo_domain_ai::routing::Phase;
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, CacheKey, Message, PortError, Principal, Queue, QueueDepth, QueueName, TenantId,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// A tenant that has set nothing.
pub(crate) const PLAIN: &str = "plain";
/// A tenant with two rates and two budgets.
pub(crate) const LIMITED: &str = "limited";
/// A tenant whose prompts leave without personal data.
pub(crate) const CAREFUL: &str = "careful";
/// A tenant whose answers are really kept.
pub(crate) const KEEPING: &str = "keeping";

/// Whose requests are being made: every key is theirs.
pub(crate) struct Tenant(pub(crate) &'static str);

#[async_trait]
impl Authenticator for Tenant {
    async fn authenticate(&self, _: &str) -> Result<Principal, AuthenticateError> {
        Ok(Principal {
            tenant: self.0.parse().expect("tenants are constants"),
            user: "ada".parse().expect("the user is a constant"),
            name: None,
            groups: Default::default(),
            roles: Default::default(),
            api_key: None,
        })
    }
}

/// Every port but the provider.
#[derive(Default)]
pub(crate) struct Memory {
    answers: Mutex<HashMap<CacheKey, Bytes>>,
}

fn policy(tenant: &TenantId) -> Option<Policy> {
    let json = match tenant.as_str() {
        LIMITED => serde_json::json!({
            "rates": [
                { "requests_per_minute": 1_000_000, "tokens_per_minute": 1_000_000_000 },
                { "scope": "user", "requests_per_minute": 1_000_000 }
            ],
            "budgets": [
                { "period": "day", "tokens": 1_000_000_000_000_u64, "dollars": "9000000" },
                { "period": "month", "dollars": "9000000" }
            ]
        }),
        CAREFUL => serde_json::json!({ "safety": { "redact": ["all"] } }),
        _ => return None,
    };
    Some(serde_json::from_value(json).expect("policies are constants"))
}

#[async_trait]
impl PolicyStore for Memory {
    async fn policy_get(&self, tenant: &TenantId) -> Result<Option<StoredPolicy>, PortError> {
        Ok(policy(tenant).map(|policy| StoredPolicy { revision: 1, policy, updated_at: None, updated_by: None }))
    }
    async fn policy_put(&self, _: &TenantId, _: &StoredPolicy, _: i64) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl AnswerStore for Memory {
    async fn find_or_claim(&self, key: &CacheKey, token: &str, _: Duration) -> Result<Found, PortError> {
        Ok(match self.answers.lock().get(key) {
            Some(kept) => Found::Kept(kept.clone()),
            None => Found::Claimed(Claim { key: key.clone(), token: token.to_owned() }),
        })
    }
    async fn peek(&self, key: &CacheKey) -> Result<Option<Bytes>, PortError> {
        Ok(self.answers.lock().get(key).cloned())
    }
    async fn renew(&self, _: &Claim, _: Duration) -> Result<bool, PortError> {
        Ok(true)
    }
    async fn fulfil(&self, claim: &Claim, answer: Bytes, _: Duration) -> Result<(), PortError> {
        if claim.key.as_str().contains(KEEPING) {
            self.answers.lock().insert(claim.key.clone(), answer);
        }
        Ok(())
    }
    async fn release(&self, _: &Claim) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Meter for Memory {
    async fn reserve(&self, request: &ReserveRequest) -> Result<Reserved, PortError> {
        let left = |line: &octavo_domain_ai::ports::RateLine| RateLeft {
            name: line.name.clone(),
            limit: line.burst,
            remaining: line.burst.saturating_sub(line.amount),
            reset: Duration::from_millis(1),
        };
        let rates = request.rates.iter().map(left).collect();
        Ok(Reserved::Granted { rates, budgets: vec![request.hold; request.budgets.len()] })
    }
    async fn settle(&self, _: &Settlement) -> Result<Vec<(String, BudgetLevel)>, PortError> {
        Ok(Vec::new())
    }
    async fn reclaim(&self, _: &TenantId, _: usize) -> Result<Vec<OpenCall>, PortError> {
        Ok(Vec::new())
    }
    async fn reclaimed(&self, _: &TenantId, _: &[Uuid]) -> Result<(), PortError> {
        Ok(())
    }
    async fn tenants(&self) -> Result<Vec<TenantId>, PortError> {
        Ok(Vec::new())
    }
    async fn levels(&self, _: &TenantId, names: &[String]) -> Result<Vec<Option<BudgetLevel>>, PortError> {
        Ok(vec![None; names.len()])
    }
    async fn alert_once(&self, _: &TenantId, _: &str, _: Duration) -> Result<bool, PortError> {
        Ok(false)
    }
}

#[async_trait]
impl Breakers for Memory {
    async fn view(&self, targets: &[TargetId]) -> Result<Vec<BreakerView>, PortError> {
        let closed = |target: &TargetId| BreakerView {
            target: target.clone(),
            phase: Phase::Closed,
            open_for: None,
            latency: Some(Duration::from_millis(1)),
            calls: 1,
            failures: 0,
            slow: 0,
            last_failure: None,
        };
        Ok(targets.iter().map(closed).collect())
    }
    async fn probe(&self, _: &TargetId, _: Duration) -> Result<bool, PortError> {
        Ok(true)
    }
    async fn record(&self, _: &TargetId, _: &Sample) -> Result<(), PortError> {
        Ok(())
    }
    async fn hold_open(&self, _: &TargetId, _: Duration) -> Result<(), PortError> {
        Ok(())
    }
    async fn reset(&self, _: &TargetId) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Ledger for Memory {
    async fn call_insert(&self, _: &TenantId, calls: &[Call]) -> Result<Vec<bool>, PortError> {
        Ok(vec![true; calls.len()])
    }
    async fn spent(&self, _: &TenantId, _: NaiveDate, _: NaiveDate) -> Result<Spent, PortError> {
        Ok(Spent::default())
    }
    async fn usage(&self, _: &TenantId, _: &UsageQuery) -> Result<Vec<UsageRow>, PortError> {
        Ok(Vec::new())
    }
    async fn call_list(&self, _: &TenantId, _: &CallQuery) -> Result<CallPage, PortError> {
        Ok(CallPage::default())
    }
}

#[async_trait]
impl ApiKeyStore for Memory {
    async fn api_key_get(&self, _: &TenantId, _: Uuid) -> Result<Option<ApiKey>, PortError> {
        Ok(None)
    }
    async fn api_key_list(&self, _: &TenantId) -> Result<Vec<ApiKey>, PortError> {
        Ok(Vec::new())
    }
    async fn api_key_insert(&self, _: &ApiKey) -> Result<(), PortError> {
        Ok(())
    }
    async fn api_key_revoke(&self, _: &TenantId, _: Uuid, _: DateTime<Utc>) -> Result<bool, PortError> {
        Ok(false)
    }
}

#[async_trait]
impl ProviderKeyStore for Memory {
    async fn provider_key_list(&self, _: &TenantId) -> Result<Vec<ProviderKey>, PortError> {
        Ok(Vec::new())
    }
    async fn provider_key_put(&self, _: &TenantId, _: &ProviderKey) -> Result<(), PortError> {
        Ok(())
    }
    async fn provider_key_delete(&self, _: &TenantId, _: &str) -> Result<bool, PortError> {
        Ok(false)
    }
}

#[async_trait]
impl AlertStore for Memory {
    async fn alert_insert(&self, _: &TenantId, _: &BudgetAlert) -> Result<(), PortError> {
        Ok(())
    }
    async fn alert_list(&self, _: &TenantId, _: usize) -> Result<Vec<BudgetAlert>, PortError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl TranscriptStore for Memory {
    async fn transcript_put(&self, _: &TenantId, _: Uuid, _: &[u8]) -> Result<(), PortError> {
        Ok(())
    }
    async fn transcript_get(&self, _: &TenantId, _: Uuid) -> Result<Option<Bytes>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl Queue for Memory {
    async fn send(&self, _: &QueueName, _: &[Message]) -> Result<(), PortError> {
        Ok(())
    }
    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }
    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

impl Observer for Memory {
    fn observe(&self, _: &Observation<'_>) {}
}
