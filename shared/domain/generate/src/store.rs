//! The port that stores generations.

use crate::{Generation, GenerationId, Progress, Status, Trouble};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, OutboxEntry, PortError, TenantId, UserId};
use serde_json::Value;

/// What is kept with a creation, so that the same request gets the same answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// The `Idempotency-Key` header; a key is one user's own.
    pub key: String,
    /// A hash of what was asked.
    pub request_hash: String,
    /// The status that was answered.
    pub status: u16,
    /// The body that was answered.
    pub answer: Value,
    /// Forgotten after this.
    pub expires_at: DateTime<Utc>,
}

/// A new generation, decided: all of it in one transaction, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Creation {
    /// At step 1, without sections.
    pub generation: Generation,
    /// The message of its first step.
    pub outbox: Vec<OutboxEntry>,
    /// The answer to keep, if the request has a key.
    pub remembered: Option<Remembered>,
}

/// Why a generation was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A request with the same key was answered in the meantime: read its record.
    #[error("the idempotency key is taken")]
    KeyTaken,
    /// The person has [`crate::ACTIVE_MAX`] under way.
    #[error("too many generations are under way")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A change of a generation, decided: all of it in one transaction, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The step that the decision was taken on.
    pub expected_step: i64,
    /// The generation as it is to be.
    pub generation: Generation,
    /// Places of the sections that are new or changed.
    pub sections: Vec<usize>,
    /// The message of the next step, if there is one.
    pub outbox: Vec<OutboxEntry>,
}

/// A generation in a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its identifier.
    pub id: GenerationId,
    /// Its phase.
    pub status: Status,
    /// The document's title, once it is known.
    pub title: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// The id that the document has, or will have.
    pub document: DocumentId,
    /// Why it failed, or why it is waiting.
    pub trouble: Option<Trouble>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
}

/// Stores generations. PostgreSQL implements this; every method is one transaction in its tenant.
#[async_trait]
pub trait GenerationStore: Send + Sync {
    /// Makes a new one, and forgets the requester's oldest ended ones beyond [`crate::KEPT_MAX`].
    async fn generation_create(&self, creation: &Creation) -> Result<(), CreateError>;
    /// One, whole.
    async fn generation_get(&self, tenant: &TenantId, id: GenerationId) -> Result<Option<Generation>, PortError>;
    /// Those of `user` below `before` (all, if none), newest first, at most `limit`.
    async fn generation_list(
        &self,
        tenant: &TenantId,
        user: &UserId,
        before: Option<GenerationId>,
        limit: u16,
    ) -> Result<Vec<Summary>, PortError>;
    /// Makes a change true if the generation is at the expected step; false if it is at another one, and nothing was
    /// done. Of two changes on one step exactly one is made.
    async fn generation_change(&self, tenant: &TenantId, change: &Change) -> Result<bool, PortError>;
}
