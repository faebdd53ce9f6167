//! The port over Redis.

use super::counters::{BackplaneCounters, Counts};
use super::inbox::{Inbox, Item, deliver};
use super::options::{BackplaneOptions, Random};
use super::session::keep;
use super::shared::Shared;
use super::{history, wire};
use crate::connection::Redis;
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_realtime::{Backplane, BackplaneListener, BackplaneState, Channel, History, HistoryLimits, Position};
use redis::Pipeline;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// Bytes of a payload. A larger one is refused as `Corrupt`: it would hold up everybody on the connection.
pub const PAYLOAD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of a history that are read at once. Where more came after a position it is not whole.
pub const HISTORY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long [`Backplane::subscribed`] waits.
const SUBSCRIBED_WAIT: Duration = Duration::from_secs(5);

/// [`Backplane`] over Redis.
///
/// Channels are divided into 128 partitions, each with a hash tag, so that a channel, its history and the script that
/// writes both lie on one slot. One connection is subscribed to everything that is wanted, publishing has another. What
/// the port leaves open:
///
/// - A publish whose connection breaks before its answer is tried once more, so a message may come twice. Not a durable
///   one: it is looked for among the newest 64 first. While Redis is known not to answer, publishes fail at once.
/// - Messages of a channel that was just given up may still come.
/// - Messages that pile up behind a listener that is too slow are dropped; it is then told `Away` and `Connected`.
/// - A history is as durable as the server: one that comes back with an older state (a replica, a restart without the
///   newest second on disk) goes on counting from there within the same epoch.
///
/// Speaks RESP3: Redis 6 and later, Valkey. A Redis Cluster is reached through one address only where a proxy stands
/// before it; otherwise a connection a shard would be needed that follows `MOVED` and the slots' moves, for subscribing
/// and for publishing. The names are made for that, nothing else is.
///
/// Its tasks end when the last clone is dropped.
#[derive(Clone)]
pub struct RedisBackplane {
    shared: Arc<Shared>,
    tasks: Arc<Tasks>,
}

struct Tasks {
    items: Mutex<Option<UnboundedReceiver<Item>>>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in self.running.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

impl fmt::Debug for RedisBackplane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBackplane").field("redis", &self.shared.redis).field("counters", &self.counters()).finish()
    }
}

impl RedisBackplane {
    /// A backplane on `redis`, whose timeouts it takes: short ones, a node must not wait. It makes connections of its
    /// own. Connects when it is first used.
    pub fn new(redis: Redis, random: Random) -> Self {
        Self::with_options(redis, random, BackplaneOptions::default())
    }

    /// The same, set up otherwise.
    pub fn with_options(redis: Redis, random: Random, options: BackplaneOptions) -> Self {
        let counts = Arc::new(Counts::default());
        let (inbox, items) = Inbox::new(options.backlog_bytes_max, counts.clone());
        let shared = Shared::new(redis, options, random, Arc::new(inbox), counts);
        let tasks = Tasks { items: Mutex::new(Some(items)), running: Mutex::default() };
        Self { shared: Arc::new(shared), tasks: Arc::new(tasks) }
    }

    /// What it counted.
    pub fn counters(&self) -> BackplaneCounters {
        let wanted = self.shared.wanted().len();
        self.shared.counts.read(wanted, self.shared.inbox.waiting_bytes())
    }

    fn listens(&self) -> bool {
        !self.tasks.running.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

fn check(payload: &Bytes) -> Result<(), PortError> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        let text = format!("message: at most {PAYLOAD_BYTES_MAX} bytes, got {}", payload.len());
        return Err(PortError::new(PortErrorKind::Corrupt, text));
    }
    Ok(())
}

#[async_trait]
impl Backplane for RedisBackplane {
    async fn publish(&self, channel: &Channel, payload: Bytes) -> Result<u64, PortError> {
        check(&payload)?;
        let mut publish = redis::cmd(self.shared.publish_command().await?);
        publish.arg(self.shared.names.channel(channel)).arg(wire::ephemeral(&payload));
        self.shared.redis.query(&publish).await
    }

    async fn publish_many(&self, messages: Vec<(Channel, Bytes)>) -> Result<(), PortError> {
        if messages.is_empty() {
            return Ok(());
        }
        messages.iter().try_for_each(|(_, payload)| check(payload))?;
        let command = self.shared.publish_command().await?;
        let mut pipeline = Pipeline::with_capacity(messages.len());
        for (channel, payload) in &messages {
            pipeline.cmd(command).arg(self.shared.names.channel(channel)).arg(wire::ephemeral(payload)).ignore();
        }
        self.shared.redis.pipeline(&pipeline).await
    }

    async fn publish_durable(
        &self,
        channel: &Channel,
        payload: Bytes,
        limits: HistoryLimits,
    ) -> Result<Position, PortError> {
        check(&payload)?;
        history::publish(&self.shared, channel, &payload, limits).await
    }

    async fn history(&self, channel: &Channel, since: Option<&Position>, limit: usize) -> Result<History, PortError> {
        history::read(&self.shared, channel, since, limit).await
    }

    async fn tops(&self, channels: &[Channel]) -> Result<Vec<Option<Position>>, PortError> {
        history::tops(&self.shared, channels).await
    }

    fn subscribe(&self, channels: &[Channel]) {
        if self.shared.wanted().want(channels) {
            self.shared.changed.notify_one();
        }
    }

    fn unsubscribe(&self, channels: &[Channel]) {
        if self.shared.wanted().drop_all(channels) {
            self.shared.changed.notify_one();
        }
    }

    /// Waits for at most 5 s; not at all while connecting is known to fail.
    async fn subscribed(&self) -> Result<(), PortError> {
        if !self.listens() {
            return Err(PortError::unavailable("nobody listens to the backplane"));
        }
        let asked = self.shared.wanted().asked();
        let mut progress = self.shared.progress.subscribe();
        let decided = progress.wait_for(|now| now.failing || (now.connected && now.told >= asked));
        match tokio::time::timeout(SUBSCRIBED_WAIT, decided).await {
            Ok(Ok(now)) if now.failing => Err(PortError::unavailable("the backplane is away")),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(gone)) => Err(PortError::unavailable(gone)),
            Err(elapsed) => Err(PortError::new(PortErrorKind::Timeout, elapsed)),
        }
    }

    /// Needs a Tokio runtime around it. A second call is without effect.
    fn listen(&self, listener: Arc<dyn BackplaneListener>) {
        let Some(items) = self.tasks.items.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            tracing::error!("backplane: somebody listens already");
            return;
        };
        let (inbox, names) = (self.shared.inbox.clone(), self.shared.names.clone());
        let tasks = [tokio::spawn(deliver(inbox, items, names, listener)), tokio::spawn(keep(self.shared.clone()))];
        self.tasks.running.lock().unwrap_or_else(PoisonError::into_inner).extend(tasks);
    }

    fn state(&self) -> BackplaneState {
        if self.shared.progress.borrow().connected { BackplaneState::Connected } else { BackplaneState::Away }
    }
}
