//! The events that functions see, in AWS' shapes.

use chrono::{DateTime, SecondsFormat, Utc};
use md5::{Digest, Md5};
use octavo_domain_kernel::{Delivery, QueueName};
use serde_json::{Value, json};
use uuid::Uuid;

/// The region in the events: no region is named like it, so nobody takes them for Amazon's.
pub const REGION: &str = "octavo";
/// The account in the events.
pub const ACCOUNT: &str = "000000000000";

/// One record of an SQS event (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", "Example Amazon SQS message
/// event"). When it was first received is not kept; the nearest that is known is when it was sent.
pub(crate) fn sqs_record(queue: &QueueName, delivery: &Delivery) -> Value {
    let sent = delivery.sent_at.timestamp_millis().to_string();
    json!({
        "messageId": delivery.message_id,
        "receiptHandle": delivery.receipt,
        "body": delivery.body,
        "attributes": {
            "ApproximateReceiveCount": delivery.receive_count.to_string(),
            "SentTimestamp": sent,
            "SenderId": "octavo",
            "ApproximateFirstReceiveTimestamp": sent,
        },
        "messageAttributes": {},
        "md5OfBody": hex::encode(Md5::digest(delivery.body.as_bytes())),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
        "awsRegion": REGION,
    })
}

/// A scheduled event (Amazon EventBridge User Guide, "Events from scheduled rules"); `time` is when it was due.
pub(crate) fn scheduled(id: Uuid, name: &str, due: DateTime<Utc>, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": due.to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}")],
        "detail": detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn a_record_has_what_sqs_gives() {
        let delivery = Delivery {
            receipt: "1-0/2".to_owned(),
            message_id: "m".to_owned(),
            body: "hello".to_owned(),
            receive_count: 2,
            sent_at: Utc.timestamp_millis_opt(1_767_268_800_123).unwrap(),
            failures: Vec::new(),
        };
        let record = sqs_record(&"index".parse().unwrap(), &delivery);
        assert_eq!(record["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(record["attributes"]["ApproximateReceiveCount"], "2");
        assert_eq!(record["attributes"]["SentTimestamp"], "1767268800123");
        assert_eq!(record["eventSourceARN"], "arn:aws:sqs:octavo:000000000000:index");
    }
}
