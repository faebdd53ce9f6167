//! Which queue feeds which function, and how.

use crate::backoff::Backoff;
use octavo_domain_kernel::QueueName;
use std::time::Duration;

/// Most messages of one batch: what our queues give at a time.
const BATCH_SIZE_MAX: usize = 100;
/// Longest batch window, as on AWS.
const BATCH_WINDOW_MAX: Duration = Duration::from_secs(300);
/// Most invocations of one mapping at a time, as on AWS.
const CONCURRENCY_MAX: usize = 1000;
/// Most deliveries of a message, as on AWS.
const RECEIVE_COUNT_MAX: u32 = 1000;

/// From a queue to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Where messages come from.
    pub queue: QueueName,
    /// The function that gets them.
    pub function: String,
    /// Most messages of one event, 1 to 100. Default 10.
    pub batch_size: usize,
    /// How long a batch that is not full waits for more, at most 5 min. Default none.
    pub batch_window: Duration,
    /// After so many deliveries a message that failed goes to the dead letters, 1 to 1000. Default 5.
    pub max_receive_count: u32,
    /// The function's own deadline. Default 30 s.
    pub function_timeout: Duration,
    /// For how long a batch that was received is kept from others; longer than window and deadline together, so that
    /// nobody gets it while the function works. Default 6 times the deadline, as AWS advises.
    pub visibility: Duration,
    /// Most invocations at a time, 1 to 1000. Default 2.
    pub concurrency: usize,
    /// How long a message that failed waits. Default from 1 s to 15 min.
    pub retry: Backoff,
    /// How long the poller pauses when the function is throttled or cannot be invoked, when whole batches fail in a row,
    /// or when the queue is away. Default from 200 ms to 30 s.
    pub pause: Backoff,
}

/// Which part of a mapping is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mapping of queue {queue}: {field}: expected {expected}")]
pub struct InvalidMapping {
    /// The mapping's queue.
    pub queue: QueueName,
    /// The field.
    pub field: &'static str,
    /// What it should be.
    pub expected: String,
}

impl Mapping {
    /// A mapping with the defaults.
    pub fn new(queue: QueueName, function: impl Into<String>) -> Self {
        let function_timeout = Duration::from_secs(30);
        Self {
            queue,
            function: function.into(),
            batch_size: 10,
            batch_window: Duration::ZERO,
            max_receive_count: 5,
            function_timeout,
            visibility: function_timeout * 6,
            concurrency: 2,
            retry: Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(900) },
            pause: Backoff { base: Duration::from_millis(200), cap: Duration::from_secs(30) },
        }
    }

    pub(super) fn check(&self) -> Result<(), InvalidMapping> {
        let wrong = |field, expected: String| Err(InvalidMapping { queue: self.queue.clone(), field, expected });
        if self.function.is_empty() {
            return wrong("function", "a function's name".to_owned());
        }
        if !(1..=BATCH_SIZE_MAX).contains(&self.batch_size) {
            return wrong("batch_size", format!("1 to {BATCH_SIZE_MAX}"));
        }
        if self.batch_window > BATCH_WINDOW_MAX {
            return wrong("batch_window", format!("at most {} s", BATCH_WINDOW_MAX.as_secs()));
        }
        if !(1..=RECEIVE_COUNT_MAX).contains(&self.max_receive_count) {
            return wrong("max_receive_count", format!("1 to {RECEIVE_COUNT_MAX}"));
        }
        if self.visibility <= self.function_timeout + self.batch_window {
            return wrong("visibility", "more than function_timeout and batch_window together".to_owned());
        }
        if !(1..=CONCURRENCY_MAX).contains(&self.concurrency) {
            return wrong("concurrency", format!("1 to {CONCURRENCY_MAX}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_is_named() {
        let mapping = || Mapping::new("index".parse().unwrap(), "index");
        assert_eq!(mapping().check(), Ok(()));
        let batch = Mapping { batch_size: 0, ..mapping() }.check().unwrap_err();
        assert_eq!(batch.to_string(), "mapping of queue index: batch_size: expected 1 to 100");
        let visibility = Mapping { visibility: Duration::from_secs(30), ..mapping() }.check().unwrap_err();
        assert_eq!(visibility.field, "visibility");
        assert_eq!(Mapping { concurrency: 0, ..mapping() }.check().unwrap_err().field, "concurrency");
        assert_eq!(Mapping { max_receive_count: 0, ..mapping() }.check().unwrap_err().field, "max_receive_count");
    }
}
