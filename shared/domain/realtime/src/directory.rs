//! The port of what nodes know of each other: who lives, who is present, which groups a user is in.

use crate::{ConnectionId, HubName, NodeId};
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{PortError, TenantId, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A node that lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Its run.
    pub id: NodeId,
    /// Its name, the same after a restart.
    pub name: String,
    /// Where other nodes reach it: `http://10.0.0.5:8080`.
    pub internal_url: String,
    /// Where clients reach it, if they can reach single nodes.
    pub public_url: Option<String>,
    /// Whether it takes nobody any more.
    pub draining: bool,
    /// Connections that it holds: the next one goes to the emptiest.
    pub connections: u64,
}

/// Somebody who is somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceEntry {
    /// Through which connection.
    pub connection: ConnectionId,
    /// What they say of themselves: JSON.
    pub state: Bytes,
}

/// Kept for as long as somebody prolongs it: a node that dies is forgotten with everything that it held.
#[async_trait]
pub trait Directory: Send + Sync {
    /// This node lives for another `ttl`.
    async fn node_beat(&self, node: &NodeRecord, ttl: Duration) -> Result<(), PortError>;
    /// It ends.
    async fn node_leave(&self, node: &NodeId) -> Result<(), PortError>;
    /// All that live, in any order.
    async fn node_list(&self) -> Result<Vec<NodeRecord>, PortError>;

    /// `entry` is in `place` (a name within tenant and hub) for another `ttl`. At most 10,000 in a place: `Conflict`.
    async fn presence_put(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        place: &str,
        entry: &PresenceEntry,
        ttl: Duration,
    ) -> Result<(), PortError>;
    /// It left.
    async fn presence_remove(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        place: &str,
        connection: &ConnectionId,
    ) -> Result<(), PortError>;
    /// Who is there now, in any order.
    async fn presence_list(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        place: &str,
    ) -> Result<Vec<PresenceEntry>, PortError>;

    /// The user's present and coming connections are in `group`, for `ttl` (none: until it is removed). At most 1,000
    /// groups a user: `Conflict`.
    async fn user_group_add(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        user: &UserId,
        group: &str,
        ttl: Option<Duration>,
    ) -> Result<(), PortError>;
    /// No longer; of no group where none is named.
    async fn user_group_remove(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        user: &UserId,
        group: Option<&str>,
    ) -> Result<(), PortError>;
    /// The groups that a new connection of the user is put into.
    async fn user_groups(&self, tenant: &TenantId, hub: &HubName, user: &UserId) -> Result<Vec<String>, PortError>;
}
