//! A value and access to it by kind.

use bytes::Bytes;

use super::{Hash, List, Set, SortedSet, Stream};

/// What a key holds.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(Bytes),
    List(List),
    Hash(Hash),
    Set(Set),
    SortedSet(SortedSet),
    Stream(Box<Stream>),
}

impl Value {
    /// The name that TYPE answers.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Hash(_) => "hash",
            Self::Set(_) => "set",
            Self::SortedSet(_) => "zset",
            Self::Stream(_) => "stream",
        }
    }

    /// Approximate memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(list) => list.bytes(),
            Self::Hash(hash) => hash.bytes(),
            Self::Set(set) => set.bytes(),
            Self::SortedSet(set) => set.bytes(),
            Self::Stream(stream) => stream.bytes(),
        }
    }

    /// A container without elements, which Redis does not keep. A stream is kept: it remembers its last id.
    pub(crate) fn is_vacant(&self) -> bool {
        match self {
            Self::Text(_) | Self::Stream(_) => false,
            Self::List(list) => list.is_empty(),
            Self::Hash(hash) => hash.is_empty(),
            Self::Set(set) => set.is_empty(),
            Self::SortedSet(set) => set.is_empty(),
        }
    }
}

/// A kind of value that can be asked for by its Rust type.
pub(crate) trait Kind: Sized {
    fn of(value: &Value) -> Option<&Self>;
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    fn vacant() -> Value;
}

macro_rules! kind {
    ($kind:ty, $variant:ident, $vacant:expr) => {
        impl Kind for $kind {
            fn of(value: &Value) -> Option<&Self> {
                if let Value::$variant(found) = value { Some(found) } else { None }
            }
            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                if let Value::$variant(found) = value { Some(found) } else { None }
            }
            fn vacant() -> Value {
                Value::$variant($vacant)
            }
        }
    };
}

kind!(Bytes, Text, Bytes::new());
kind!(List, List, List::default());
kind!(Hash, Hash, Hash::default());
kind!(Set, Set, Set::default());
kind!(SortedSet, SortedSet, SortedSet::default());

impl Kind for Stream {
    fn of(value: &Value) -> Option<&Self> {
        if let Value::Stream(found) = value { Some(found) } else { None }
    }
    fn of_mut(value: &mut Value) -> Option<&mut Self> {
        if let Value::Stream(found) = value { Some(found) } else { None }
    }
    fn vacant() -> Value {
        Value::Stream(Box::default())
    }
}
