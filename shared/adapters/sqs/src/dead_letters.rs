//! Dead letters in an SQS queue of their own. SQS can neither list nor look up: everything here receives what is there,
//! does what it came for, and makes the rest visible again. While one person looks, another sees less.

use crate::client::SqsQueues;
use crate::error::port_error;
use async_trait::async_trait;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message as SqsMessage, MessageSystemAttributeName};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DeadLetter, DeadLetters, MESSAGE_BYTES_MAX, Message, PortError, PortErrorKind, QueueName};

/// Most dead letters of a queue that are looked at; those behind them are seen when these are gone.
pub const DEAD_LETTERS_SEEN_MAX: usize = 1000;
/// For how long a looker hides what it looks at, in seconds, should it die before it makes it visible again.
const HIDDEN_SECONDS: i32 = 30;
/// For how long SQS asks its servers before it says that there is no more, in seconds.
const WAIT_SECONDS: i32 = 1;
/// Most messages that SQS gives or changes at a time.
const SQS_BATCH_MAX: usize = 10;

/// One that was received, with what deletes it.
struct Seen {
    letter: DeadLetter,
    handle: String,
}

#[async_trait]
impl DeadLetters for SqsQueues {
    async fn dead_list(
        &self,
        queue: &QueueName,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, PortError> {
        let seen = self.look(queue, None).await?;
        self.show_again(queue, &seen).await?;
        let letters = seen.into_iter().map(|seen| seen.letter);
        Ok(letters.filter(|letter| after.is_none_or(|after| letter.id.as_str() > after)).take(limit).collect())
    }

    async fn dead_get(&self, queue: &QueueName, id: &str) -> Result<Option<DeadLetter>, PortError> {
        let (found, rest) = self.find(queue, id).await?;
        self.show_again(queue, &rest).await?;
        self.show_again(queue, found.as_slice()).await?;
        Ok(found.map(|seen| seen.letter))
    }

    /// Sends, then deletes: between the two a crash leaves it in both.
    async fn dead_redrive(&self, queue: &QueueName, id: &str, body: Option<&str>) -> Result<bool, PortError> {
        let (found, rest) = self.find(queue, id).await?;
        self.show_again(queue, &rest).await?;
        let Some(seen) = found else { return Ok(false) };
        let redriven = self.redrive(queue, &seen, body).await;
        if redriven.is_err() {
            self.show_again(queue, &[seen]).await?;
        }
        redriven.map(|()| true)
    }

    async fn dead_delete(&self, queue: &QueueName, id: &str) -> Result<bool, PortError> {
        let (found, rest) = self.find(queue, id).await?;
        self.show_again(queue, &rest).await?;
        let Some(seen) = found else { return Ok(false) };
        self.delete(queue, &seen).await?;
        Ok(true)
    }
}

impl SqsQueues {
    async fn redrive(&self, queue: &QueueName, seen: &Seen, body: Option<&str>) -> Result<(), PortError> {
        if let Some(body) = body {
            check_edited(&seen.letter, body)?;
        }
        let body = body.unwrap_or(&seen.letter.body);
        let client = self.client().await;
        client.send_message().queue_url(self.queue_url(queue)).message_body(body).send().await.map_err(port_error)?;
        self.delete(queue, seen).await
    }

    async fn delete(&self, queue: &QueueName, seen: &Seen) -> Result<(), PortError> {
        let client = self.client().await;
        let request = client.delete_message().queue_url(self.dead_url(queue)).receipt_handle(&seen.handle);
        request.send().await.map_err(port_error)?;
        Ok(())
    }

    async fn find(&self, queue: &QueueName, id: &str) -> Result<(Option<Seen>, Vec<Seen>), PortError> {
        // What cannot be one of our ids is not looked for: looking hides all the others for a moment.
        if id.split_once('.').is_none_or(|(sent, _)| sent.parse::<u64>().is_err()) {
            return Ok((None, Vec::new()));
        }
        let mut seen = self.look(queue, Some(id)).await?;
        let found = seen.iter().position(|seen| seen.letter.id == id).map(|at| seen.swap_remove(at));
        Ok((found, seen))
    }

    /// Receives what is there, oldest first; no more once `wanted` was found.
    async fn look(&self, queue: &QueueName, wanted: Option<&str>) -> Result<Vec<Seen>, PortError> {
        let mut all = Vec::<Seen>::new();
        while all.len() < DEAD_LETTERS_SEEN_MAX {
            let request = self.client().await.receive_message().queue_url(self.dead_url(queue));
            let request = request.max_number_of_messages(10).visibility_timeout(HIDDEN_SECONDS);
            let request = request.wait_time_seconds(WAIT_SECONDS);
            let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
            let answer = match request.send().await.map_err(port_error) {
                Ok(answer) => answer,
                Err(error) if error.kind == PortErrorKind::NotFound => break,
                Err(error) => return Err(error),
            };
            if answer.messages().is_empty() {
                break;
            }
            for message in answer.messages() {
                let seen = seen(queue, message)?;
                // A long look may meet again what it hid first.
                all.retain(|other| other.letter.id != seen.letter.id);
                all.push(seen);
            }
            if wanted.is_some_and(|wanted| all.iter().any(|seen| seen.letter.id == wanted)) {
                break;
            }
        }
        all.sort_by(|a, b| a.letter.id.cmp(&b.letter.id));
        Ok(all)
    }

    async fn show_again(&self, queue: &QueueName, seen: &[Seen]) -> Result<(), PortError> {
        for batch in seen.chunks(SQS_BATCH_MAX) {
            let entries = batch.iter().enumerate().map(|(at, seen)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(at.to_string());
                entry.receipt_handle(&seen.handle).visibility_timeout(0).build().map_err(PortError::corrupt)
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let client = self.client().await;
            let request = client.change_message_visibility_batch().queue_url(self.dead_url(queue));
            let answer = request.set_entries(Some(entries)).send().await.map_err(port_error)?;
            if let Some(failed) = answer.failed().first() {
                // They show again by themselves.
                tracing::debug!(%queue, code = failed.code(), "dead letters stay hidden for a while");
            }
        }
        Ok(())
    }
}

fn seen(queue: &QueueName, message: &SqsMessage) -> Result<Seen, PortError> {
    let missing = |what: &str| PortError::corrupt(format!("a dead letter of {queue} without {what}"));
    let attribute = |name| message.attributes()?.get(&name)?.parse::<i64>().ok();
    let sent = attribute(MessageSystemAttributeName::SentTimestamp).ok_or_else(|| missing("SentTimestamp"))?;
    let sent_at: DateTime<Utc> = DateTime::from_timestamp_millis(sent).ok_or_else(|| missing("SentTimestamp"))?;
    let letter = DeadLetter {
        // Sorts by time, so that a page knows what comes after it.
        id: format!("{sent:013}.{}", message.message_id().ok_or_else(|| missing("MessageId"))?),
        queue: queue.clone(),
        body: message.body().ok_or_else(|| missing("Body"))?.to_owned(),
        // What SQS counts goes on with every look here: not known.
        receive_count: 0,
        sent_at,
        // SQS does not say when it moved it: not before this.
        buried_at: sent_at,
        failures: Vec::new(),
    };
    Ok(Seen { letter, handle: message.receipt_handle().ok_or_else(|| missing("ReceiptHandle"))?.to_owned() })
}

/// What a person made of the body, if it may be sent: a message, and of the tenant that it was of.
fn check_edited(letter: &DeadLetter, body: &str) -> Result<(), PortError> {
    if body.len() > MESSAGE_BYTES_MAX {
        return Err(PortError::corrupt(format!("body: at most {MESSAGE_BYTES_MAX} bytes, got {}", body.len())));
    }
    let message: Message =
        serde_json::from_str(body).map_err(|error| PortError::corrupt(format!("body: not a message: {error}")))?;
    match serde_json::from_str::<Message>(&letter.body) {
        Ok(original) if original.tenant != message.tenant => {
            Err(PortError::corrupt(format!("body: tenant: must stay {}, got {}", original.tenant, message.tenant)))
        }
        _ => Ok(()),
    }
}
