//! What lets every node run the same schedules while each schedule fires once.

use crate::PortError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A named right that one holder has at a time, for a while. It makes double work rare, not impossible: a holder that
/// was suspended for longer than its lease does not know that another has it. What it guards must bear being done twice.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Takes the lease, or prolongs it where `holder` has it already; false where somebody else has it.
    async fn lease_take(&self, name: &str, holder: &str, ttl: Duration) -> Result<bool, PortError>;
    /// Gives it up early. Not being the holder is no error.
    async fn lease_release(&self, name: &str, holder: &str) -> Result<(), PortError>;
}

/// When each schedule fired last, for after a downtime.
#[async_trait]
pub trait FireLog: Send + Sync {
    /// The due time of the last fire; none for a schedule that is new.
    async fn fire_last(&self, schedule: &str) -> Result<Option<DateTime<Utc>>, PortError>;
    /// Keeps a later due time (to the millisecond); an earlier one than is kept changes nothing.
    async fn fire_record(&self, schedule: &str, due: DateTime<Utc>) -> Result<(), PortError>;
}
