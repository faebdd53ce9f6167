//! What a process remembers, so that a start is one round trip.

use crate::signature::KeyMemory;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::Definitions;
use octavo_domain_workflow::engine::ports::{Machines, Resolved};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a state machine is believed to be as it was. The service itself lets starts of some seconds after a change run
/// the old definition; what this process changes is seen at once.
const MACHINE_FOR: Duration = Duration::from_millis(100);
/// State machines that are remembered at most.
const MACHINES_MAX: usize = 1_000;

/// Definitions that were read, and state machines that were looked up a moment ago.
pub struct Memory {
    pub(crate) definitions: Definitions,
    machines: Arc<dyn Machines>,
    resolved: Mutex<HashMap<(TenantId, String), Known>>,
    /// Access keys that were used a moment ago.
    pub(crate) keys: KeyMemory,
}

struct Known {
    machine: Arc<Resolved>,
    until: Instant,
}

impl Memory {
    /// Nothing yet, of these machines.
    pub fn new(machines: Arc<dyn Machines>) -> Self {
        Self {
            definitions: Definitions::new(machines.clone()),
            machines,
            resolved: Mutex::default(),
            keys: KeyMemory::default(),
        }
    }

    /// The state machine that an ARN names, with or without version or alias.
    pub(crate) async fn resolve(
        &self,
        tenant: &TenantId,
        arn: &str,
        chance: impl Fn() -> u64 + Send,
    ) -> Result<Option<Arc<Resolved>>, PortError> {
        let key = (tenant.clone(), arn.to_owned());
        let now = Instant::now();
        if let Some(known) = self.resolved.lock().get(&key).filter(|known| known.until > now) {
            return Ok(Some(known.machine.clone()));
        }
        let drawn = chance();
        let Some(machine) = self.machines.machine_resolve(tenant, arn, drawn).await? else { return Ok(None) };
        let machine = Arc::new(machine);
        // An alias is drawn anew for every start: its weights count starts.
        if machine.alias_arn.is_none() {
            let mut resolved = self.resolved.lock();
            if resolved.len() >= MACHINES_MAX {
                resolved.retain(|_, known| known.until > now);
            }
            if resolved.len() < MACHINES_MAX {
                resolved.insert(key, Known { machine: machine.clone(), until: now + MACHINE_FOR });
            }
        }
        Ok(Some(machine))
    }

    /// A state machine of the tenant was changed or deleted.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        self.resolved.lock().retain(|(of, _), _| of != tenant);
    }
}
