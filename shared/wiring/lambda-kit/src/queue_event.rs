//! Batches by SQS, or by whoever sends the same event.

use serde::{Deserialize, Serialize};

/// One message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The transport's id, to name it among the failures.
    pub message_id: String,
    /// The body as it was sent.
    pub body: String,
    /// How often it was delivered, this time included; 0 where the event does not say.
    pub receive_count: u32,
}

/// A record as the event has it (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS").
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Record {
    pub(crate) event_source: Option<String>,
    message_id: Option<String>,
    body: Option<String>,
    attributes: Option<Attributes>,
}

/// What the queue says of a message. Numbers are texts there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Attributes {
    approximate_receive_count: Option<String>,
    #[serde(rename = "AWSTraceHeader")]
    aws_trace_header: Option<String>,
}

impl Record {
    /// Who sent it, as X-Ray has it.
    pub(crate) fn trace(&self) -> Option<&str> {
        self.attributes.as_ref()?.aws_trace_header.as_deref()
    }
}

impl From<Record> for QueueRecord {
    fn from(record: Record) -> Self {
        let receives = record.attributes.and_then(|attributes| attributes.approximate_receive_count);
        Self {
            message_id: record.message_id.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
            receive_count: receives.and_then(|count| count.parse().ok()).unwrap_or_default(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_how_often_it_came() {
        let count = |attributes: &str| {
            let text = format!(r#"{{"messageId":"m","body":"b","eventSource":"aws:sqs"{attributes}}}"#);
            QueueRecord::from(serde_json::from_str::<Record>(&text).unwrap()).receive_count
        };
        assert_eq!(count(r#","attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1"}"#), 3);
        assert_eq!((count(""), count(r#","attributes":null"#), count(r#","attributes":{}"#)), (0, 0, 0));
    }
}
