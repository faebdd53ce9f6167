//! The port that keeps rooms.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, PortError, TenantId, UserId};

/// Bytes of one update from a client.
pub const UPDATE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a room's whole state. A room at this is read only until it is made smaller.
pub const ROOM_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Updates that are kept beside a snapshot before they are made one.
pub const UPDATES_KEPT_MAX: u32 = 500;

/// What is appended to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomUpdate {
    /// The room.
    pub document: DocumentId,
    /// Updates (Yjs encoding 1), merged into one.
    pub update: Bytes,
    /// Whose they are: the last one's, where several were merged.
    pub by: UserId,
}

/// A stored update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpdate {
    /// Its number: drawn at the insert, so that a smaller one may become visible after a greater one.
    pub id: i64,
    /// Yjs encoding 1.
    pub update: Bytes,
    /// Who wrote it last.
    pub by: UserId,
}

/// A room as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadedRoom {
    /// What was compacted (Yjs encoding 1), if anything was.
    pub snapshot: Option<Bytes>,
    /// What came after, in the order of their numbers.
    pub updates: Vec<StoredUpdate>,
    /// The newest version of the platform's document that is in the room; 0 where none ever was.
    pub version: u32,
    /// The state vector (Yjs encoding 1) that was written as that version.
    pub saved: Option<Bytes>,
}

/// The room was written as a version of its document, or a version was taken into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSave {
    /// The version.
    pub version: u32,
    /// The room's state vector at that time (Yjs encoding 1).
    pub state_vector: Bytes,
    /// When.
    pub at: DateTime<Utc>,
}

/// Keeps rooms. PostgreSQL implements this, every method one transaction in its tenant under row-level security.
#[async_trait]
pub trait RoomStore: Send + Sync {
    /// Everything of a room; an empty one where nothing is stored. A replica that may have missed something loads again and
    /// applies all of it: what it has already changes nothing.
    async fn room_load(&self, tenant: &TenantId, document: DocumentId) -> Result<LoadedRoom, PortError>;
    /// Appends, all or none of them; once this returns they survive everything. At most 1,000 updates, of any rooms.
    async fn room_append(&self, tenant: &TenantId, updates: &[RoomUpdate]) -> Result<Vec<i64>, PortError>;
    /// Replaces the snapshot by `snapshot`, which holds it and the updates `merged`, and deletes exactly these updates.
    /// False, and nothing is changed, where another compaction came between: then `merged` are not all there any more.
    async fn room_compact(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        snapshot: &Bytes,
        merged: &[i64],
    ) -> Result<bool, PortError>;
    /// Keeps which version the room and its document have in common. An older version than is kept changes nothing.
    async fn room_saved(&self, tenant: &TenantId, document: DocumentId, save: &RoomSave) -> Result<(), PortError>;
    /// Rooms with updates that are in no version yet and older than `older_than`: what a dead node did not come to write.
    /// Across tenants; the tenant is in the answer. At most `limit`.
    async fn room_unsaved(
        &self,
        older_than: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<(TenantId, DocumentId)>, PortError>;
}
