//! Messages about saved searches.

use super::SavedSearchId;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Message, OutboxEntry, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The queue of the function `search`.
pub const SEARCH_QUEUE: &str = "search";
/// A saved search is to be run. The body is a [`SavedWakeBody`].
pub const SAVED_WAKE: &str = "search.saved_wake";
/// The category, and the template, of what somebody is told.
pub const SAVED_FOUND: &str = "search.found";

/// The body of [`SAVED_WAKE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWakeBody {
    /// Which saved search.
    pub saved: SavedSearchId,
}

/// The message that has a saved search run. Two of the same are as good as one.
pub fn saved_wake_message(id: Uuid, tenant: &TenantId, saved: SavedSearchId, at: DateTime<Utc>) -> OutboxEntry {
    let message = Message {
        id,
        tenant: tenant.clone(),
        kind: SAVED_WAKE.to_owned(),
        key: saved.to_string(),
        at,
        traceparent: None,
        body: json!(SavedWakeBody { saved }),
    };
    OutboxEntry { queue: SEARCH_QUEUE.parse().expect("the constant is a queue name"), message }
}
