//! What callers may do: the one place that decides it.

use crate::NotifyFault;
use octavo_domain_kernel::Principal;

/// May set what holds for the tenant, and see what everybody is told.
const ADMIN: &str = "admin";
/// May have people told something.
const NOTIFICATIONS: &str = "notifications";

/// Whether this is an administrator of the tenant.
pub(crate) fn is_admin(principal: &Principal) -> bool {
    principal.has_role(ADMIN)
}

/// Refuses all but administrators of the tenant.
pub(crate) fn only_admin(principal: &Principal) -> Result<(), NotifyFault> {
    if is_admin(principal) { Ok(()) } else { Err(NotifyFault::RoleMissing { role: ADMIN }) }
}

/// Refuses all but those who may have people told something.
pub(crate) fn only_sender(principal: &Principal) -> Result<(), NotifyFault> {
    let may = is_admin(principal) || principal.has_role(NOTIFICATIONS);
    if may { Ok(()) } else { Err(NotifyFault::RoleMissing { role: "admin or notifications" }) }
}
