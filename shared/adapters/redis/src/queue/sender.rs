//! The sender's side.

use super::RedisQueue;
use super::keys::{GROUP, dead_key, delayed_key, stream_key};
use async_trait::async_trait;
use octavo_domain_kernel::{MESSAGE_BYTES_MAX, Message, PortError, Queue, QueueDepth, QueueName};
use redis::Script;
use std::sync::LazyLock;

/// Most messages and bytes of one script call: a longer one holds up everybody else on the server.
const SEND_MESSAGES_MAX: usize = 100;
const SEND_BYTES_MAX: usize = 1024 * 1024;

static SEND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("send.lua")));
static DEPTH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("depth.lua")));

#[async_trait]
impl Queue for RedisQueue {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        let bodies = messages.iter().map(encoded).collect::<Result<Vec<_>, _>>()?;
        for (messages, bodies) in chunks(messages, &bodies) {
            self.redis
                .script::<()>(&SEND, |script| {
                    script.key(stream_key(queue)).key(delayed_key(queue)).arg(self.length_max);
                    for (message, body) in messages.iter().zip(bodies) {
                        script.arg(message.id.to_string()).arg(body);
                    }
                })
                .await?;
        }
        Ok(())
    }

    async fn depth(&self, queue: &QueueName) -> Result<QueueDepth, PortError> {
        let (ready, in_flight, delayed, dead, oldest): (u64, u64, u64, u64, i64) = self
            .redis
            .script(&DEPTH, |script| {
                script.key(stream_key(queue)).key(delayed_key(queue)).key(dead_key(queue)).arg(GROUP);
            })
            .await?;
        Ok(QueueDepth { ready, in_flight, delayed, dead, oldest_ms: u64::try_from(oldest).ok() })
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.redis.ping().await
    }
}

fn encoded(message: &Message) -> Result<String, PortError> {
    let body = message.to_json().map_err(PortError::corrupt)?;
    if body.len() > MESSAGE_BYTES_MAX {
        let text = format!("message {}: at most {MESSAGE_BYTES_MAX} bytes as JSON, got {}", message.id, body.len());
        return Err(PortError::corrupt(text));
    }
    Ok(body)
}

/// Cuts both alike, so that no piece is over the limits of one call. No message alone is.
fn chunks<'a>(
    mut messages: &'a [Message],
    mut bodies: &'a [String],
) -> impl Iterator<Item = (&'a [Message], &'a [String])> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |body: &&String| {
            bytes += body.len();
            bytes <= SEND_BYTES_MAX
        };
        let count = bodies.iter().take(SEND_MESSAGES_MAX).take_while(fits).count();
        let chunk = (&messages[..count], &bodies[..count]);
        (messages, bodies) = (&messages[count..], &bodies[count..]);
        (count > 0).then_some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_testing::build::message;

    #[test]
    fn a_chunk_is_bounded_and_nothing_is_left_out() {
        let messages: Vec<Message> = (0..250).map(message).collect();
        let small: Vec<String> = messages.iter().map(|_| "x".repeat(10)).collect();
        let lengths: Vec<usize> = chunks(&messages, &small).map(|(_, bodies)| bodies.len()).collect();
        assert_eq!(lengths, [100, 100, 50]);
        let large: Vec<String> = messages.iter().map(|_| "x".repeat(MESSAGE_BYTES_MAX)).collect();
        assert!(chunks(&messages, &large).all(|(messages, bodies)| messages.len() == 4 || bodies.len() == 2));
        assert_eq!(chunks(&messages, &large).map(|(messages, _)| messages.len()).sum::<usize>(), 250);
        assert_eq!(chunks(&[], &[]).count(), 0);
    }
}
