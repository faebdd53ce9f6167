//! Chance as an argument.

use uuid::Uuid;

/// Draws identifiers.
pub trait Ids: Send + Sync {
    /// A new UUID version 7 (RFC 9562, section 5.7): unique, and sorting by the time it was drawn.
    fn next(&self) -> Uuid;
}
