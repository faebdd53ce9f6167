//! The values that a key can hold. Each knows its own approximate size in bytes, so that accounting costs nothing.

mod hash;
mod list;
mod set;
mod sorted_set;
pub(crate) mod stream;
mod value;

pub(crate) use hash::Hash;
pub(crate) use list::{End, List};
pub(crate) use set::Set;
pub(crate) use sorted_set::{LexBound, ScoreBound, SortedSet};
pub(crate) use stream::{Stream, StreamId};
pub(crate) use value::{Kind, Value};

use foldhash::fast::RandomState;

/// A map that remembers positions: SCAN walks them downwards, so that a removal (which moves the last entry into the
/// gap) never hides an entry that was not yet seen.
pub(crate) type Map<K, V> = indexmap::IndexMap<K, V, RandomState>;

/// The set of that kind.
pub(crate) type UniqueSet<K> = indexmap::IndexSet<K, RandomState>;

/// What one element costs beside its own bytes: handles, hash slots, allocator overhead. Bytes, roughly.
pub(crate) const ELEMENT_OVERHEAD_BYTES: usize = 64;
