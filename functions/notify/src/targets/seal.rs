//! What a target is, sealed and opened.

use octavo_domain_kernel::{PortError, Sealer, TenantId};
use octavo_domain_notify::{SealedTarget, TargetKind};

/// What targets are sealed for: nothing else of the tenant's opens them.
const PURPOSE: &str = "notify-target";

pub(super) fn seal(sealer: &dyn Sealer, tenant: &TenantId, kind: &TargetKind) -> bytes::Bytes {
    let plain = serde_json::to_vec(kind).expect("texts serialise");
    sealer.seal(tenant, PURPOSE, &plain)
}

/// What a target is.
///
/// # Errors
///
/// `Corrupt` where it was not sealed here for this tenant.
pub(crate) fn open(sealer: &dyn Sealer, tenant: &TenantId, target: &SealedTarget) -> Result<TargetKind, PortError> {
    let plain = sealer.open(tenant, PURPOSE, &target.sealed)?;
    serde_json::from_slice(&plain).map_err(PortError::corrupt)
}
