//! What rooms need of others.

use crate::RoomObserver;
use async_trait::async_trait;
use octavo_domain_collaboration::RoomStore;
use octavo_domain_documents::MediaType;
use octavo_domain_kernel::{Authenticator, Clock, DocumentId, Lease, PortError, Principal, TenantId, UserId};
use octavo_domain_realtime::{Backplane, NodeId};
use std::sync::Arc;

/// What somebody may do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomRole {
    /// See the text and the others, be seen.
    Viewer,
    /// Also write.
    Editor,
}

/// A document as one who opens its room has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomAccess {
    /// What they may do.
    pub role: RoomRole,
    /// Its format; Markdown, HTML and plain text can be edited together.
    pub media_type: MediaType,
    /// Its newest version.
    pub version: u32,
    /// Its title.
    pub title: String,
}

/// A document's body as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentText {
    /// The version.
    pub version: u32,
    /// The whole body: UTF-8.
    pub text: String,
    /// Who wrote the version.
    pub by: UserId,
}

/// In whose name a version is written: who edited last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Their tenant.
    pub tenant: TenantId,
    /// Who.
    pub user: UserId,
    /// Their name, where it is known.
    pub name: Option<String>,
}

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there.
    Version(u32),
    /// The document has another version than was expected; this one.
    Conflict(u32),
    /// There is no such document any more.
    Gone,
}

/// The documents of the platform.
#[async_trait]
pub trait Documents: Send + Sync {
    /// What `principal` may do; none where they may not know that it is there.
    async fn access(&self, principal: &Principal, id: DocumentId) -> Result<Option<RoomAccess>, PortError>;
    /// The newest version's text; none where the document is gone.
    async fn read_text(&self, tenant: &TenantId, id: DocumentId) -> Result<Option<DocumentText>, PortError>;
    /// A former version's text; none where it is gone. What came in between is then judged without it.
    async fn read_version(&self, tenant: &TenantId, id: DocumentId, version: u32) -> Result<Option<String>, PortError>;
    /// Writes `text` as the next version after `expected`, or does nothing. The right to write was looked up when the edits
    /// were taken: it is not asked for again.
    async fn write_version(
        &self,
        by: &Writer,
        id: DocumentId,
        expected: u32,
        text: String,
    ) -> Result<Written, PortError>;
}

/// What rooms are given.
#[derive(Clone)]
pub struct RoomPorts {
    /// Keeps them.
    pub store: Arc<dyn RoomStore>,
    /// Their documents.
    pub documents: Arc<dyn Documents>,
    /// Other nodes.
    pub backplane: Arc<dyn Backplane>,
    /// One node at a time saves and compacts a room.
    pub lease: Arc<dyn Lease>,
    /// Tokens.
    pub authenticator: Arc<dyn Authenticator>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// 64 random bits, for spreading things.
    pub random: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Whoever counts.
    pub observer: Arc<dyn RoomObserver>,
    /// This node.
    pub node: NodeId,
}
