//! Access keys as they are shown.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::GroupId;
use octavo_domain_workflow::catalogue::AccessKey;
use serde::Serialize;

/// An access key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AccessKeyView {
    /// `aws_access_key_id`.
    #[schema(example = "AKIAQ3EGRRBUHDXTCIAW")]
    id: String,
    /// `aws_secret_access_key`: shown once, when the key is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// What it is for.
    label: String,
    /// In whose name it acts.
    user: String,
    /// With which groups.
    groups: Vec<String>,
    /// With which roles.
    roles: Vec<String>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// By whom.
    created_by: String,
    /// When it was used last, to within about an hour.
    used_at: Option<DateTime<Utc>>,
}

impl AccessKeyView {
    pub(super) fn of(key: AccessKey, secret: Option<String>) -> Self {
        Self {
            id: key.id,
            secret,
            label: key.label,
            user: key.user.into(),
            groups: key.groups.into_iter().map(GroupId::into).collect(),
            roles: key.roles.into_iter().collect(),
            created_at: key.created_at,
            created_by: key.created_by.into(),
            used_at: key.used_at,
        }
    }
}

/// Access keys.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AccessKeyList {
    /// Newest first.
    pub(super) access_keys: Vec<AccessKeyView>,
}
