//! Batches by SQS, or by whoever sends the same event.

use serde::{Deserialize, Serialize};

/// One message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The body as it was sent.
    pub body: String,
}

/// A record as the event has it (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS").
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Record {
    pub(crate) event_source: Option<String>,
    message_id: Option<String>,
    body: Option<String>,
}

impl From<Record> for QueueRecord {
    fn from(record: Record) -> Self {
        Self { message_id: record.message_id.unwrap_or_default(), body: record.body.unwrap_or_default() }
    }
}

/// Which messages of a batch are to come again ("Reporting batch item failures").
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchAnswer {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl BatchAnswer {
    pub(crate) fn of(failed: Vec<String>) -> Self {
        Self { batch_item_failures: failed.into_iter().map(|item_identifier| Failure { item_identifier }).collect() }
    }
}
