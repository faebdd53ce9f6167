//! What the keys of a meter are called. All of one tenant have the tenant as hash tag, and none is a cache key: those
//! begin with `octavo:{`.

use octavo_domain_kernel::TenantId;
use uuid::Uuid;

/// Tenants that have or had open calls. The only key that is of no tenant: written apart from the others.
pub(super) const TENANTS: &str = "octavo:meter:tenants";

/// What the name of a call's key begins with: its id follows.
pub(super) fn call_prefix(tenant: &TenantId) -> String {
    format!("octavo:meter:{{{tenant}}}:call:")
}

pub(super) fn call_key(tenant: &TenantId, call: Uuid) -> String {
    format!("{}{call}", call_prefix(tenant))
}

/// What the name of a budget's key begins with: its name follows.
pub(super) fn budget_prefix(tenant: &TenantId) -> String {
    format!("octavo:meter:{{{tenant}}}:budget:")
}

pub(super) fn budget_key(tenant: &TenantId, name: &str) -> String {
    format!("{}{name}", budget_prefix(tenant))
}

pub(super) fn rate_key(tenant: &TenantId, name: &str) -> String {
    format!("octavo:meter:{{{tenant}}}:rate:{name}")
}

pub(super) fn alert_key(tenant: &TenantId, name: &str) -> String {
    format!("octavo:meter:{{{tenant}}}:alert:{name}")
}

/// Open calls, by the end of their lease.
pub(super) fn open_key(tenant: &TenantId) -> String {
    format!("octavo:meter:{{{tenant}}}:open")
}

/// Calls that somebody took to reclaim, by when they are given again.
pub(super) fn reclaiming_key(tenant: &TenantId) -> String {
    format!("octavo:meter:{{{tenant}}}:reclaiming")
}
