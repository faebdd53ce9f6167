//! The service's quotas, and what passing them is called.

use crate::scope::{Failure, NESTING_MAX, nests_too_deep};
use serde_json::Value;
use std::time::Duration;

/// The longest input, output or set of assigned variables, in bytes of JSON.
pub const PAYLOAD_BYTES_MAX: usize = 262_144;
/// All variables that a path sees, in bytes of JSON.
pub const VARIABLES_BYTES_MAX: usize = 10 * 1024 * 1024;
/// The longest history of a Standard execution, in events.
pub const EVENTS_MAX: u64 = 25_000;
/// The longest a Standard execution may run: a year, in seconds.
pub const STANDARD_SECONDS_MAX: u64 = 31_536_000;
/// The longest an Express execution may run, in seconds.
pub const EXPRESS_SECONDS_MAX: u64 = 300;
/// The longest a `Wait` may wait, in seconds.
pub const WAIT_SECONDS_MAX: u64 = 99_999_999;
/// How many iterations of an inline `Map` run at once at most.
pub const INLINE_CONCURRENCY_MAX: u32 = 40;
/// How many children of a distributed `Map` run at once at most.
pub const DISTRIBUTED_CONCURRENCY_MAX: u32 = 10_000;
/// How many items a `Map` may have that reads them: they are kept with its frame.
pub const ITEMS_MAX: usize = 100_000;
/// The longest items of a `Map` that does not read them, in bytes of JSON: a few inputs' worth.
pub const ITEMS_BYTES_MAX: usize = 4 * PAYLOAD_BYTES_MAX;
/// How many branches and iterations an execution has at most. A Standard one comes to the end of its history before.
pub const FRAMES_MAX: u64 = 100_000;
/// The cause of an execution that has begun too many of them.
pub const FRAMES_CAUSE: &str = "The execution reached the maximum number of branches and iterations (100000).";
/// How often an execution, and a map run, may begin again after a failure.
pub const REDRIVES_MAX: u32 = 1_000;
/// How many states one wake enters before it lets others go on.
pub const STATES_PER_WAKE_MAX: usize = 1_000;

/// How long one wake evaluates JSONata before it lets others go on.
pub const EVALUATION_PER_WAKE_MAX: Duration = Duration::from_secs(1);

/// The error of values that are too long.
pub const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";

/// The cause of an execution that has written its last event.
pub const EVENTS_CAUSE: &str = "The execution reached the maximum number of history events (25000).";

/// Judges what a state or task answers: its length, and how deep it nests. A loop that wraps its input once a turn would
/// else end in a value that nobody can read.
pub fn payload(state: &str, value: &Value) -> Result<(), Failure> {
    if nests_too_deep(value) {
        let cause = format!("The state/task '{state}' returned a result that nests more than {NESTING_MAX} deep.");
        return Err(Failure::new(DATA_LIMIT_EXCEEDED, cause));
    }
    if bytes(value) <= PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    Err(exceeded(state))
}

/// What a state or task is told that answers too much.
pub fn exceeded(state: &str) -> Failure {
    let cause = format!(
        "The state/task '{state}' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    Failure::new(DATA_LIMIT_EXCEEDED, cause)
}

/// The length of a value's JSON text, without writing it.
pub fn bytes(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_payload_of_just_the_limit_passes_and_a_byte_more_does_not() {
        let text = |length: usize| json!("x".repeat(length - 2));
        assert!(payload("A", &text(PAYLOAD_BYTES_MAX)).is_ok());
        assert_eq!(payload("A", &text(PAYLOAD_BYTES_MAX + 1)).unwrap_err().error, DATA_LIMIT_EXCEEDED);
    }

    #[test]
    fn a_payload_that_nests_too_deep_does_not_pass() {
        let deep = (0..=NESTING_MAX).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(payload("A", &deep).unwrap_err().error, DATA_LIMIT_EXCEEDED);
    }
}
