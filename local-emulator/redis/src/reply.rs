//! What a command answers, before it is encoded for the protocol version of the one who asked.

use bytes::Bytes;

use crate::fault::Fault;

/// One reply. RESP3 shapes (maps, sets, doubles) fall back to arrays and strings in RESP2: see `resp::encode`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    Ok,
    Status(&'static str),
    /// A status text that is not known when compiling (a script's `{ok = ...}`).
    StatusText(String),
    Error(String),
    Int(i64),
    Bulk(Bytes),
    /// `$-1` in RESP2, `_` in RESP3.
    Null,
    /// `*-1` in RESP2, `_` in RESP3.
    NullArray,
    Array(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    Set(Vec<Reply>),
    Push(Vec<Reply>),
    Double(f64),
    /// Text for people; a bulk string in RESP2.
    Verbatim(String),
    /// Several frames in a row, not an array (one confirmation per channel).
    Frames(Vec<Reply>),
    /// The client waits: the answer comes when a key is ready or the time is over. Never encoded.
    Pending,
}

/// What every handler returns.
pub(crate) type Outcome = Result<Reply, Fault>;

impl Reply {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Bulk(Bytes::from(text.into()))
    }

    pub(crate) fn word(word: &'static str) -> Self {
        Self::Bulk(Bytes::from_static(word.as_bytes()))
    }

    pub(crate) fn int(n: usize) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    pub(crate) fn flag(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }

    pub(crate) fn bulk_or_null(value: Option<Bytes>) -> Self {
        value.map_or(Self::Null, Self::Bulk)
    }

    pub(crate) fn bulks(values: impl IntoIterator<Item = Bytes>) -> Self {
        Self::Array(values.into_iter().map(Self::Bulk).collect())
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        Self::Error(fault.to_string())
    }
}
