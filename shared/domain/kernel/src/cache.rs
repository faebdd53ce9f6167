//! Values that may be forgotten at any time.

use crate::{PortError, TenantId};
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

/// The key of a cached value. Made only here, so that every key begins with its tenant; the tenant is the hash tag, so
/// that a tenant's keys lie on one node of a Redis Cluster and one script can touch them together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    /// `feature` is the feature's name (`search`), `name` what it keeps there, unique within the feature.
    pub fn new(tenant: &TenantId, feature: &str, name: &str) -> Self {
        Self(format!("octavo:{{{tenant}}}:{feature}:{name}"))
    }

    /// The key as the store sees it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keeps values for a while. A caller must do right without it: on an error it goes on as if nothing was cached.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value, if it is still kept.
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, PortError>;
    /// Keeps `value` for at most `ttl` (whole milliseconds, at least 1).
    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Duration) -> Result<(), PortError>;
    /// Forgets it.
    async fn delete(&self, key: &CacheKey) -> Result<(), PortError>;
    /// Whether the store answers: for health checks.
    async fn ping(&self) -> Result<(), PortError>;
}
