//! Prompts and answers in full, for tenants that ask for it.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{PortError, TenantId};
use uuid::Uuid;

/// Bytes of a sealed transcript; a larger one is not kept, and that is said in the log.
pub const TRANSCRIPT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Keeps what was asked and answered, sealed ([`super::Sealer`], purpose `ai-transcript`), beside the ledger's line.
#[async_trait]
pub trait TranscriptStore: Send + Sync {
    /// Keeps one. What is there already is left as it is.
    async fn transcript_put(&self, tenant: &TenantId, call: Uuid, sealed: &[u8]) -> Result<(), PortError>;
    /// One, if it was kept.
    async fn transcript_get(&self, tenant: &TenantId, call: Uuid) -> Result<Option<Bytes>, PortError>;
}
