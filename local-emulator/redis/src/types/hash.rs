//! Hashes.

use bytes::Bytes;

use super::{ELEMENT_OVERHEAD_BYTES, Map};

#[derive(Debug, Clone, Default)]
pub(crate) struct Hash {
    fields: Map<Bytes, Bytes>,
    bytes: usize,
}

impl Hash {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(crate) fn get(&self, field: &[u8]) -> Option<&Bytes> {
        self.fields.get(field)
    }

    pub(crate) fn at(&self, index: usize) -> Option<(&Bytes, &Bytes)> {
        self.fields.get_index(index)
    }

    /// Sets a field; `true` when it is new.
    pub(crate) fn insert(&mut self, field: &Bytes, value: Bytes) -> bool {
        self.bytes += value.len();
        if let Some(old) = self.fields.get_mut(field) {
            self.bytes -= old.len();
            *old = value;
            return false;
        }
        self.bytes += field.len() + ELEMENT_OVERHEAD_BYTES;
        self.fields.insert(Bytes::copy_from_slice(field), value);
        true
    }

    pub(crate) fn remove(&mut self, field: &[u8]) -> bool {
        let Some((name, value)) = self.fields.swap_remove_entry(field) else { return false };
        self.bytes -= name.len() + value.len() + ELEMENT_OVERHEAD_BYTES;
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.fields.iter()
    }
}
