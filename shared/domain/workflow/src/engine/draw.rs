//! Chance and identifiers for wakes.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use octavo_domain_kernel::Ids;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Bytes of a token that nobody can guess.
const SECRET_BYTES: usize = 32;
/// Bytes after them that tell a token from any other text.
const CHECK_BYTES: usize = 8;
/// Identifiers that are hashed for a secret: those of one moment may share all but 32 of their random bits.
const IDS_PER_SECRET: usize = 9;

/// What [`Settling`](super::Settling) draws, from the random bits of identifiers.
#[derive(Clone, Copy)]
pub struct Draw<'a>(pub &'a dyn Ids);

impl Draw<'_> {
    /// A new identifier.
    pub fn id(&self) -> Uuid {
        self.0.next()
    }

    /// A random number, evenly over all of `u64`.
    pub fn number(&self) -> u64 {
        let hash = Sha256::digest(self.0.next().as_bytes());
        hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// A task token: unguessable, and told from other texts by [`is_task_token`].
    pub fn token(&self) -> String {
        let mut hasher = Sha256::new();
        for _ in 0..IDS_PER_SECRET {
            hasher.update(self.0.next().as_bytes());
        }
        let mut bytes = hasher.finalize().to_vec();
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Whether a text was made by [`Draw::token`] at some time. Says nothing of whether there is still such a task.
pub fn is_task_token(text: &str) -> bool {
    let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(text) else { return false };
    bytes.len() == SECRET_BYTES + CHECK_BYTES && check(&bytes[..SECRET_BYTES]) == bytes[SECRET_BYTES..]
}

fn check(secret: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = Sha256::new().chain_update(b"octavo task token\0").chain_update(secret).finalize();
    std::array::from_fn(|at| hash[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Default)]
    struct Counted(AtomicU64);

    impl Ids for Counted {
        fn next(&self) -> Uuid {
            Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::Relaxed))
        }
    }

    #[test]
    fn a_token_is_told_from_other_texts() {
        let ids = Counted::default();
        let draw = Draw(&ids);
        let tokens: HashSet<String> = (0..100).map(|_| draw.token()).collect();
        assert_eq!(tokens.len(), 100);
        assert!(tokens.iter().all(|token| token.len() == 54 && is_task_token(token)));
        let token = draw.token();
        let other = if token.starts_with('A') { "B" } else { "A" };
        for wrong in ["", "x", &token[1..], &format!("{token}A"), &format!("{other}{}", &token[1..])] {
            assert!(!is_task_token(wrong), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_spread_over_all() {
        let ids = Counted::default();
        let draw = Draw(&ids);
        let high = (0..1_000).filter(|_| draw.number() > u64::MAX / 2).count();
        assert!((400..600).contains(&high), "{high}");
    }
}
