//! The port of what keeps the counts.

use super::{AnalyticsFound, AnalyticsRange, Click, Counted};
use async_trait::async_trait;
use octavo_domain_kernel::{PortError, TenantId};

/// Different texts that are kept of a tenant and day; searches with more are counted together, as other ones.
pub const TEXTS_DAY_MAX: u32 = 1000;
/// Clicks that are kept of a tenant and day; what comes beyond is dropped.
pub const CLICKS_DAY_MAX: u32 = 10_000;
/// Clicks that are kept of one search.
pub const CLICKS_SEARCH_MAX: u32 = 20;

/// Keeps counts and clicks for [`super::ANALYTICS_DAYS_MAX`] days. PostgreSQL implements this.
#[async_trait]
pub trait SearchAnalytics: Send + Sync {
    /// Adds these, each day and text at most once among them.
    async fn analytics_add(&self, tenant: &TenantId, counted: &[Counted]) -> Result<(), PortError>;
    /// Keeps a click, once for a search and a document, if there is room.
    async fn analytics_click(&self, tenant: &TenantId, click: &Click) -> Result<(), PortError>;
    /// The counts of some days.
    async fn analytics(&self, tenant: &TenantId, range: AnalyticsRange) -> Result<AnalyticsFound, PortError>;
}
