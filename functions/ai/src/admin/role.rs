//! Who may see and set what concerns the tenant as a whole.

use crate::AiFault;
use octavo_domain_kernel::Principal;

/// Administers its tenant.
const ADMIN: &str = "admin";
/// Operates the platform: what concerns all tenants.
const OPERATOR: &str = "operator";

pub(crate) fn is_admin(principal: &Principal) -> bool {
    principal.has_role(ADMIN)
}

pub(crate) fn only_admin(principal: &Principal) -> Result<(), AiFault> {
    if is_admin(principal) { Ok(()) } else { Err(AiFault::RoleMissing { role: ADMIN }) }
}

pub(crate) fn only_operator(principal: &Principal) -> Result<(), AiFault> {
    if principal.has_role(OPERATOR) { Ok(()) } else { Err(AiFault::RoleMissing { role: OPERATOR }) }
}
