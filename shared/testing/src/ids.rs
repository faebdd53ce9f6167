//! Identifiers that a test can foresee.

use octavo_domain_kernel::Ids;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Draws 1, 2, 3 and so on, as UUIDs of version 7: `00000000-0000-7000-8000-000000000001`.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl SequentialIds {
    /// The `n`th identifier that is drawn, counted from 1.
    pub fn nth(n: u64) -> Uuid {
        Uuid::from_u128((0x7000_u128 << 64) | (0x8000_u128 << 48) | u128::from(n))
    }
}

impl Ids for SequentialIds {
    fn next(&self) -> Uuid {
        Self::nth(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// An identifier that no other test has: for the names of queues, tenants and keys on a shared engine.
#[expect(clippy::disallowed_methods, reason = "tests that share an engine must not foresee each other's names")]
pub fn unique() -> Uuid {
    Uuid::new_v4()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_up_and_look_like_version_7() {
        let ids = SequentialIds::default();
        assert_eq!(ids.next().to_string(), "00000000-0000-7000-8000-000000000001");
        assert_eq!(ids.next(), SequentialIds::nth(2));
        assert_eq!(ids.next().get_version_num(), 7);
    }
}
