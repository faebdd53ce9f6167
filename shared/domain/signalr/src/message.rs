//! The nine messages.

use crate::Payload;
use crate::payload::shortened;

/// Bytes of one received record, without its framing: ASP.NET Core's default.
pub const RECORD_BYTES_MAX: usize = 32 * 1024;

/// Arguments, and ids of streams, of one invocation: every one costs an allocation, so that a record of nothing but
/// commas would cost many times its bytes.
pub const ARGUMENTS_MAX: usize = 256;

/// A message of the hub protocol. Headers are taken and passed over: neither side gives them a meaning.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Type 1: call a method. Without an id nobody waits for an answer, and none is given.
    Invocation {
        /// Names the answer.
        id: Option<String>,
        /// The method.
        target: String,
        /// Its arguments.
        arguments: Vec<Payload>,
        /// The streams that the caller will send.
        stream_ids: Vec<String>,
    },
    /// Type 2: one item of a stream, ours or the caller's.
    StreamItem {
        /// The stream: of an invocation, or one of its `stream_ids`.
        id: String,
        /// The item.
        item: Payload,
    },
    /// Type 3: an invocation or a stream has ended.
    Completion {
        /// Which.
        id: String,
        /// How.
        outcome: Outcome,
    },
    /// Type 4: call a method that answers with a stream.
    StreamInvocation {
        /// Names the stream.
        id: String,
        /// The method.
        target: String,
        /// Its arguments.
        arguments: Vec<Payload>,
        /// The streams that the caller will send.
        stream_ids: Vec<String>,
    },
    /// Type 5: the caller wants no more of a stream. It is still answered with a completion.
    CancelInvocation {
        /// Which.
        id: String,
    },
    /// Type 6: still there.
    Ping,
    /// Type 7: the connection ends.
    Close {
        /// Why, if it is an error.
        error: Option<String>,
        /// Whether the client may connect again by itself.
        allow_reconnect: bool,
    },
    /// Type 8 (stateful reconnect): everything up to this was received.
    Ack {
        /// The number of the last message that was received.
        sequence_id: u64,
    },
    /// Type 9 (stateful reconnect): the next message has this number.
    Sequence {
        /// The number of the first message that follows.
        sequence_id: u64,
    },
}

impl Message {
    /// Whether stateful reconnect numbers it, keeps it and sends it again: types 1 to 5.
    pub fn is_numbered(&self) -> bool {
        matches!(
            self,
            Self::Invocation { .. }
                | Self::StreamItem { .. }
                | Self::Completion { .. }
                | Self::StreamInvocation { .. }
                | Self::CancelInvocation { .. }
        )
    }
}

/// How an invocation or a stream has ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With an error, as the caller is told it.
    Error(String),
    /// With nothing.
    Void,
    /// With a value.
    Value(Payload),
}

/// A received record that is none of the protocol. The connection is closed for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseFault {
    /// It is longer than is taken.
    #[error("a record of more than {limit} bytes")]
    TooLarge {
        /// What is taken.
        limit: usize,
    },
    /// It is not of the encoding, or a part that is needed is missing or of another kind.
    #[error("{0}")]
    Malformed(String),
}

impl ParseFault {
    pub(crate) fn malformed(text: impl Into<String>) -> Self {
        Self::Malformed(shortened(text.into()))
    }
}
