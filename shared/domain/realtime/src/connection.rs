//! Nodes and connections.

use crate::InvalidName;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Characters of a node's id.
const NODE_CHARS: usize = 8;
/// Characters of a connection's own part.
const OWN_CHARS: usize = 22;

/// One run of a node's process: 8 characters of `a-z0-9`, drawn at its start, so that a node that was restarted is
/// another one and nobody takes its connections for those of before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// From 64 random bits.
    pub fn of_random(mut bits: u64) -> Self {
        let text: String = std::iter::repeat_with(|| {
            let digit = (bits % 36) as u32;
            bits /= 36;
            char::from_digit(digit, 36).unwrap_or('0')
        })
        .take(NODE_CHARS)
        .collect();
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NodeId {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let right =
            text.len() == NODE_CHARS && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        right.then(|| Self(text.into())).ok_or(InvalidName { what: "node", expected: "8 characters of a-z and 0-9" })
    }
}

impl TryFrom<String> for NodeId {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NodeId> for String {
    fn from(node: NodeId) -> Self {
        node.0.to_string()
    }
}

/// A connection: its node's id, a hyphen, and 22 characters of `A-Za-z0-9_-` (128 random bits). Where it lives can be read
/// from it, so that whoever has one can reach it without looking it up. Held as its parts: there are many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConnectionId {
    node: [u8; NODE_CHARS],
    own: u128,
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl ConnectionId {
    /// A connection of `node` from 128 random bits.
    pub fn of_random(node: &NodeId, bits: u128) -> Self {
        let mut name = [b'0'; NODE_CHARS];
        name.copy_from_slice(node.as_str().as_bytes());
        Self { node: name, own: bits }
    }

    /// Where it lives.
    pub fn node(&self) -> NodeId {
        NodeId(String::from_utf8_lossy(&self.node).into())
    }

    /// Whether it lives on `node`.
    pub fn is_of(&self, node: &NodeId) -> bool {
        self.node == node.as_str().as_bytes()
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; NODE_CHARS + 1 + OWN_CHARS];
        text[..NODE_CHARS].copy_from_slice(&self.node);
        text[NODE_CHARS] = b'-';
        let mut rest = self.own;
        for place in text[NODE_CHARS + 1..].iter_mut().rev() {
            *place = ALPHABET[(rest & 63) as usize];
            rest >>= 6;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for ConnectionId {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = InvalidName { what: "connection", expected: "a node's id, a hyphen, and 22 characters" };
        let (node, own) = text.split_once('-').ok_or_else(|| invalid.clone())?;
        let node: NodeId = node.parse().map_err(|_| invalid.clone())?;
        if own.len() != OWN_CHARS {
            return Err(invalid);
        }
        let mut bits: u128 = 0;
        for (at, byte) in own.bytes().enumerate() {
            let digit = ALPHABET.iter().position(|known| *known == byte).ok_or_else(|| invalid.clone())?;
            // 22 characters hold 132 bits: the first one has two of them.
            if at == 0 && digit > 3 {
                return Err(invalid);
            }
            bits = (bits << 6) | digit as u128;
        }
        Ok(Self::of_random(&node, bits))
    }
}

impl TryFrom<String> for ConnectionId {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ConnectionId> for String {
    fn from(id: ConnectionId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_says_where_its_connection_lives(node: u64, own: u128) {
            let node = NodeId::of_random(node);
            let id = ConnectionId::of_random(&node, own);
            let text = id.to_string();
            prop_assert_eq!(text.len(), 31);
            prop_assert_eq!(text.parse::<ConnectionId>().unwrap(), id);
            prop_assert!(id.is_of(&node));
            prop_assert_eq!(id.node(), node);
        }

        #[test]
        fn an_id_has_one_spelling(text in "[a-z0-9]{8}-[A-Za-z0-9_-]{22}") {
            if let Ok(id) = text.parse::<ConnectionId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for bad in [
            "",
            "abc",
            "abcdefgh",
            "abcdefgh-short",
            "ABCDEFGH-AAAAAAAAAAAAAAAAAAAAAA",
            "abcdefgh-zAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(bad.parse::<ConnectionId>().is_err(), "{bad}");
        }
    }
}
