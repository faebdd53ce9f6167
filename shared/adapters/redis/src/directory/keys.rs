//! What the directory's keys are called. All of a place, of a user, or of the nodes lie on one slot of a cluster.
//!
//! Neither a tenant nor a hub has a colon in its name, so the names of two of them never run into each other; whatever a
//! place or user is called comes last.

use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_realtime::HubName;

/// What is kept, and until when each of it is: a hash and a sorted set.
pub(super) struct Keys {
    pub(super) entries: String,
    pub(super) ends: String,
}

pub(super) fn nodes() -> Keys {
    Keys { entries: "octavo:{nodes}:records".to_owned(), ends: "octavo:{nodes}:ends".to_owned() }
}

pub(super) fn presence(tenant: &TenantId, hub: &HubName, place: &str) -> Keys {
    let tag = format!("octavo:presence:{{{tenant}:{hub}:{place}}}");
    Keys { entries: format!("{tag}:states"), ends: format!("{tag}:ends") }
}

/// The groups of a user, each with its end: a sorted set alone.
pub(super) fn user_groups(tenant: &TenantId, hub: &HubName, user: &UserId) -> String {
    format!("octavo:user-groups:{{{tenant}:{hub}:{user}}}")
}
