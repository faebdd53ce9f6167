//! What becomes of each message of a batch, and telling the queue.

use super::answer::{Verdict, verdict};
use super::mapping::Mapping;
use crate::invoker::InvokeError;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Delivery, Failure, Retry};
use std::collections::BTreeSet;

/// Longest error that is kept with a message, in characters.
const ERROR_CHARS_MAX: usize = 1000;

/// What to tell the queue.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Settlement {
    pub(super) acknowledge: Vec<String>,
    pub(super) retry: Vec<Retry>,
    pub(super) bury: Vec<(String, Failure)>,
    /// Why nothing of the batch succeeded, where the batch failed as a whole.
    pub(super) failed_whole: Option<String>,
    /// Whether the messages of `retry` are given back uncounted.
    pub(super) returned: bool,
}

/// Decides, without doing: `draw` gives the jitter of one retry.
pub(super) fn settlement(
    mapping: &Mapping,
    batch: &[Delivery],
    answer: &Result<Bytes, InvokeError>,
    now: DateTime<Utc>,
    draw: impl Fn() -> f64,
) -> Settlement {
    let mut settlement = Settlement::default();
    let (failed, error) = match answer {
        Ok(answer) => {
            let ids = batch.iter().map(|delivery| delivery.message_id.as_str()).collect::<BTreeSet<_>>();
            match verdict(answer, &ids) {
                Verdict::Failed(failed) => (Some(failed), "the function reported it as failed".to_owned()),
                Verdict::Malformed(error) => (None, error),
            }
        }
        Err(error @ (InvokeError::Throttled | InvokeError::Unavailable(_))) => {
            let after = mapping.pause.pause(1, draw());
            let give_back = |delivery: &Delivery| Retry { receipt: delivery.receipt.clone(), after, failure: None };
            return Settlement {
                retry: batch.iter().map(give_back).collect(),
                failed_whole: Some(error.to_string()),
                returned: true,
                ..Settlement::default()
            };
        }
        Err(error) => (None, error.to_string()),
    };
    for delivery in batch {
        if failed.as_ref().is_some_and(|failed| !failed.contains(&delivery.message_id)) {
            settlement.acknowledge.push(delivery.receipt.clone());
            continue;
        }
        let failure = Failure { at: now, error: cut(&error) };
        if delivery.receive_count >= mapping.max_receive_count {
            settlement.bury.push((delivery.receipt.clone(), failure));
        } else {
            let after = mapping.retry.pause(delivery.receive_count, draw());
            settlement.retry.push(Retry { receipt: delivery.receipt.clone(), after, failure: Some(failure) });
        }
    }
    settlement.failed_whole = failed.is_none().then_some(error);
    settlement
}

/// Deliveries that came more often than is allowed: whoever had them before ended without an answer, perhaps because of
/// them. They are not tried again.
pub(super) fn exhausted(mapping: &Mapping, batch: Vec<Delivery>) -> (Vec<Delivery>, Vec<Delivery>) {
    batch.into_iter().partition(|delivery| delivery.receive_count > mapping.max_receive_count)
}

pub(super) fn cut(error: &str) -> String {
    error.chars().take(ERROR_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::Clock;
    use octavo_testing::time::ManualClock;
    use std::time::Duration;

    fn delivery(id: &str, receive_count: u32) -> Delivery {
        Delivery {
            receipt: format!("r-{id}"),
            message_id: id.to_owned(),
            body: "{}".to_owned(),
            receive_count,
            sent_at: ManualClock::default().now(),
            failures: Vec::new(),
        }
    }

    fn settle(answer: Result<&'static str, InvokeError>) -> Settlement {
        let mapping = Mapping { max_receive_count: 3, ..Mapping::new("q".parse().unwrap(), "f") };
        let batch = [delivery("a", 1), delivery("b", 2), delivery("c", 3)];
        let answer = answer.map(|answer| Bytes::from_static(answer.as_bytes()));
        settlement(&mapping, &batch, &answer, ManualClock::default().now(), || 1.0)
    }

    #[test]
    fn a_part_fails() {
        let settlement = settle(Ok(r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"c"}]}"#));
        assert_eq!(settlement.acknowledge, ["r-a"]);
        assert_eq!(settlement.retry.len(), 1);
        assert_eq!((&*settlement.retry[0].receipt, settlement.retry[0].after), ("r-b", Duration::from_secs(2)));
        assert_eq!(settlement.bury[0].0, "r-c");
        assert_eq!(settlement.failed_whole, None);
    }

    #[test]
    fn an_error_fails_all_and_is_kept_with_each() {
        let error = InvokeError::FunctionError {
            kind: "Runtime.ExitError".to_owned(),
            message: "é".repeat(5000),
            payload: Bytes::new(),
        };
        let settlement = settle(Err(error));
        assert!(settlement.acknowledge.is_empty());
        assert_eq!((settlement.retry.len(), settlement.bury.len()), (2, 1));
        let kept = &settlement.bury[0].1.error;
        assert!(kept.starts_with("Runtime.ExitError: é") && kept.chars().count() == ERROR_CHARS_MAX);
        assert!(settle(Err(InvokeError::Timeout)).failed_whole.is_some());
        assert!(settle(Ok("not JSON")).failed_whole.is_some());
    }

    #[test]
    fn a_throttled_function_is_not_the_messages_fault() {
        for error in [InvokeError::Throttled, InvokeError::Unavailable("away".to_owned())] {
            let settlement = settle(Err(error));
            assert_eq!((settlement.retry.len(), settlement.bury.len()), (3, 0));
            assert!(settlement.returned && settlement.retry.iter().all(|retry| retry.failure.is_none()));
        }
    }
}
