//! Vectors that were missed while what makes them was away: what `index` is told to look for later.
//!
//! One message a tenant, whatever the number of its documents: the index itself knows which lack one.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, Message, OutboxEntry, TenantId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// The kind of the message.
pub const VECTORS_MISSED: &str = "search.vectors_missed";
/// Documents that one message looks at.
pub const REPAIR_DOCUMENTS_MAX: u16 = 100;
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(15 * 60);
/// The queue of the function that fills the index.
const QUEUE: &str = "index";

/// A look for documents without a vector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Those after this one; none begins from the first.
    pub after: Option<DocumentId>,
    /// How often in a row there were no vectors to be had.
    #[serde(default)]
    pub tries: u32,
}

impl Repair {
    /// The same again, since there were none to be had this time either.
    pub fn again(self) -> Self {
        Self { tries: self.tries.saturating_add(1), ..self }
    }

    /// Goes on behind `last`.
    pub fn on(last: DocumentId) -> Self {
        Self { after: Some(last), tries: 0 }
    }

    /// How long to wait for it: `first`, twice as long with each try in vain, a quarter of an hour at most.
    pub fn pause(self, first: Duration) -> Duration {
        first.saturating_mul(1_u32.checked_shl(self.tries).unwrap_or(u32::MAX)).min(PAUSE_MAX.max(first))
    }
}

/// What tells `index` so. Its id is the tenant's: of those that begin from the first one waits at a time, and of those that go on one.
pub fn repair_message(tenant: &TenantId, at: DateTime<Utc>, repair: Repair) -> OutboxEntry {
    let message = Message {
        id: id(tenant, repair.after.is_some()),
        tenant: tenant.clone(),
        kind: VECTORS_MISSED.to_owned(),
        key: VECTORS_MISSED.to_owned(),
        at,
        traceparent: None,
        body: serde_json::json!(repair),
    };
    OutboxEntry { queue: QUEUE.parse().expect("the constant is a queue name"), message }
}

fn id(tenant: &TenantId, goes_on: bool) -> Uuid {
    let mut hash = blake3::Hasher::new();
    for part in ["octavo vectors missed 1", tenant.as_str(), if goes_on { "on" } else { "first" }] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize().as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_each_time_and_never_longer_than_a_quarter_of_an_hour() {
        let seconds = |tries| Repair { after: None, tries }.pause(Duration::from_secs(60)).as_secs();
        assert_eq!([0, 1, 2, 3, 4, 31, 32, u32::MAX].map(seconds), [60, 120, 240, 480, 900, 900, 900, 900]);
        assert_eq!(Repair::default().again().again().tries, 2);
        assert_eq!(Repair { after: None, tries: 7 }.pause(Duration::from_secs(3600)).as_secs(), 3600, "as it is set");
    }

    #[test]
    fn a_tenant_has_one_that_begins_and_one_that_goes_on() {
        let tenant = |name: &str| name.parse::<TenantId>().unwrap();
        let last = DocumentId(Uuid::from_u128(7));
        let message = |name: &str, repair| repair_message(&tenant(name), DateTime::UNIX_EPOCH, repair);
        let first = message("acme", Repair::default());
        assert_eq!(first.message.id, message("acme", Repair::default().again()).message.id);
        let on = message("acme", Repair::on(last));
        assert_ne!(first.message.id, on.message.id);
        assert_ne!(first.message.id, message("globex", Repair::default()).message.id);
        assert_eq!(first.queue.as_str(), "index");
        assert_eq!(serde_json::from_value::<Repair>(on.message.body).unwrap(), Repair::on(last));
    }
}
