//! Tags of state machines and activities.

use async_trait::async_trait;
use octavo_domain_kernel::{PortError, TenantId};
use std::collections::BTreeMap;

/// Tags of a thing at most: the service's own quota.
pub const TAGS_MAX: usize = 50;

/// A change of a thing's tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagsChange {
    /// These are set, over what was there.
    pub set: BTreeMap<String, String>,
    /// These are taken away; what is not there is no error.
    pub removed: Vec<String>,
}

/// What became of a [`TagsChange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagsChanged {
    /// It is so.
    Done,
    /// There is no such thing.
    Missing,
    /// There would be more than [`TAGS_MAX`]; nothing was changed.
    TooMany,
}

/// Tags. Every call is of one tenant and sees nothing of another.
#[async_trait]
pub trait Tags: Send + Sync {
    /// Those of a state machine or an activity; none if there is no such thing.
    async fn tags_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<BTreeMap<String, String>>, PortError>;
    /// Changes them.
    async fn tags_change(&self, tenant: &TenantId, arn: &str, change: &TagsChange) -> Result<TagsChanged, PortError>;
}
