//! One master key, and the keys that are derived from it.

use crate::sealed::{KEY_ID_BYTES, NONCE_BYTES};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

/// Of a master key, and of every key that is derived from it, in bytes.
pub(crate) const KEY_BYTES: usize = 32;
/// So many derived keys are kept. One more, and all are forgotten: deriving takes microseconds.
const DERIVED_MAX: usize = 1_024;
/// Sets these keys apart from all else that might ever be derived from the same master key.
const SALT: &[u8] = b"octavo sealing 1";

pub(crate) struct Master {
    pub(crate) id: [u8; KEY_ID_BYTES],
    prk: Prk,
    derived: RwLock<HashMap<Vec<u8>, Arc<RandomizedNonceKey>>>,
}

/// What HKDF is asked for: as many bytes as a key has.
struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl Master {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest(&SHA256, key).as_ref()[..KEY_ID_BYTES]);
        Self { id, prk: Salt::new(HKDF_SHA256, SALT).extract(key), derived: RwLock::default() }
    }

    /// Encrypts in place and puts the tag behind. `context` says for whom and for what: it chooses the key, and the tag
    /// covers it.
    pub(crate) fn seal(&self, context: &[u8], value: &mut Vec<u8>) -> Result<[u8; NONCE_BYTES], Unspecified> {
        let nonce = self.derive(context)?.seal_in_place_append_tag(Aad::from(context), value)?;
        Ok(*nonce.as_ref())
    }

    /// Decrypts what `seal` made for the same context.
    pub(crate) fn open(
        &self,
        context: &[u8],
        nonce: [u8; NONCE_BYTES],
        encrypted: &[u8],
    ) -> Result<Vec<u8>, Unspecified> {
        let mut value = encrypted.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.derive(context)?.open_in_place(nonce, Aad::from(context), &mut value)?.len();
        value.truncate(length);
        Ok(value)
    }

    fn derive(&self, context: &[u8]) -> Result<Arc<RandomizedNonceKey>, Unspecified> {
        if let Some(key) = self.derived.read().get(context) {
            return Ok(key.clone());
        }
        let mut bytes = [0; KEY_BYTES];
        self.prk.expand(&[context], KeyLength)?.fill(&mut bytes)?;
        let key = Arc::new(RandomizedNonceKey::new(&AES_256_GCM, &bytes)?);
        let mut derived = self.derived.write();
        if derived.len() >= DERIVED_MAX {
            derived.clear();
        }
        derived.insert(context.to_vec(), key.clone());
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_are_kept_and_bounded() {
        let master = Master::new(&[1; KEY_BYTES]);
        for context in 0..(DERIVED_MAX as u64 + 10) {
            master.derive(&context.to_be_bytes()).unwrap();
        }
        assert_eq!(master.derived.read().len(), 10);
        let first = master.derive(&1_025_u64.to_be_bytes()).unwrap();
        assert!(Arc::ptr_eq(&first, &master.derive(&1_025_u64.to_be_bytes()).unwrap()));
    }

    #[test]
    fn a_key_id_is_the_beginning_of_its_hash() {
        // SHA-256 of 32 zero bytes begins so.
        assert_eq!(Master::new(&[0; KEY_BYTES]).id, [0x66, 0x68, 0x7a, 0xad]);
    }
}
