//! Time as an argument.

use chrono::{DateTime, Utc};

/// Tells the time. Production reads the machine's clock; a test holds one that it moves by hand.
pub trait Clock: Send + Sync {
    /// The present moment, UTC. May step backwards when the machine's clock is corrected: never subtract two readings
    /// to measure a duration that a limit depends on.
    fn now(&self) -> DateTime<Utc>;
}
