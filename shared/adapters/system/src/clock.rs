//! The machine's clock.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::Clock;

/// Tells the time of the machine. Steps when the machine's clock is corrected.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the kernel::Clock that everybody else takes")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_time_after_this_was_written() {
        assert!(SystemClock.now().to_rfc3339().as_str() > "2026-01-01");
    }
}
