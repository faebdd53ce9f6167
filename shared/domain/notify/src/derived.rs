//! Identifiers that follow from what they identify.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A UUID version 8 (RFC 9562, section 5.8) that is the same for the same parts: whoever plans a thing twice plans one thing.
/// The parts are told apart by their lengths: `["ab", "c"]` is not `["a", "bc"]`.
pub fn derived_id(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_are_the_same_thing() {
        assert_eq!(derived_id(&["a", "b"]), derived_id(&["a", "b"]));
        assert_ne!(derived_id(&["ab", "c"]), derived_id(&["a", "bc"]));
        assert_eq!(derived_id(&["a"]).get_version_num(), 8);
    }
}
