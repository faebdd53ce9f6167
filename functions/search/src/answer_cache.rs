//! Answers kept for a while. Nothing that goes wrong here fails a search.

use bytes::Bytes;
use octavo_domain_kernel::{Cache, CacheKey, Clock, PortError};
use octavo_domain_search::Found;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// An answer is kept no longer.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// Bytes of a kept answer; a larger one is not kept.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// After a failure the cache is left alone for so long, in milliseconds: a search must not wait for a dead one's timeout
/// each time.
const REST_MS: i64 = 5000;

/// What the cache had to do with an answer, as the `X-Octavo-Cache` header says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheUse {
    /// It was kept.
    Hit,
    /// It was not, and is now.
    Miss,
    /// The cache was not asked: it is away, or what was found may be older than what has changed.
    Bypass,
}

impl CacheUse {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Bypass => "bypass",
        }
    }
}

/// The cache, and whether it is worth asking.
pub(crate) struct AnswerCache {
    cache: Arc<dyn Cache>,
    clock: Arc<dyn Clock>,
    /// Milliseconds since 1970 until which it is left alone.
    rests_until: AtomicI64,
}

impl AnswerCache {
    pub(crate) fn new(cache: Arc<dyn Cache>, clock: Arc<dyn Clock>) -> Self {
        Self { cache, clock, rests_until: AtomicI64::new(0) }
    }

    /// What is kept under `key`; `Bypass` if that cannot be told.
    pub(crate) async fn get(&self, key: &CacheKey) -> (Option<Found>, CacheUse) {
        if self.rests() {
            return (None, CacheUse::Bypass);
        }
        match self.cache.get(key).await {
            Ok(None) => (None, CacheUse::Miss),
            Ok(Some(bytes)) => match serde_json::from_slice(&bytes) {
                Ok(found) => (Some(found), CacheUse::Hit),
                Err(error) => {
                    tracing::warn!(%error, key = key.as_str(), "a kept answer cannot be read");
                    (None, CacheUse::Miss)
                }
            },
            Err(error) => {
                self.failed(&error);
                (None, CacheUse::Bypass)
            }
        }
    }

    /// Keeps `found`.
    pub(crate) async fn set(&self, key: &CacheKey, found: &Found) {
        let json = match serde_json::to_vec(found) {
            Ok(json) if json.len() <= ANSWER_BYTES_MAX => json,
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "an answer cannot be kept");
                return;
            }
        };
        if let Err(error) = self.cache.set(key, Bytes::from(json), KEPT).await {
            self.failed(&error);
        }
    }

    fn rests(&self) -> bool {
        self.clock.now().timestamp_millis() < self.rests_until.load(Ordering::Relaxed)
    }

    fn failed(&self, error: &PortError) {
        tracing::warn!(%error, rest_ms = REST_MS, "the cache is left alone for a while");
        self.rests_until.store(self.clock.now().timestamp_millis() + REST_MS, Ordering::Relaxed);
    }
}
