//! Identifiers from the machine's clock and randomness.

use octavo_domain_kernel::Ids;
use uuid::Uuid;

/// Draws UUIDs of version 7 (RFC 9562, section 5.7), ascending within one process.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the kernel::Ids that everybody else takes")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascend_within_a_process() {
        let drawn: Vec<Uuid> = (0..1000).map(|_| SystemIds.next()).collect();
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(drawn[0].get_version_num(), 7);
    }
}
