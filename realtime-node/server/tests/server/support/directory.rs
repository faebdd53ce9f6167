//! The groups of users, and a way to break them.

use async_trait::async_trait;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId, UserId};
use octavo_domain_realtime::{ConnectionId, Directory, HubName, NodeId, NodeRecord, PresenceEntry};
use parking_lot::Mutex;
use std::time::Duration;

/// Groups by users; none at all where it is broken.
#[derive(Default)]
pub(crate) struct Groups(pub(crate) Mutex<Option<Vec<(UserId, String)>>>);

#[async_trait]
impl Directory for Groups {
    async fn node_beat(&self, _node: &NodeRecord, _ttl: Duration) -> Result<(), PortError> {
        Ok(())
    }

    async fn node_leave(&self, _node: &NodeId) -> Result<(), PortError> {
        Ok(())
    }

    async fn node_list(&self) -> Result<Vec<NodeRecord>, PortError> {
        Ok(Vec::new())
    }

    async fn presence_put(
        &self,
        _tenant: &TenantId,
        _hub: &HubName,
        _place: &str,
        _entry: &PresenceEntry,
        _ttl: Duration,
    ) -> Result<(), PortError> {
        Ok(())
    }

    async fn presence_remove(
        &self,
        _tenant: &TenantId,
        _hub: &HubName,
        _place: &str,
        _connection: &ConnectionId,
    ) -> Result<(), PortError> {
        Ok(())
    }

    async fn presence_list(
        &self,
        _tenant: &TenantId,
        _hub: &HubName,
        _place: &str,
    ) -> Result<Vec<PresenceEntry>, PortError> {
        Ok(Vec::new())
    }

    async fn user_group_add(
        &self,
        _tenant: &TenantId,
        _hub: &HubName,
        user: &UserId,
        group: &str,
        _ttl: Option<Duration>,
    ) -> Result<(), PortError> {
        self.0.lock().get_or_insert_default().push((user.clone(), group.to_owned()));
        Ok(())
    }

    async fn user_group_remove(
        &self,
        _tenant: &TenantId,
        _hub: &HubName,
        _user: &UserId,
        _group: Option<&str>,
    ) -> Result<(), PortError> {
        Ok(())
    }

    async fn user_groups(&self, _tenant: &TenantId, _hub: &HubName, user: &UserId) -> Result<Vec<String>, PortError> {
        match &*self.0.lock() {
            Some(groups) => Ok(groups.iter().filter(|(of, _)| of == user).map(|(_, group)| group.clone()).collect()),
            None => Err(PortErrorKind::Unavailable.into()),
        }
    }
}
