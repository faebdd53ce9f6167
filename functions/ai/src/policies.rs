//! What tenants have set, remembered for a moment.

use octavo_domain_ai::limits::Policy;
use octavo_domain_ai::ports::{PolicyStore, ProviderKeyStore, Sealer};
use octavo_domain_ai::safety::{BlockList, Redactor};
use octavo_domain_kernel::{PortError, TenantId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Tenants that are remembered; beyond this all are forgotten at once.
const TENANTS_MAX: usize = 4_096;
/// While the database is away, what was read is used for so long.
const STALE_MAX: Duration = Duration::from_secs(600);

/// What one tenant has set.
pub(crate) struct Settings {
    pub(crate) tenant: TenantId,
    pub(crate) policy: Policy,
    /// What refuses a prompt, compiled.
    pub(crate) block: Option<BlockList>,
    /// What replaces personal data, if anything is to be replaced.
    pub(crate) redactor: Option<Redactor>,
    /// The tenant's own provider keys, opened.
    pub(crate) keys: HashMap<String, Arc<str>>,
}

struct Remembered {
    settings: Arc<Settings>,
    read_at: Instant,
    /// Not asked again before.
    fresh_until: Instant,
}

/// Policies and provider keys of tenants.
pub(crate) struct Policies {
    store: Arc<dyn PolicyStore>,
    keys: Arc<dyn ProviderKeyStore>,
    sealer: Arc<dyn Sealer>,
    ttl: Duration,
    remembered: Mutex<HashMap<TenantId, Remembered>>,
}

impl Policies {
    pub(crate) fn new(
        store: Arc<dyn PolicyStore>,
        keys: Arc<dyn ProviderKeyStore>,
        sealer: Arc<dyn Sealer>,
        ttl: Duration,
    ) -> Self {
        Self { store, keys, sealer, ttl, remembered: Mutex::default() }
    }

    /// The tenant's, as they were at most a moment ago.
    pub(crate) async fn of(&self, tenant: &TenantId) -> Result<Arc<Settings>, PortError> {
        let now = Instant::now();
        let known =
            self.remembered.lock().get(tenant).map(|known| (known.settings.clone(), known.read_at, known.fresh_until));
        if let Some((settings, _, fresh_until)) = &known
            && now < *fresh_until
        {
            return Ok(settings.clone());
        }
        match self.read(tenant).await {
            Ok(settings) => {
                let settings = Arc::new(settings);
                self.remember(tenant, &settings, now, now + self.ttl);
                Ok(settings)
            }
            Err(error) => match known {
                // Limits of a few minutes ago are nearer to the truth than none, and than no answer at all.
                Some((settings, read_at, _)) if error.is_retryable() && now < read_at + STALE_MAX => {
                    tracing::warn!(%error, %tenant, "policies cannot be read; going on with what was read before");
                    self.remember(tenant, &settings, read_at, now + self.ttl);
                    Ok(settings)
                }
                _ => Err(error),
            },
        }
    }

    /// Forgets what is remembered of a tenant, because it has just been changed here.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        self.remembered.lock().remove(tenant);
    }

    fn remember(&self, tenant: &TenantId, settings: &Arc<Settings>, read_at: Instant, fresh_until: Instant) {
        let mut remembered = self.remembered.lock();
        if remembered.len() >= TENANTS_MAX && !remembered.contains_key(tenant) {
            remembered.clear();
        }
        remembered.insert(tenant.clone(), Remembered { settings: settings.clone(), read_at, fresh_until });
    }

    async fn read(&self, tenant: &TenantId) -> Result<Settings, PortError> {
        let (stored, sealed) =
            futures::future::try_join(self.store.policy_get(tenant), self.keys.provider_key_list(tenant)).await?;
        let mut keys = HashMap::new();
        for key in sealed {
            let plain = self.sealer.open(tenant, crate::admin::PROVIDER_KEY_PURPOSE, &key.sealed)?;
            let text = std::str::from_utf8(&plain).map_err(PortError::corrupt)?;
            keys.insert(key.provider, Arc::from(text));
        }
        let policy = stored.map(|stored| stored.policy).unwrap_or_default();
        let safety = &policy.safety;
        Ok(Settings {
            tenant: tenant.clone(),
            block: (!safety.block.is_empty()).then(|| BlockList::new(&safety.block)),
            redactor: (!safety.redact.is_empty()).then(|| Redactor::new(&safety.redact)),
            policy,
            keys,
        })
    }
}
