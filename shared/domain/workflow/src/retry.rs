//! When a failed state is tried again, and which errors an entry of `Retry` or `Catch` is for.

use serde_json::Value;
use std::time::Duration;

/// The longest wait between two tries, in seconds: a year, as long as an execution may live.
const DELAY_SECONDS_MAX: f64 = 31_536_000.0;

/// Matches every error but those that nothing catches.
const ALL: &str = "States.ALL";

/// Matches every error but a timeout.
const TASK_FAILED: &str = "States.TaskFailed";

/// The errors that `States.ALL` does not match: trying again would not help.
const TERMINAL: [&str; 2] = ["States.DataLimitExceeded", "States.Runtime"];

/// A task that took too long, or that was silent for too long.
const TIMEOUTS: [&str; 2] = ["States.Timeout", "States.HeartbeatTimeout"];

/// How the delay is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// The delay as computed.
    #[default]
    None,
    /// Anything between nothing and the delay, evenly.
    Full,
}

/// One entry of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// The errors that it is for.
    pub error_equals: Vec<String>,
    /// The first delay, in seconds; 1 when not given.
    pub interval_seconds: u64,
    /// How often it tries again; 3 when not given, 0 means never.
    pub max_attempts: u32,
    /// What the delay is multiplied by each time; 2.0 when not given.
    pub backoff_rate: f64,
    /// The longest delay before jitter, in seconds.
    pub max_delay_seconds: Option<u64>,
    /// How the delay is spread.
    pub jitter: Jitter,
}

impl Retrier {
    /// Reads an entry that has been checked; a field that is missing or of a wrong type has its default.
    pub fn read(entry: &Value) -> Self {
        let whole = |name: &str| entry.get(name).and_then(Value::as_u64);
        let errors = entry.get("ErrorEquals").and_then(Value::as_array);
        Self {
            error_equals: errors.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            interval_seconds: whole("IntervalSeconds").unwrap_or(1),
            max_attempts: whole("MaxAttempts").map_or(3, |count| u32::try_from(count).unwrap_or(u32::MAX)),
            backoff_rate: entry.get("BackoffRate").and_then(Value::as_f64).unwrap_or(2.0),
            max_delay_seconds: whole("MaxDelaySeconds"),
            jitter: match entry.get("JitterStrategy").and_then(Value::as_str) {
                Some("FULL") => Jitter::Full,
                _ => Jitter::None,
            },
        }
    }
}

/// How long to wait before the `attempt`-th new try (1 is the first): the interval times the rate for each try before,
/// at most the maximum, then spread. `chance` is in 0 to 1, used with full jitter only. At most a year.
pub fn delay(retrier: &Retrier, attempt: u32, chance: f64) -> Duration {
    let interval = seconds(retrier.interval_seconds);
    let grown = interval * retrier.backoff_rate.powf(f64::from(attempt.saturating_sub(1)));
    // An interval of 0 times a rate that has grown out of range is no number: there is nothing to wait for.
    let grown = if grown.is_nan() { 0.0 } else { grown };
    let longest = retrier.max_delay_seconds.map_or(DELAY_SECONDS_MAX, seconds).min(DELAY_SECONDS_MAX);
    let delay = grown.clamp(0.0, longest);
    Duration::from_secs_f64(match retrier.jitter {
        Jitter::None => delay,
        Jitter::Full if chance.is_nan() => delay,
        Jitter::Full => delay * chance.clamp(0.0, 1.0),
    })
}

fn seconds(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether an error is one of those listed in `ErrorEquals` of a retrier or catcher. `States.ALL` matches all but
/// `States.DataLimitExceeded` and `States.Runtime`; `States.TaskFailed` matches all but timeouts and those two;
/// `States.Timeout` also matches a missed heartbeat.
pub fn matches(error_equals: &[String], error: &str) -> bool {
    let terminal = TERMINAL.contains(&error);
    error_equals.iter().any(|listed| match listed.as_str() {
        ALL => !terminal,
        TASK_FAILED => !(terminal || TIMEOUTS.contains(&error)),
        "States.Timeout" => TIMEOUTS.contains(&error),
        listed => listed == error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn millis(entry: &Value, chance: f64) -> Vec<u128> {
        let retrier = Retrier::read(entry);
        (1..=4).map(|attempt| delay(&retrier, attempt, chance).as_millis()).collect()
    }

    #[test]
    fn the_delay_grows_up_to_its_maximum() {
        assert_eq!(millis(&json!({}), 0.5), [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(millis(&json!({"IntervalSeconds": 3, "BackoffRate": 1.5}), 0.5), [3_000, 4_500, 6_750, 10_125]);
        assert_eq!(millis(&json!({"MaxDelaySeconds": 3}), 0.5), [1_000, 2_000, 3_000, 3_000]);
        assert_eq!(millis(&json!({"BackoffRate": 1}), 0.5), [1_000; 4]);
    }

    #[test]
    fn full_jitter_spreads_between_nothing_and_the_delay() {
        let full = json!({"JitterStrategy": "FULL", "MaxDelaySeconds": 3});
        assert_eq!(millis(&full, 0.0), [0; 4]);
        assert_eq!(millis(&full, 0.5), [500, 1_000, 1_500, 1_500]);
        assert_eq!(millis(&full, 1.0), [1_000, 2_000, 3_000, 3_000]);
    }

    #[test]
    fn no_number_is_too_large() {
        let huge =
            Retrier::read(&json!({"IntervalSeconds": u64::MAX, "BackoffRate": 1e300, "MaxAttempts": 99_999_999}));
        assert_eq!(delay(&huge, u32::MAX, 1.0).as_secs(), 31_536_000);
        assert_eq!(huge.max_attempts, 99_999_999);
        let none = Retrier::read(&json!({"IntervalSeconds": 0, "BackoffRate": 1e300}));
        assert_eq!(delay(&none, u32::MAX, 1.0), Duration::ZERO);
    }

    #[test]
    fn wildcards_match_what_may_be_tried_again() {
        let listed = |names: &[&str], error: &str| {
            matches(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), error)
        };
        assert!(listed(&["States.ALL"], "Custom"));
        assert!(listed(&["States.ALL"], "States.Timeout"));
        assert!(!listed(&["States.ALL"], "States.Runtime"));
        assert!(!listed(&["States.ALL"], "States.DataLimitExceeded"));
        assert!(listed(&["States.TaskFailed"], "Custom"));
        assert!(!listed(&["States.TaskFailed"], "States.Timeout"));
        assert!(listed(&["States.Timeout"], "States.HeartbeatTimeout"));
        assert!(!listed(&["States.HeartbeatTimeout"], "States.Timeout"));
        assert!(listed(&["A", "States.Runtime"], "States.Runtime"));
        assert!(!listed(&[], "A"));
    }
}
