//! Moments on the wire.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// A moment: seconds since 1970 with milliseconds after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = self.0.timestamp_millis();
        // Exact to the millisecond for some hundred thousand years.
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        let seconds = millis as f64 / 1_000.0;
        serializer.serialize_f64(seconds)
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_keeps_its_milliseconds() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        assert_eq!(serde_json::to_string(&Moment(at)).unwrap(), "1700000000.123");
    }
}
