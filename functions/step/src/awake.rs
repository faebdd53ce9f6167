//! The executions that this process advances right now.
//!
//! A bell for one of them is passed on to whoever advances it. Two in one process would only take each other's commits away.

use crate::leases::Leases;
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::engine::ExecutionId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

type Key = (TenantId, ExecutionId);

/// Which they are, and the leases that this process holds on their tasks.
#[derive(Default)]
pub struct Awake {
    executions: Mutex<HashMap<Key, Arc<Bell>>>,
    pub(crate) leases: Leases,
}

#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    notify: Notify,
}

/// The right to advance an execution in this process, until it is dropped.
pub(crate) struct Turn<'a> {
    awake: &'a Awake,
    key: Key,
    bell: Arc<Bell>,
    over: bool,
}

impl Awake {
    /// Takes an execution; none if somebody in this process has it: they are told that there is something to do.
    pub(crate) fn enter(&self, tenant: &TenantId, execution: ExecutionId) -> Option<Turn<'_>> {
        let key = (tenant.clone(), execution);
        let mut all = self.executions.lock();
        if let Some(bell) = all.get(&key) {
            *bell.rung.lock() = true;
            bell.notify.notify_one();
            return None;
        }
        let bell = Arc::new(Bell::default());
        all.insert(key.clone(), bell.clone());
        Some(Turn { awake: self, key, bell, over: false })
    }
}

impl Turn<'_> {
    /// Waits until somebody rings.
    pub(crate) async fn rung(&self) {
        self.bell.notify.notified().await;
    }

    /// Whether somebody has rung since this was asked last.
    pub(crate) fn take_rung(&self) -> bool {
        std::mem::take(&mut *self.bell.rung.lock())
    }

    /// Gives the execution up, unless somebody has rung meanwhile: then there is something to do. Who rings after this gets
    /// it.
    pub(crate) fn leave(&mut self) -> bool {
        let mut all = self.awake.executions.lock();
        if self.take_rung() {
            return false;
        }
        all.remove(&self.key);
        self.over = true;
        true
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.awake.executions.lock().remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_bell_for_what_is_awake_goes_to_who_has_it() {
        let awake = Awake::default();
        let (tenant, id) = ("acme".parse().unwrap(), ExecutionId(Uuid::from_u128(1)));
        let mut turn = awake.enter(&tenant, id).unwrap();
        assert!(awake.enter(&"umbrella".parse().unwrap(), id).is_some(), "another tenant's is another execution");
        assert!(awake.enter(&tenant, id).is_none());
        assert!(!turn.leave(), "somebody rang");
        assert!(turn.leave());
        let again = awake.enter(&tenant, id).unwrap();
        drop(turn);
        assert!(awake.enter(&tenant, id).is_none(), "a turn that is over takes nothing away from the next one");
        drop(again);
        assert!(awake.enter(&tenant, id).is_some());
    }
}
