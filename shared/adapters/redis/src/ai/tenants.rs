//! Which tenants a sweep must look at.

use super::meter_keys::TENANTS;
use crate::cache::milliseconds;
use crate::connection::Redis;
use octavo_domain_kernel::{PortError, TenantId};
use redis::Script;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tenants that are remembered. Those that were heard of most lately stay.
const TENANTS_MAX: usize = 10_000;
/// How often a process says that a tenant makes calls.
const TELL_EVERY: Duration = Duration::from_secs(3600);

static TELL: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("tenants.lua")));

/// The list on the server, which lies in another slot than a tenant's own keys, and what this process has told it.
#[derive(Debug)]
pub(super) struct Tenants {
    redis: Redis,
    /// After so long without a word a tenant is forgotten: no open call of it is kept either.
    kept: Duration,
    told: Mutex<HashMap<TenantId, Instant>>,
}

impl Tenants {
    pub(super) fn new(redis: Redis, kept: Duration) -> Self {
        Self { redis, kept, told: Mutex::default() }
    }

    /// Says that the tenant makes calls, once an hour. Before the call is reserved, so that there is never an open call
    /// that no sweep finds.
    pub(super) async fn tell(&self, tenant: &TenantId) -> Result<(), PortError> {
        if self.told().get(tenant).is_some_and(|at| at.elapsed() < TELL_EVERY) {
            return Ok(());
        }
        self.redis
            .script::<()>(&TELL, |script| {
                script.key(TENANTS).arg(tenant.as_str()).arg(TENANTS_MAX).arg(milliseconds(self.kept));
            })
            .await?;
        let mut told = self.told();
        if told.len() >= TENANTS_MAX {
            // Telling once more costs little; remembering for ever does not.
            told.clear();
        }
        told.insert(tenant.clone(), Instant::now());
        Ok(())
    }

    /// Those that were heard of, most lately first.
    pub(super) async fn list(&self) -> Result<Vec<TenantId>, PortError> {
        let mut range = redis::cmd("ZREVRANGE");
        range.arg(TENANTS).arg(0).arg(TENANTS_MAX - 1);
        let names: Vec<String> = self.redis.query(&range).await?;
        names.iter().map(|name| name.parse().map_err(PortError::corrupt)).collect()
    }

    fn told(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Instant>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
