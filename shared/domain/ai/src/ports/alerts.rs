//! Alerts that a budget raised.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use uuid::Uuid;

/// A budget reached a share of its sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetAlert {
    /// Names it.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// The budget: `day:2026-11-26`, `month:2026-11:user:ada`.
    pub budget: String,
    /// The share, in percent.
    pub percent: u8,
    /// Tokens used then, those held back included.
    pub tokens: u64,
    /// Of so many, if tokens are limited.
    pub tokens_max: Option<u64>,
    /// Thousand-millionths of a US dollar, likewise.
    pub nanodollars: u64,
    /// Of so many, if money is limited.
    pub nanodollars_max: Option<u64>,
}

/// Alerts, for the tenant's administrators to see.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// Adds one. The same budget and share again changes nothing: an alert is raised once a period.
    async fn alert_insert(&self, tenant: &TenantId, alert: &BudgetAlert) -> Result<(), PortError>;
    /// The newest `limit` (1 to 1,000).
    async fn alert_list(&self, tenant: &TenantId, limit: usize) -> Result<Vec<BudgetAlert>, PortError>;
}
