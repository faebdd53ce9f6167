//! What nodes tell each other.

use crate::{ConnectionId, NodeId};
use bytes::Bytes;
use octavo_domain_kernel::{TenantId, UserId};
use serde::{Deserialize, Serialize};

/// One message, encoded once for each protocol by the node that it came to: whole records with their framing, as a
/// connection's transport sends them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frames {
    /// For the JSON hub protocol: ends in 0x1E.
    pub json: Bytes,
    /// For the MessagePack hub protocol: begins with its length.
    pub message_pack: Bytes,
}

/// What becomes of a message for a connection that does not read what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlowReader {
    /// The connection is closed: it would otherwise miss something without knowing.
    #[default]
    Disconnect,
    /// The oldest waiting message of this policy is dropped for the new one.
    DropOldest,
    /// A waiting message for the same target is replaced: only the newest matters (cursors, presence, progress).
    LatestWins,
}

/// What a node is asked to do for its connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Deliver to the channel's connections, or to `connection` alone.
    Send {
        /// The client's method: what [`SlowReader::LatestWins`] goes by.
        target: String,
        /// The record.
        frames: Frames,
        /// Not to these.
        excluded: Vec<ConnectionId>,
        /// Only to this one, where the channel is its node's.
        connection: Option<ConnectionId>,
        /// For those that do not read.
        slow: SlowReader,
    },
    /// Add the channel's connections (a user's), or one, to a group of the tenant's hub.
    Join {
        /// The group.
        group: String,
        /// Only this one.
        connection: Option<ConnectionId>,
    },
    /// Take them out of a group; of all groups where none is named.
    Leave {
        /// The group.
        group: Option<String>,
        /// Only this one.
        connection: Option<ConnectionId>,
    },
    /// Close the channel's connections, or one.
    Close {
        /// What they are told.
        reason: Option<String>,
        /// Not these.
        excluded: Vec<ConnectionId>,
        /// Only this one.
        connection: Option<ConnectionId>,
    },
    /// Bytes of a room: y-protocol messages.
    Room {
        /// What they are: see `octavo-domain-collaboration`.
        message: Bytes,
    },
    /// Whatever a tenant's user has open is closed: a session was revoked.
    Revoke {
        /// The user.
        user: UserId,
    },
}

/// A command with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Who published it, and has done it for its own connections already: an echo is dropped by this.
    pub origin: NodeId,
    /// Whose connections are meant.
    pub tenant: TenantId,
    /// Of which hub; empty for a room.
    pub hub: String,
    /// Milliseconds since 1970 by the origin's clock: for measuring the lag, nothing else.
    pub sent_at: i64,
    /// What is to be done.
    pub command: Command,
}

/// Bytes that are no envelope: a node of another version, or somebody else's.
#[derive(Debug, thiserror::Error)]
#[error("not an envelope: {0}")]
pub struct Undecodable(String);

impl Envelope {
    /// As MessagePack.
    pub fn encode(&self) -> Bytes {
        // Nothing in it has a serializer that fails.
        rmp_serde::to_vec_named(self).unwrap_or_default().into()
    }

    /// Members that are not known are passed over: a newer node may say more.
    pub fn decode(bytes: &[u8]) -> Result<Self, Undecodable> {
        rmp_serde::from_slice(bytes).map_err(|error| Undecodable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_comes_back_as_it_was() {
        let node = NodeId::of_random(7);
        let frames = Frames { json: Bytes::from_static(b"{}\x1e"), message_pack: Bytes::from_static(b"\x02\x91\x06") };
        let commands = [
            Command::Send {
                target: "moved".to_owned(),
                frames,
                excluded: vec![ConnectionId::of_random(&node, 1)],
                connection: None,
                slow: SlowReader::LatestWins,
            },
            Command::Join { group: "g".to_owned(), connection: None },
            Command::Leave { group: None, connection: Some(ConnectionId::of_random(&node, 2)) },
            Command::Room { message: Bytes::from_static(&[0, 2, 1]) },
            Command::Revoke { user: "ada".parse().unwrap() },
        ];
        for command in commands {
            let envelope = Envelope {
                origin: node.clone(),
                tenant: "acme".parse().unwrap(),
                hub: "notifications".to_owned(),
                sent_at: 1,
                command,
            };
            assert_eq!(Envelope::decode(&envelope.encode()).unwrap(), envelope);
        }
        assert!(Envelope::decode(b"\xff\x00").is_err());
    }
}
