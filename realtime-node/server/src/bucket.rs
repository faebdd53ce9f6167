//! How fast a connection may send: a token bucket of 8 bytes.

use std::time::Duration;

/// A token bucket. Time is an argument: milliseconds since the server's start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    tokens: f32,
    filled_ms: u32,
}

impl Bucket {
    pub(crate) fn full(burst: f32, now_ms: u32) -> Self {
        Self { tokens: burst, filled_ms: now_ms }
    }

    /// Takes a token: at once, or after the time that is returned. The debt is remembered, so that whoever waits and takes
    /// again has not gained.
    pub(crate) fn take(&mut self, now_ms: u32, per_second: f32, burst: f32) -> Option<Duration> {
        let passed = now_ms.saturating_sub(self.filled_ms) as f32 / 1_000.0;
        self.filled_ms = self.filled_ms.max(now_ms);
        self.tokens = (self.tokens + passed * per_second).min(burst) - 1.0;
        (self.tokens < 0.0)
            .then(|| Duration::from_millis((-self.tokens * 1_000.0 / per_second.max(f32::MIN_POSITIVE)) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_only_so_many_a_second_pass() {
        let mut bucket = Bucket::full(3.0, 0);
        for _ in 0..3 {
            assert_eq!(bucket.take(0, 10.0, 3.0), None);
        }
        assert_eq!(bucket.take(0, 10.0, 3.0), Some(Duration::from_millis(100)));
        assert_eq!(bucket.take(0, 10.0, 3.0), Some(Duration::from_millis(200)));
        assert_eq!(bucket.take(1_000, 10.0, 3.0), None);
    }
}
