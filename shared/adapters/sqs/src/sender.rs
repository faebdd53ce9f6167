//! The sender's side.

use crate::client::SqsQueues;
use crate::error::port_error;
use async_trait::async_trait;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry,
};
use octavo_domain_kernel::{
    MESSAGE_BYTES_MAX, Message, PortError, PortErrorKind, Queue, QueueDepth, QueueName, TraceContext,
};
use std::time::Duration;

/// Most messages and bytes of one `SendMessageBatch` (Amazon SQS Developer Guide, "Message quotas"; newer quotas are
/// higher, and not everywhere).
const BATCH_MESSAGES_MAX: usize = 10;
const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Attempts for the messages of a batch that SQS did not take while it took others, and the pause before each next.
const PARTIAL_ATTEMPTS: u32 = 4;
const PARTIAL_PAUSE: Duration = Duration::from_millis(100);

#[async_trait]
impl Queue for SqsQueues {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        let encoded = messages.iter().map(encoded).collect::<Result<Vec<_>, _>>()?;
        for batch in batches(encoded) {
            self.send_batch(queue, batch).await?;
        }
        Ok(())
    }

    async fn depth(&self, queue: &QueueName) -> Result<QueueDepth, PortError> {
        let [ready, in_flight, delayed] = self.counts(self.queue_url(queue)).await?;
        let [dead, dead_in_flight, _] = self.counts(self.dead_url(queue)).await?;
        // The age of the oldest is a metric of CloudWatch, not an attribute.
        Ok(QueueDepth { ready, in_flight, delayed, dead: dead + dead_in_flight, oldest_ms: None })
    }

    async fn ping(&self) -> Result<(), PortError> {
        match self.client().await.list_queues().max_results(1).send().await {
            Ok(_) => Ok(()),
            // The service answers, and that is what was asked: a sender need not be allowed to list.
            Err(error) if error.code().is_some_and(|code| code.contains("AccessDenied")) => Ok(()),
            Err(error) => Err(port_error(error)),
        }
    }
}

/// A message as it goes to SQS.
#[derive(Clone)]
struct Encoded {
    body: String,
    /// As X-Ray has it: what Lambda's event source mapping tells X-Ray links the trace of who takes the message to this one.
    /// It does not count as part of the message's size.
    trace: Option<String>,
}

impl Encoded {
    fn entry(&self, at: usize) -> Result<SendMessageBatchRequestEntry, PortError> {
        let mut entry = SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(&self.body);
        if let Some(trace) = &self.trace {
            let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace);
            let value = value.build().map_err(PortError::corrupt)?;
            entry = entry.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value);
        }
        entry.build().map_err(PortError::corrupt)
    }
}

impl SqsQueues {
    async fn send_batch(&self, queue: &QueueName, mut messages: Vec<Encoded>) -> Result<(), PortError> {
        for attempt in 1.. {
            let entries = messages.iter().enumerate().map(|(at, message)| message.entry(at));
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let client = self.client().await;
            let request = client.send_message_batch().queue_url(self.queue_url(queue)).set_entries(Some(entries));
            let answer = request.send().await.map_err(port_error)?;
            let Some(failed) = answer.failed().first() else { return Ok(()) };
            let text = format!("{}: {}", failed.code(), failed.message().unwrap_or_default());
            if answer.failed().iter().any(|entry| entry.sender_fault()) {
                return Err(PortError::corrupt(format!("SQS refuses a message: {text}")));
            }
            if attempt == PARTIAL_ATTEMPTS {
                return Err(PortError::unavailable(format!(
                    "SQS did not take {} messages: {text}",
                    answer.failed().len()
                )));
            }
            // Only those that were not taken, again.
            let failed = answer.failed().iter().filter_map(|entry| entry.id().parse::<usize>().ok());
            messages = failed.filter_map(|at| messages.get(at).cloned()).collect();
            tokio::time::sleep(PARTIAL_PAUSE * attempt).await;
        }
        Ok(())
    }

    /// Visible, in flight, delayed. Of a queue that does not exist there is nothing.
    async fn counts(&self, url: String) -> Result<[u64; 3], PortError> {
        const NAMES: [QueueAttributeName; 3] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let client = self.client().await;
        let request = client.get_queue_attributes().queue_url(url).set_attribute_names(Some(NAMES.to_vec()));
        let answer = match request.send().await.map_err(port_error) {
            Ok(answer) => answer,
            Err(error) if error.kind == PortErrorKind::NotFound => return Ok([0; 3]),
            Err(error) => return Err(error),
        };
        let count = |name: &QueueAttributeName| answer.attributes()?.get(name)?.parse().ok();
        Ok(NAMES.map(|name| count(&name).unwrap_or(0)))
    }
}

fn encoded(message: &Message) -> Result<Encoded, PortError> {
    let body = message.to_json().map_err(PortError::corrupt)?;
    if body.len() > MESSAGE_BYTES_MAX {
        let text = format!("message {}: at most {MESSAGE_BYTES_MAX} bytes as JSON, got {}", message.id, body.len());
        return Err(PortError::corrupt(text));
    }
    let trace = message.sent_in().and_then(|text| text.parse::<TraceContext>().ok());
    Ok(Encoded { body, trace: trace.map(TraceContext::to_xray) })
}

fn batches(messages: Vec<Encoded>) -> Vec<Vec<Encoded>> {
    let (mut batches, mut bytes) = (Vec::<Vec<Encoded>>::new(), 0);
    for message in messages {
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_MESSAGES_MAX && bytes + message.body.len() <= BATCH_BYTES_MAX => {
                bytes += message.body.len();
                batch.push(message);
            }
            _ => {
                bytes = message.body.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_messages_and_bytes() {
        let encoded = |body| Encoded { body, trace: None };
        let lengths = |bodies: Vec<String>| {
            batches(bodies.into_iter().map(encoded).collect()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(lengths(vec!["x".to_owned(); 25]), [10, 10, 5]);
        assert_eq!(lengths(vec!["x".repeat(100_000); 5]), [2, 2, 1]);
        assert_eq!(lengths(vec!["x".repeat(MESSAGE_BYTES_MAX); 2]), [1, 1]);
        assert_eq!(lengths(Vec::new()), [] as [usize; 0]);
    }
}
