//! What can be published to.

use crate::{ConnectionId, NodeId};
use octavo_domain_kernel::{TenantId, UserId};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Bytes of a group's name.
pub const GROUP_BYTES_MAX: usize = 256;
/// Characters of a hub's name.
const HUB_CHARS_MAX: usize = 64;
/// Stands in a room's channel where a hub's name stands in others; has a character that no hub's name has.
const ROOM: &str = "@yjs";

/// A text that is not the name that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {what}: expected {expected}")]
pub struct InvalidName {
    /// What was expected.
    pub what: &'static str,
    /// How it looks.
    pub expected: &'static str,
}

/// A hub: 1 to 64 characters of `a-z`, `0-9`, `_` and `-`, beginning with a letter. Read in any case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HubName(Arc<str>);

impl HubName {
    /// Its text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HubName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HubName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.to_ascii_lowercase();
        let right = (1..=HUB_CHARS_MAX).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        let expected = "1 to 64 characters of a-z, 0-9, _ and -, beginning with a letter";
        if right { Ok(Self(text.into())) } else { Err(InvalidName { what: "hub", expected }) }
    }
}

/// Who of a tenant's connections to a hub is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Audience {
    /// All of the tenant's.
    Everyone,
    /// Those that were added to a group: 1 to [`GROUP_BYTES_MAX`] bytes.
    Group(String),
    /// Those of a user.
    User(UserId),
    /// One.
    Connection(ConnectionId),
}

/// A backplane's channel. The only place where a channel gets its name, and no name is without its tenant; the tenant, hub
/// and kind stand before the name, so that no name can reach out of them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel(Arc<str>);

impl Channel {
    /// `audience` of `tenant`'s connections to `hub`. A connection's channel is its node's: there it is found by its id.
    /// Refuses a group's name that is empty or over [`GROUP_BYTES_MAX`].
    pub fn new(tenant: &TenantId, hub: &HubName, audience: &Audience) -> Result<Self, InvalidName> {
        let text = match audience {
            Audience::Everyone => format!("t:{tenant}:{hub}:all"),
            Audience::Group(group) if (1..=GROUP_BYTES_MAX).contains(&group.len()) => {
                format!("t:{tenant}:{hub}:g:{group}")
            }
            Audience::Group(_) => return Err(InvalidName { what: "group", expected: "1 to 256 bytes" }),
            Audience::User(user) => format!("t:{tenant}:{hub}:u:{user}"),
            Audience::Connection(id) => return Ok(Self::node(&id.node())),
        };
        Ok(Self(text.into()))
    }

    /// What is for a node itself, and for single connections of it. Carries envelopes that name their tenant.
    pub fn node(node: &NodeId) -> Self {
        Self(format!("n:{node}").into())
    }

    /// What is for every node: draining, revocation.
    pub fn nodes() -> Self {
        Self("nodes".into())
    }

    /// A document that is edited together.
    pub fn room(tenant: &TenantId, document: octavo_domain_kernel::DocumentId) -> Self {
        Self(format!("t:{tenant}:{ROOM}:{document}").into())
    }

    /// Whether it is a document's that is edited together.
    pub fn is_room(&self) -> bool {
        let mut parts = self.0.splitn(4, ':');
        parts.next() == Some("t") && parts.nth(1) == Some(ROOM)
    }

    /// As a backplane hands it back. Not for texts from elsewhere.
    pub fn of_wire(text: &str) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn channel(tenant: &str, group: &str) -> Result<Channel, InvalidName> {
        Channel::new(&tenant.parse().unwrap(), &"notifications".parse().unwrap(), &Audience::Group(group.to_owned()))
    }

    proptest! {
        #[test]
        fn two_tenants_never_share_a_channel(one in "\\PC{1,30}", other in "\\PC{1,30}") {
            prop_assert_ne!(channel("acme", &one).unwrap(), channel("acm", &other).unwrap());
            prop_assert_eq!(one == other, channel("acme", &one).unwrap() == channel("acme", &other).unwrap());
        }
    }

    #[test]
    fn a_group_has_a_name_of_a_bounded_length() {
        assert!(channel("acme", "").is_err());
        assert!(channel("acme", &"x".repeat(GROUP_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_room_is_told_from_every_hub() {
        let room = Channel::room(&"acme".parse().unwrap(), octavo_domain_kernel::DocumentId(uuid::Uuid::nil()));
        assert!(room.is_room() && !channel("acme", "@yjs:x").unwrap().is_room());
        assert!("@yjs".parse::<HubName>().is_err());
    }

    #[test]
    fn a_hub_is_read_in_any_case() {
        assert_eq!("Notifications".parse::<HubName>().unwrap().as_str(), "notifications");
        for bad in ["", "1x", "a:b", "a/b", "ä"] {
            assert!(bad.parse::<HubName>().is_err(), "{bad}");
        }
    }
}
