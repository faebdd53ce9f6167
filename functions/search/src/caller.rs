//! What callers may do: the one place that decides it.

use crate::SearchFault;
use octavo_domain_kernel::Principal;

/// May set what holds for the tenant, and see what everybody looks for.
const ADMIN: &str = "admin";

/// Refuses all but administrators of the tenant.
pub(crate) fn only_admin(principal: &Principal) -> Result<(), SearchFault> {
    if principal.has_role(ADMIN) { Ok(()) } else { Err(SearchFault::RoleMissing { role: ADMIN }) }
}
