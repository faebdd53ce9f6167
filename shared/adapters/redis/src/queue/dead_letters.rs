//! A person's side of what failed for good.

use super::RedisQueue;
use super::entry::{self, is_entry_id};
use super::keys::{dead_key, delayed_key, stream_key};
use async_trait::async_trait;
use octavo_domain_kernel::{DeadLetter, DeadLetters, MESSAGE_BYTES_MAX, Message, PortError, QueueName};
use redis::Script;
use std::sync::LazyLock;

/// Most dead letters of one page; a longer one is cut to it.
const PAGE_MAX: usize = 1000;

static REDRIVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redrive.lua")));

#[async_trait]
impl DeadLetters for RedisQueue {
    async fn dead_list(
        &self,
        queue: &QueueName,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, PortError> {
        let start = match after {
            None => "-".to_owned(),
            Some(after) if is_entry_id(after) => format!("({after}"),
            Some(after) => return Err(PortError::corrupt(format!("after: not the id of a dead letter: {after:?}"))),
        };
        self.range(queue, &start, "+", limit.clamp(1, PAGE_MAX)).await
    }

    async fn dead_get(&self, queue: &QueueName, id: &str) -> Result<Option<DeadLetter>, PortError> {
        if !is_entry_id(id) {
            return Ok(None);
        }
        Ok(self.range(queue, id, id, 1).await?.pop())
    }

    async fn dead_redrive(&self, queue: &QueueName, id: &str, body: Option<&str>) -> Result<bool, PortError> {
        let Some(letter) = self.dead_get(queue, id).await? else { return Ok(false) };
        let edited = body.map(|body| edited(&letter, body)).transpose()?;
        self.redis
            .script(&REDRIVE, |script| {
                script.key(dead_key(queue)).key(stream_key(queue)).key(delayed_key(queue));
                script.arg(id).arg(self.length_max);
                match &edited {
                    Some(message) => script.arg(1).arg(body).arg(message.id.to_string()),
                    None => script.arg(0),
                };
            })
            .await
    }

    async fn dead_delete(&self, queue: &QueueName, id: &str) -> Result<bool, PortError> {
        if !is_entry_id(id) {
            return Ok(false);
        }
        self.redis.query(redis::cmd("XDEL").arg(dead_key(queue)).arg(id)).await
    }
}

impl RedisQueue {
    async fn range(
        &self,
        queue: &QueueName,
        start: &str,
        end: &str,
        count: usize,
    ) -> Result<Vec<DeadLetter>, PortError> {
        let mut range = redis::cmd("XRANGE");
        range.arg(dead_key(queue)).arg(start).arg(end).arg("COUNT").arg(count);
        let entries: Vec<(String, Vec<String>)> = self.redis.query(&range).await?;
        entries.into_iter().map(|(id, fields)| entry::dead_letter(queue, id, fields)).collect()
    }
}

/// What a person made of the body, if it may be sent: a message, and of the tenant that it was of.
fn edited(letter: &DeadLetter, body: &str) -> Result<Message, PortError> {
    if body.len() > MESSAGE_BYTES_MAX {
        return Err(PortError::corrupt(format!("body: at most {MESSAGE_BYTES_MAX} bytes, got {}", body.len())));
    }
    let message: Message =
        serde_json::from_str(body).map_err(|error| PortError::corrupt(format!("body: not a message: {error}")))?;
    match serde_json::from_str::<Message>(&letter.body) {
        Ok(original) if original.tenant != message.tenant => {
            Err(PortError::corrupt(format!("body: tenant: must stay {}, got {}", original.tenant, message.tenant)))
        }
        _ => Ok(message),
    }
}
