//! The ledger: what every call used and cost.

use crate::{Call, Feature, Usage};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Which use to add up.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageQuery {
    /// The first day, UTC.
    pub from: NaiveDate,
    /// The last day, UTC.
    pub to: NaiveDate,
    /// A row a day.
    pub by_day: bool,
    /// A row a model (and provider).
    pub by_model: bool,
    /// A row a feature.
    pub by_feature: bool,
    /// A row a user.
    pub by_user: bool,
    /// A row an API key.
    pub by_key: bool,
}

/// Use, added up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageRow {
    /// The day, if asked for.
    pub day: Option<NaiveDate>,
    /// The provider, if models were asked for.
    pub provider: Option<String>,
    /// The model, if asked for; empty for calls that no model answered.
    pub model: Option<String>,
    /// The feature, if asked for.
    pub feature: Option<Feature>,
    /// The user, if asked for.
    pub user: Option<UserId>,
    /// The API key, if asked for; none also for calls with a token.
    pub key: Option<Uuid>,
    /// Calls.
    pub calls: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that the cache answered (hits and coalesced).
    pub cache_hits: u64,
    /// Calls of models without a price: their cost is not in `cost`.
    pub unpriced: u64,
    /// Tokens.
    pub usage: Usage,
    /// US dollars.
    pub cost: Decimal,
    /// US dollars that the cache saved.
    pub saved: Decimal,
    /// Tokens that the cache saved.
    pub saved_tokens: u64,
}

/// What a budget period has used up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens.
    pub tokens: u64,
    /// US dollars.
    pub cost: Decimal,
}

/// Which calls to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallQuery {
    /// Only those of this user.
    pub user: Option<UserId>,
    /// Only those of this feature.
    pub feature: Option<Feature>,
    /// Only those that began at or after.
    pub from: Option<DateTime<Utc>>,
    /// Only those that began before.
    pub to: Option<DateTime<Utc>>,
    /// Only those before this one (newest first).
    pub before: Option<Uuid>,
    /// At most so many, 1 to 1,000.
    pub limit: usize,
}

/// A page of calls, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallPage {
    /// The calls.
    pub calls: Vec<Call>,
    /// Whether there are more.
    pub more: bool,
}

/// The ledger. A call is written once: what has its id already is left as it is.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Writes calls of one tenant, their daily totals and their messages to the audit trail (queue `audit`), in one
    /// transaction. True for each that was new.
    async fn call_insert(&self, tenant: &TenantId, calls: &[Call]) -> Result<Vec<bool>, PortError>;
    /// What was used from the day `from` to the day `to` (both included, UTC), from the daily totals.
    async fn spent(&self, tenant: &TenantId, from: NaiveDate, to: NaiveDate) -> Result<Spent, PortError>;
    /// Totals.
    async fn usage(&self, tenant: &TenantId, query: &UsageQuery) -> Result<Vec<UsageRow>, PortError>;
    /// Single calls.
    async fn call_list(&self, tenant: &TenantId, query: &CallQuery) -> Result<CallPage, PortError>;
}
