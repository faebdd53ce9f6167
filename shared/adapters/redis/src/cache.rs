//! Values that Redis keeps for a while.

use crate::connection::Redis;
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{Cache, CacheKey, PortError, PortErrorKind};
use std::time::Duration;

/// Largest value, in bytes. A larger one is refused as `Corrupt`: it would hold up everybody on the connection.
pub const CACHE_VALUE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// [`Cache`] over plain keys with an expiry.
#[derive(Debug, Clone)]
pub struct RedisCache(Redis);

impl RedisCache {
    /// A cache on `redis`.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, PortError> {
        let value: Option<Vec<u8>> = self.0.query(redis::cmd("GET").arg(key.as_str())).await?;
        Ok(value.map(Bytes::from))
    }

    async fn set(&self, key: &CacheKey, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        if value.len() > CACHE_VALUE_BYTES_MAX {
            let text = format!("value: at most {CACHE_VALUE_BYTES_MAX} bytes, got {}", value.len());
            return Err(PortError::new(PortErrorKind::Corrupt, text));
        }
        let mut set = redis::cmd("SET");
        set.arg(key.as_str()).arg(value.as_ref()).arg("PX").arg(milliseconds(ttl).max(1));
        self.0.query(&set).await
    }

    async fn delete(&self, key: &CacheKey) -> Result<(), PortError> {
        self.0.query(redis::cmd("DEL").arg(key.as_str())).await
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.0.ping().await
    }
}

/// Whole milliseconds, within what Redis takes.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    // A century: Redis adds the present to it, in a signed 64-bit number.
    const MILLISECONDS_MAX: u128 = 100 * 366 * 24 * 3600 * 1000;
    u64::try_from(duration.as_millis().min(MILLISECONDS_MAX)).expect("a century of milliseconds fits")
}
