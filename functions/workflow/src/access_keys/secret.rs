//! Ids and secrets of access keys, in the form that AWS gives them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use octavo_domain_kernel::Ids;

/// How the id of a key begins that does not end by itself.
const PREFIX: &str = "AKIA";
/// Characters that follow it.
const ID_CHARS: usize = 16;
/// The alphabet of ids: Base32 (RFC 4648, section 6).
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Bytes of a secret: 40 characters in Base64.
const SECRET_BYTES: usize = 30;

/// A new id, of 20 characters, and a secret, of 40, that nobody can guess: identifiers carry 74 random bits each, and the
/// hash of six of them all that it can hold.
pub(super) fn draw(ids: &dyn Ids) -> (String, String) {
    let mut hasher = blake3::Hasher::new_derive_key("octavo access key v1");
    for _ in 0..6 {
        hasher.update(ids.next().as_bytes());
    }
    let mut drawn = [0; ID_CHARS + SECRET_BYTES];
    hasher.finalize_xof().fill(&mut drawn);
    let (id, secret) = drawn.split_at(ID_CHARS);
    let id: String = id.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    (format!("{PREFIX}{id}"), BASE64_STANDARD_NO_PAD.encode(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_testing::ids::SequentialIds;

    #[test]
    fn they_look_as_the_clients_expect_and_differ() {
        let ids = SequentialIds::default();
        let (id, secret) = draw(&ids);
        assert_eq!((id.len(), secret.len()), (20, 40));
        assert!(id.starts_with("AKIA") && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
        let (other, other_secret) = draw(&ids);
        assert!(other != id && other_secret != secret);
    }
}
