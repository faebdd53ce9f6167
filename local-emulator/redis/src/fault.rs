//! The refusals of Redis, with its own error texts.

/// Why a command was refused. `Display` is the whole text of the RESP error, including its code word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    #[error("ERR syntax error")]
    Syntax,
    #[error("ERR value is not an integer or out of range")]
    NotInteger,
    #[error("ERR value is not a valid float")]
    NotFloat,
    #[error("ERR min or max is not a float")]
    ScoreRange,
    #[error("ERR min or max not valid string range item")]
    LexRange,
    #[error("ERR no such key")]
    NoSuchKey,
    #[error("ERR index out of range")]
    IndexRange,
    #[error("ERR value is out of range, must be positive")]
    NotPositive,
    #[error("ERR Invalid stream ID specified as stream command argument")]
    StreamId,
    #[error("ERR wrong number of arguments for '{0}' command")]
    Arity(String),
    #[error("ERR invalid expire time in '{0}' command")]
    ExpireTime(&'static str),
    #[error("ERR invalid cursor")]
    Cursor,
    #[error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    StringSize,
    #[error("OOM command not allowed when used memory > 'maxmemory'.")]
    OutOfMemory,
    /// Any other text, said by one command only.
    #[error("{0}")]
    Text(String),
}

impl Fault {
    /// A refusal that only one command makes; `text` begins with the code word (`ERR ...`).
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}
