//! How much a reader may bring.

use super::read::Unread;
use octavo_domain_workflow::machine::quota::{ITEMS_MAX, bytes};
use serde_json::Value;

/// The longest list of items, in bytes of JSON: they are kept with their frame.
pub(super) const ITEMS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Items as they are read: no more than were asked for, and an error where there are more than a `Map` may have.
pub(super) struct Budget {
    items: Vec<Value>,
    bytes: usize,
    most: usize,
}

impl Budget {
    /// `most` is the `MaxItems` of the state, if it says one.
    pub(super) fn new(most: Option<usize>) -> Self {
        Self { items: Vec::new(), bytes: 0, most: most.unwrap_or(usize::MAX) }
    }

    /// Whether no more are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= self.most
    }

    pub(super) fn push(&mut self, item: Value) -> Result<(), Unread> {
        self.bytes = self.bytes.saturating_add(bytes(&item));
        if self.items.len() >= ITEMS_MAX {
            return Err(Unread::because(format!(
                "there are more than {ITEMS_MAX} items; MaxItems takes fewer of them"
            )));
        }
        if self.bytes > ITEMS_BYTES_MAX {
            let why = format!("the items are longer than {ITEMS_BYTES_MAX} bytes; MaxItems takes fewer of them");
            return Err(Unread::because(why));
        }
        self.items.push(item);
        Ok(())
    }

    pub(super) fn into_items(self) -> Vec<Value> {
        self.items
    }
}
