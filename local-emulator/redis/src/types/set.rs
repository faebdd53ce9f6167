//! Sets.

use bytes::Bytes;

use super::{ELEMENT_OVERHEAD_BYTES, UniqueSet};

#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    members: UniqueSet<Bytes>,
    bytes: usize,
}

impl Set {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn contains(&self, member: &[u8]) -> bool {
        self.members.contains(member)
    }

    pub(crate) fn at(&self, index: usize) -> Option<&Bytes> {
        self.members.get_index(index)
    }

    /// Adds a member; `true` when it is new.
    pub(crate) fn insert(&mut self, member: &Bytes) -> bool {
        if self.members.contains(member) {
            return false;
        }
        self.bytes += member.len() + ELEMENT_OVERHEAD_BYTES;
        self.members.insert(Bytes::copy_from_slice(member))
    }

    pub(crate) fn remove(&mut self, member: &[u8]) -> bool {
        let removed = self.members.swap_remove(member);
        if removed {
            self.bytes -= member.len() + ELEMENT_OVERHEAD_BYTES;
        }
        removed
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.members.iter()
    }
}
