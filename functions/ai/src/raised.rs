//! Alerts that were raised already: so that the shared state is not asked again at every call of a period's second half.

use octavo_domain_kernel::TenantId;
use std::collections::HashSet;

/// Alerts that are remembered; beyond this all are forgotten, and the shared state says which are old.
const RAISED_MAX: usize = 10_000;

#[derive(Default)]
pub(crate) struct Raised(HashSet<(TenantId, String)>);

impl Raised {
    /// Whether this instance sees it for the first time.
    pub(crate) fn first(&mut self, tenant: &TenantId, name: &str) -> bool {
        if self.0.len() >= RAISED_MAX {
            self.0.clear();
        }
        self.0.insert((tenant.clone(), name.to_owned()))
    }
}
