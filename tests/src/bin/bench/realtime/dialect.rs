//! What is said on a WebSocket, server by server: the same things in each one's words.

use super::stamp;
use serde_json::{Value, json};

/// A server's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The conformance hub, in JSON.
    SignalR,
    /// Engine.IO 4 and Socket.IO 5, as our script for it has them.
    SocketIo,
    /// Our own few words, for `ws`, which has none.
    Plain,
}

/// What a message of the server is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A message that somebody sent at this moment.
    Message(u64),
    /// To be answered so.
    Asks(&'static str),
    /// The server wants to be left, and says whether one may come back.
    Close {
        again: bool,
    },
    Other,
}

/// The end of a SignalR record.
pub(super) const END: u8 = 0x1e;

impl Dialect {
    /// Of the WebSocket.
    pub(super) fn path(self, token: &str) -> String {
        match self {
            Self::SignalR => format!("/hubs/conformance?access_token={token}"),
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket".to_owned(),
            Self::Plain => "/".to_owned(),
        }
    }

    /// Said first.
    pub(super) fn hello(self) -> Option<&'static str> {
        match self {
            Self::SignalR => Some("{\"protocol\":\"json\",\"version\":1}\u{1e}"),
            Self::SocketIo => Some("40"),
            Self::Plain => None,
        }
    }

    /// Whether it is the answer to that.
    pub(super) fn is_welcome(self, text: &[u8]) -> bool {
        match self {
            Self::SignalR => text.starts_with(b"{}\x1e"),
            Self::SocketIo => text.starts_with(b"40"),
            Self::Plain => true,
        }
    }

    pub(super) fn join(self, group: &str) -> String {
        match self {
            Self::SignalR => {
                record(&json!({"type": 1, "invocationId": "1", "target": "JoinGroup", "arguments": [group]}))
            }
            Self::SocketIo => format!("421{}", json!(["join", group])),
            Self::Plain => json!({ "join": group }).to_string(),
        }
    }

    /// Whether it is the answer to that.
    pub(super) fn is_joined(self, text: &[u8]) -> anyhow::Result<bool> {
        Ok(match self {
            Self::SignalR => {
                let is = text.starts_with(b"{\"type\":3");
                let said = String::from_utf8_lossy(text);
                anyhow::ensure!(!is || !said.contains("\"error\""), "joining failed: {said}");
                is
            }
            Self::SocketIo => text.starts_with(b"431"),
            Self::Plain => text.starts_with(b"{\"joined\""),
        })
    }

    /// Sends `value` to a group, or to everybody.
    pub(super) fn send(self, group: Option<&str>, value: &Value) -> String {
        match (self, group) {
            (Self::SignalR, Some(group)) => {
                record(&json!({"type": 1, "target": "SendToGroup", "arguments": [group, "m", value]}))
            }
            (Self::SignalR, None) => record(&json!({"type": 1, "target": "SendToAll", "arguments": ["m", value]})),
            (Self::SocketIo, Some(group)) => format!("42{}", json!(["send", group, value])),
            (Self::SocketIo, None) => format!("42{}", json!(["all", value])),
            (Self::Plain, group) => json!({ "send": group, "value": value }).to_string(),
        }
    }

    /// Said now and then by who has nothing to say.
    pub(super) fn keep_alive(self) -> Option<&'static str> {
        (self == Self::SignalR).then_some("{\"type\":6}\u{1e}")
    }

    /// Hears a whole message.
    pub(super) fn hear(self, text: &[u8], mut heard: impl FnMut(Heard)) {
        match self {
            Self::SignalR => {
                for record in text.split(|byte| *byte == END).filter(|record| !record.is_empty()) {
                    heard(if record.starts_with(b"{\"type\":1,") {
                        stamp::of_text(record).map_or(Heard::Other, Heard::Message)
                    } else if record.starts_with(b"{\"type\":7") {
                        let again = String::from_utf8_lossy(record).contains("\"allowReconnect\":true");
                        Heard::Close { again }
                    } else {
                        Heard::Other
                    });
                }
            }
            Self::SocketIo if text == b"2" => heard(Heard::Asks("3")),
            Self::SocketIo if !text.starts_with(b"42") => heard(Heard::Other),
            Self::SocketIo | Self::Plain => heard(stamp::of_text(text).map_or(Heard::Other, Heard::Message)),
        }
    }
}

fn record(message: &Value) -> String {
    format!("{message}\u{1e}")
}
