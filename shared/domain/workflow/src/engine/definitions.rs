//! Definitions that a process keeps, read and checked: parsing one costs more than a wake.

use super::execution::RevisionId;
use super::ports::Machines;
use crate::definition::{Definition, parse, refusal};
use octavo_domain_kernel::{PortError, TenantId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Definitions that are kept at most.
const DEFINITIONS_MAX: usize = 1_000;
/// Bytes of their texts that are kept at most: a read definition takes a few times as much.
const TEXT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Why there is no definition.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The store has no such revision.
    #[error("there is no revision {}", .0.0)]
    Missing(RevisionId),
    /// Its text is not accepted any more: it was when it was stored.
    #[error("the definition of revision {} cannot be read: {reason}", .revision.0)]
    Unreadable {
        /// Which.
        revision: RevisionId,
        /// The first finding.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The definitions that are used most lately.
pub struct Definitions {
    machines: Arc<dyn Machines>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Revisions are unique over all tenants; the tenant is part of the key all the same, so that a mistake elsewhere cannot
    /// make one tenant run another's.
    of: HashMap<(TenantId, RevisionId), Entry>,
    bytes: usize,
    uses: u64,
}

struct Entry {
    definition: Arc<Definition>,
    bytes: usize,
    used: u64,
}

impl Definitions {
    /// None yet, from these machines.
    pub fn new(machines: Arc<dyn Machines>) -> Self {
        Self { machines, kept: Mutex::default() }
    }

    /// A definition, read.
    pub async fn get(&self, tenant: &TenantId, revision: RevisionId) -> Result<Arc<Definition>, DefinitionError> {
        let key = (tenant.clone(), revision);
        if let Some(definition) = self.kept.lock().find(&key) {
            return Ok(definition);
        }
        let found = self.machines.revision_get(tenant, revision).await?;
        let found = found.ok_or(DefinitionError::Missing(revision))?;
        let definition = parse(&found.definition, found.express).map_err(|findings| {
            let reason = refusal(&findings[..findings.len().min(1)]);
            DefinitionError::Unreadable { revision, reason }
        })?;
        let definition = Arc::new(definition);
        self.kept.lock().keep(key, definition.clone(), found.definition.len());
        Ok(definition)
    }
}

impl Kept {
    fn find(&mut self, key: &(TenantId, RevisionId)) -> Option<Arc<Definition>> {
        self.uses += 1;
        let entry = self.of.get_mut(key)?;
        entry.used = self.uses;
        Some(entry.definition.clone())
    }

    fn keep(&mut self, key: (TenantId, RevisionId), definition: Arc<Definition>, bytes: usize) {
        self.uses += 1;
        if let Some(before) = self.of.insert(key, Entry { definition, bytes, used: self.uses }) {
            self.bytes -= before.bytes;
        }
        self.bytes += bytes;
        while self.of.len() > DEFINITIONS_MAX || (self.bytes > TEXT_BYTES_MAX && self.of.len() > 1) {
            // Looked for among all: rare, and a thousand.
            let oldest = self.of.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            let Some(gone) = oldest.and_then(|key| self.of.remove(&key)) else { return };
            self.bytes -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn key(number: u128) -> (TenantId, RevisionId) {
        ("acme".parse().unwrap(), RevisionId(Uuid::from_u128(number)))
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let definition = parse(r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#, false).unwrap();
        let definition = Arc::new(definition);
        let mut kept = Kept::default();
        for number in 0..DEFINITIONS_MAX as u128 {
            kept.keep(key(number), definition.clone(), 1);
        }
        assert!(kept.find(&key(0)).is_some());
        kept.keep(key(5_000), definition.clone(), 1);
        assert!(kept.find(&key(0)).is_some() && kept.find(&key(1)).is_none());
        assert_eq!((kept.of.len(), kept.bytes), (DEFINITIONS_MAX, DEFINITIONS_MAX));
        kept.keep(key(6_000), definition, TEXT_BYTES_MAX);
        assert_eq!((kept.of.len(), kept.bytes), (1, TEXT_BYTES_MAX));
    }
}
