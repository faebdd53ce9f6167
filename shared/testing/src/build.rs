//! Builders: valid values where a test needs any.

use crate::ids::unique;
use chrono::{TimeZone, Utc};
use octavo_domain_kernel::{Message, Principal, QueueName, TenantId};
use serde_json::json;
use std::collections::BTreeSet;

/// `user` of `tenant`, in no group and without a role.
pub fn principal(tenant: &str, user: &str) -> Principal {
    Principal {
        tenant: tenant.parse().unwrap(),
        user: user.parse().unwrap(),
        name: None,
        groups: BTreeSet::new(),
        roles: BTreeSet::new(),
        api_key: None,
    }
}

/// A message with an id of its own and a body `{"n": n}`.
pub fn message(n: u64) -> Message {
    Message {
        id: unique(),
        tenant: "acme".parse().unwrap(),
        kind: "document.changed".to_owned(),
        key: format!("document-{n}"),
        at: Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap(),
        traceparent: None,
        body: json!({ "n": n }),
    }
}

/// A tenant that no other test has.
pub fn tenant() -> TenantId {
    format!("t-{}", unique().simple()).parse().unwrap()
}

/// A queue that no other test has.
pub fn queue() -> QueueName {
    format!("q-{}", unique().simple()).parse().unwrap()
}
