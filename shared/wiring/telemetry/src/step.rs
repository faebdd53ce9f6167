//! Metrics of those who advance executions.

use crate::ai::line;
use chrono::{DateTime, Utc};
use octavo_domain_workflow::engine::{StepObserver, StepTally};
use serde_json::Value;
use std::io::Write;
use std::time::Duration;

/// Tells a line of metrics of every batch, as [`AiMetrics`](crate::AiMetrics) does of calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct StepMetrics;

impl StepObserver for StepMetrics {
    fn batch(&self, at: DateTime<Utc>, took: Duration, tally: &StepTally) {
        let mut text = batch_line(at, took, tally).to_string();
        text.push('\n');
        // A full disk is no reason to fail a batch.
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }
}

fn batch_line(at: DateTime<Utc>, took: Duration, tally: &StepTally) -> Value {
    let counts = [
        ("octavo.step.executions", tally.executions),
        ("octavo.step.wakes", tally.wakes),
        ("octavo.step.overtaken", tally.overtaken),
        ("octavo.step.tasks", tally.tasks),
        ("octavo.step.tasks_failed", tally.tasks_failed),
        ("octavo.step.leases_lost", tally.leases_lost),
        ("octavo.step.buried", tally.buried),
        ("octavo.step.failed_messages", tally.failed),
    ];
    let mut metrics: Vec<(&str, &str, f64)> =
        counts.into_iter().map(|(name, count)| (name, "Count", count as f64)).collect();
    metrics.push(("octavo.step.batch_duration", "Seconds", took.as_secs_f64()));
    line(at.timestamp_millis(), &[("function", "step".to_owned())], &metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_a_line_of_metrics() {
        let tally = StepTally { tasks: 7, buried: 1, ..StepTally::default() };
        let line = batch_line(DateTime::UNIX_EPOCH, Duration::from_millis(1_500), &tally);
        assert_eq!((&line["octavo.step.tasks"], &line["octavo.step.buried"]), (&7.0.into(), &1.0.into()));
        assert_eq!((&line["octavo.step.batch_duration"], &line["function"]), (&1.5.into(), &"step".into()));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len(), 9);
    }
}
