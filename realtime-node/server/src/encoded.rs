//! A message that goes out: encoded once for each protocol, as whole WebSocket frames where those are wanted, and shared by
//! all receivers.

use bytes::Bytes;
use octavo_domain_realtime::{Command, ConnectionId, Frames, SlowReader};
use octavo_domain_signalr::{Message, PayloadFault, Protocol, encode};
use realtime_node_websocket::{Frame, WhenFull};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

/// A message that goes out.
pub(crate) struct Encoded {
    target: String,
    frames: Frames,
    slow: SlowReader,
    /// Whether stateful reconnect counts it.
    numbered: bool,
    text: OnceLock<Frame>,
    binary: OnceLock<Frame>,
}

impl Encoded {
    /// In both protocols.
    pub(crate) fn for_all(target: &str, frames: Frames, slow: SlowReader) -> Self {
        Self { target: target.to_owned(), frames, slow, numbered: true, text: OnceLock::new(), binary: OnceLock::new() }
    }

    /// In the one protocol of its only receiver.
    pub(crate) fn for_one(protocol: Protocol, message: &Message, slow: SlowReader) -> Result<Self, PayloadFault> {
        let target = match message {
            Message::Invocation { target, .. } => target.as_str(),
            _ => "",
        };
        let record = encode(protocol, message)?;
        let frames = match protocol {
            Protocol::Json => Frames { json: record, message_pack: Bytes::new() },
            Protocol::MessagePack => Frames { json: Bytes::new(), message_pack: record },
        };
        Ok(Self { numbered: message.is_numbered(), ..Self::for_all(target, frames, slow) })
    }

    /// The same of a record that stateful reconnect counts.
    pub(crate) fn numbered_record(record: impl Fn(Protocol) -> Bytes) -> Self {
        Self { numbered: true, ..Self::of_records(record) }
    }

    /// What is sent to whoever it may be: each gets the one of its protocol.
    pub(crate) fn of_records(record: impl Fn(Protocol) -> Bytes) -> Self {
        let frames = Frames { json: record(Protocol::Json), message_pack: record(Protocol::MessagePack) };
        Self { numbered: false, ..Self::for_all("", frames, SlowReader::Disconnect) }
    }

    pub(crate) fn is_numbered(&self) -> bool {
        self.numbered
    }

    /// The record with its framing.
    pub(crate) fn record(&self, protocol: Protocol) -> &Bytes {
        match protocol {
            Protocol::Json => &self.frames.json,
            Protocol::MessagePack => &self.frames.message_pack,
        }
    }

    /// As a WebSocket frame.
    pub(crate) fn frame(&self, protocol: Protocol) -> &Frame {
        match protocol {
            Protocol::Json => self.text.get_or_init(|| Frame::text(&self.frames.json)),
            Protocol::MessagePack => self.binary.get_or_init(|| Frame::binary(&self.frames.message_pack)),
        }
    }

    /// For a connection that does not read.
    pub(crate) fn when_full(&self) -> WhenFull {
        match self.slow {
            SlowReader::Disconnect => WhenFull::Disconnect,
            SlowReader::DropOldest => WhenFull::DropOldest,
            SlowReader::LatestWins => {
                let mut hasher = DefaultHasher::new();
                self.target.hash(&mut hasher);
                WhenFull::Replace { key: hasher.finish() }
            }
        }
    }

    /// The same for other nodes.
    pub(crate) fn command(&self, excluded: Vec<ConnectionId>, connection: Option<ConnectionId>) -> Command {
        Command::Send {
            target: self.target.clone(),
            frames: self.frames.clone(),
            excluded,
            connection,
            slow: self.slow,
        }
    }
}
