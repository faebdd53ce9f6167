//! With which code a room's socket is closed.

/// Why a socket of `/yjs/{document}` is closed. The stock `y-websocket` client from version 3 on connects again after every
/// code but 4400 to 4499 (it asks nobody there: the same would happen again); older ones always connect again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Close {
    /// 1012: the node ends. The client connects again, to another node.
    Restart,
    /// 1013: for now nothing can be kept, or the node holds no more rooms. The client connects again, a while later.
    TryAgain,
    /// 1002: the client sent what is not of the protocol.
    Malformed,
    /// 4401: no token, a bad one, or it is over. A new token is needed.
    Token,
    /// 4403: the document may not be read any more, or a viewer would not stop to write.
    Access,
    /// 4404: there is no such document, or it is private that there is.
    NoDocument,
    /// 4413: an update, or the room with it, is too large; it would be the next time too.
    TooLarge,
    /// 4415: the document's format is not text that can be edited together.
    NotText,
    /// 4429: as many people as may be are in the room.
    Limits,
}

impl Close {
    /// The code of RFC 6455, section 7.4.
    pub fn code(self) -> u16 {
        match self {
            Self::Malformed => 1002,
            Self::Restart => 1012,
            Self::TryAgain => 1013,
            Self::Token => 4401,
            Self::Access => 4403,
            Self::NoDocument => 4404,
            Self::TooLarge => 4413,
            Self::NotText => 4415,
            Self::Limits => 4429,
        }
    }

    /// What the other side reads; at most 123 bytes.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "not a Yjs message",
            Self::Restart => "service restart",
            Self::TryAgain => "try again later",
            Self::Token => "no token, or it is not good or over",
            Self::Access => "no access to this document",
            Self::NoDocument => "no such document",
            Self::TooLarge => "the update or the document is too large",
            Self::NotText => "this document is not text",
            Self::Limits => "too many people are in this document",
        }
    }
}
