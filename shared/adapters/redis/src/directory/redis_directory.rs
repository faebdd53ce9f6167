//! The port over Redis.

use super::keys::{self, Keys};
use crate::cache::milliseconds;
use crate::connection::Redis;
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId, UserId};
use octavo_domain_realtime::{ConnectionId, Directory, GROUP_BYTES_MAX, HubName, NodeId, NodeRecord, PresenceEntry};
use redis::Script;
use std::sync::LazyLock;
use std::time::Duration;

/// Nodes that are known at a time. A further one is refused with `Conflict`.
pub const NODES_MAX: usize = 1_000;
/// Bytes of a place's name, at least one; otherwise it is refused as `Corrupt`.
pub const PLACE_BYTES_MAX: usize = 256;
/// Bytes of what somebody says of themselves; more is refused as `Corrupt`.
pub const STATE_BYTES_MAX: usize = 4 * 1024;
/// Who can be in a place at a time: what the port says.
const PRESENT_MAX: usize = 10_000;
/// Groups of a user: what the port says.
const USER_GROUPS_MAX: usize = 1_000;

static PUT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("put.lua")));
static LIST: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("list.lua")));
static REMOVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("remove.lua")));
static GROUP_ADD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("group_add.lua")));
static GROUPS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("groups.lua")));

/// [`Directory`] over hashes and sorted sets. Cheap to clone. Times are kept by Redis' clock; what has ended is removed by
/// whoever looks, and with its key when it was the last.
#[derive(Debug, Clone)]
pub struct RedisDirectory(Redis);

impl RedisDirectory {
    /// A directory on `redis`.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }

    /// False where `most` are there.
    async fn put(&self, keys: &Keys, name: &str, entry: &[u8], ttl: Duration, most: usize) -> Result<bool, PortError> {
        self.0
            .script(&PUT, |script| {
                script.key(&keys.entries).key(&keys.ends);
                script.arg(name).arg(entry).arg(milliseconds(ttl).max(1)).arg(most);
            })
            .await
    }

    async fn list(&self, keys: &Keys) -> Result<Vec<(String, Bytes)>, PortError> {
        self.0
            .script(&LIST, |script| {
                script.key(&keys.entries).key(&keys.ends);
            })
            .await
    }

    async fn remove(&self, keys: &Keys, name: &str) -> Result<(), PortError> {
        self.0
            .script(&REMOVE, |script| {
                script.key(&keys.entries).key(&keys.ends).arg(name);
            })
            .await
    }
}

fn full(what: &str, most: usize) -> PortError {
    PortError::new(PortErrorKind::Conflict, format!("{what}: at most {most}"))
}

fn within(what: &str, bytes: usize, least: usize, most: usize) -> Result<(), PortError> {
    if (least..=most).contains(&bytes) {
        return Ok(());
    }
    Err(PortError::corrupt(format!("{what}: {least} to {most} bytes, got {bytes}")))
}

fn place_keys(tenant: &TenantId, hub: &HubName, place: &str) -> Result<Keys, PortError> {
    within("place", place.len(), 1, PLACE_BYTES_MAX)?;
    Ok(keys::presence(tenant, hub, place))
}

#[async_trait]
impl Directory for RedisDirectory {
    async fn node_beat(&self, node: &NodeRecord, ttl: Duration) -> Result<(), PortError> {
        let record = serde_json::to_vec(node).map_err(PortError::corrupt)?;
        let known = self.put(&keys::nodes(), node.id.as_str(), &record, ttl, NODES_MAX).await?;
        known.then_some(()).ok_or_else(|| full("nodes", NODES_MAX))
    }

    async fn node_leave(&self, node: &NodeId) -> Result<(), PortError> {
        self.remove(&keys::nodes(), node.as_str()).await
    }

    async fn node_list(&self) -> Result<Vec<NodeRecord>, PortError> {
        let records = self.list(&keys::nodes()).await?;
        let readable = records.into_iter().filter_map(|(id, record)| match serde_json::from_slice(&record) {
            Ok(record) => Some(record),
            Err(error) => {
                // A node of another version is no reason to lose the others.
                tracing::warn!(node = id, %error, "directory: a node's record is passed over");
                None
            }
        });
        Ok(readable.collect())
    }

    async fn presence_put(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        place: &str,
        entry: &PresenceEntry,
        ttl: Duration,
    ) -> Result<(), PortError> {
        within("state", entry.state.len(), 0, STATE_BYTES_MAX)?;
        let keys = place_keys(tenant, hub, place)?;
        let there = self.put(&keys, &entry.connection.to_string(), &entry.state, ttl, PRESENT_MAX).await?;
        there.then_some(()).ok_or_else(|| full("present in a place", PRESENT_MAX))
    }

    async fn presence_remove(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        place: &str,
        connection: &ConnectionId,
    ) -> Result<(), PortError> {
        self.remove(&place_keys(tenant, hub, place)?, &connection.to_string()).await
    }

    async fn presence_list(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        place: &str,
    ) -> Result<Vec<PresenceEntry>, PortError> {
        let there = self.list(&place_keys(tenant, hub, place)?).await?;
        let entries = there.into_iter().map(|(connection, state)| {
            Ok(PresenceEntry { connection: connection.parse().map_err(PortError::corrupt)?, state })
        });
        entries.collect()
    }

    async fn user_group_add(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        user: &UserId,
        group: &str,
        ttl: Option<Duration>,
    ) -> Result<(), PortError> {
        within("group", group.len(), 1, GROUP_BYTES_MAX)?;
        let added: bool = self
            .0
            .script(&GROUP_ADD, |script| {
                let ttl = ttl.map(|ttl| milliseconds(ttl).max(1).to_string()).unwrap_or_default();
                script.key(keys::user_groups(tenant, hub, user)).arg(group).arg(ttl).arg(USER_GROUPS_MAX);
            })
            .await?;
        added.then_some(()).ok_or_else(|| full("groups of a user", USER_GROUPS_MAX))
    }

    async fn user_group_remove(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        user: &UserId,
        group: Option<&str>,
    ) -> Result<(), PortError> {
        let key = keys::user_groups(tenant, hub, user);
        match group {
            Some(group) => self.0.query(redis::cmd("ZREM").arg(key).arg(group)).await,
            None => self.0.query(redis::cmd("DEL").arg(key)).await,
        }
    }

    async fn user_groups(&self, tenant: &TenantId, hub: &HubName, user: &UserId) -> Result<Vec<String>, PortError> {
        self.0
            .script(&GROUPS, |script| {
                script.key(keys::user_groups(tenant, hub, user));
            })
            .await
    }
}
