//! The events that functions see, in AWS' shapes.

use crate::invoker::Cause;
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
/// event"). When it was first received is not kept; the nearest that is known is when it was sent. `cause` becomes the trace header
/// that a sender gives to SQS beside the message.
pub(crate) fn sqs_record(queue: &QueueName, delivery: &Delivery, cause: Option<&Cause>) -> Value {
    let sent = delivery.sent_at.timestamp_millis().to_string();
    let mut record = json!({
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
    });
    if let Some(cause) = cause {
        record["attributes"]["AWSTraceHeader"] = cause.context.to_xray().into();
    }
    record
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
        let queue = "index".parse().unwrap();
        let record = sqs_record(&queue, &delivery, None);
        assert_eq!(record["attributes"].get("AWSTraceHeader"), None);
        assert_eq!(record["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(record["attributes"]["ApproximateReceiveCount"], "2");
        assert_eq!(record["attributes"]["SentTimestamp"], "1767268800123");
        assert_eq!(record["eventSourceARN"], "arn:aws:sqs:octavo:000000000000:index");
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let body = format!(r#"{{"kind":"k","traceparent":"{trace}"}}"#);
        let traced = Delivery { body, ..delivery };
        let record = sqs_record(&queue, &traced, Cause::of(&queue, &traced).as_ref());
        let header = "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1";
        assert_eq!(record["attributes"]["AWSTraceHeader"], header);
    }
}
