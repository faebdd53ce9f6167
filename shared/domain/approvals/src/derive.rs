//! Identifiers that follow from what they are of.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The same identifier (a UUID version 8) for the same parts: what is sent twice is then one.
pub fn derived_id(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        // Each with its length, so that `ab`, `c` is not `a`, `bc`.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_are_the_same_and_others_are_not() {
        assert_eq!(derived_id(&["a", "b"]), derived_id(&["a", "b"]));
        assert_eq!(derived_id(&["a", "b"]).get_version_num(), 8);
        for other in [&["ab"][..], &["a", "b", ""], &["b", "a"], &["", "ab"]] {
            assert_ne!(derived_id(&["a", "b"]), derived_id(other));
        }
    }
}
