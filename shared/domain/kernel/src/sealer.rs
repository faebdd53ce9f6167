//! Sealing: small secrets that are stored.

use crate::{PortError, TenantId};
use bytes::Bytes;

/// Encrypts small values, each tenant under a key of its own. What one tenant and purpose sealed, no other opens.
pub trait Sealer: Send + Sync {
    /// Encrypts and authenticates.
    fn seal(&self, tenant: &TenantId, purpose: &str, plain: &[u8]) -> Bytes;
    /// The plain value; `Corrupt` where it was not sealed for this tenant and purpose, or was altered.
    fn open(&self, tenant: &TenantId, purpose: &str, sealed: &[u8]) -> Result<Bytes, PortError>;
}
