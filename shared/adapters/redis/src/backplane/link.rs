//! One subscription connection.

use super::names::{Names, partition};
use super::shared::{Shared, probe};
use super::wanted::Changes;
use crate::error::port_error;
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_realtime::Channel;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{Pipeline, PushInfo, PushKind, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Channels that are told in one round trip. Each is answered: more would keep messages waiting behind the answers.
const TOLD_AT_ONCE: usize = 2048;

/// Closed when it is dropped.
pub(super) struct Link {
    connection: MultiplexedConnection,
    sharded: bool,
    lost: Arc<Notify>,
}

impl Link {
    /// Connects and asks what the server can. Messages go to the inbox by themselves.
    pub(super) async fn open(shared: &Shared) -> Result<Self, PortError> {
        let lost = Arc::new(Notify::new());
        let (ended, inbox) = (lost.clone(), shared.inbox.clone());
        let pushes = move |push: PushInfo| -> Result<(), SendError> {
            match push.kind {
                PushKind::SMessage | PushKind::Message => {
                    if let Ok([Value::BulkString(channel), Value::BulkString(message)]) =
                        <[Value; 2]>::try_from(push.data)
                    {
                        inbox.message(channel, message);
                    }
                }
                PushKind::Disconnection => ended.notify_one(),
                // Confirmations come as answers too.
                _ => {}
            }
            Ok(())
        };
        let mut connection = shared.redis.pushing(pushes).await?;
        let answer = probe().query_async::<Value>(&mut connection).await.map_err(port_error);
        let sharded = shared.learn(answer)?;
        Ok(Self { connection, sharded, lost })
    }

    /// Resolves when the connection has ended.
    pub(super) async fn lost(&self) {
        self.lost.notified().await;
    }

    /// Subscribes and unsubscribes. After an error the connection is of no use any more: answers may be outstanding.
    pub(super) async fn tell(&mut self, names: &Names, changes: &Changes) -> Result<(), PortError> {
        let (leave, join) = if self.sharded { ("SUNSUBSCRIBE", "SSUBSCRIBE") } else { ("UNSUBSCRIBE", "SUBSCRIBE") };
        for (command, channels) in [(leave, &changes.leave), (join, &changes.join)] {
            for channels in channels.chunks(TOLD_AT_ONCE) {
                self.tell_some(command, names, channels).await?;
            }
        }
        Ok(())
    }

    /// A command a partition, all in one round trip. Each channel is answered, so more answers are asked for than there
    /// are commands; if the server refuses one there are fewer, and that is found by the response timeout.
    async fn tell_some(&mut self, command: &str, names: &Names, channels: &[Channel]) -> Result<(), PortError> {
        let mut partitions = BTreeMap::<u64, Vec<String>>::new();
        for channel in channels {
            partitions.entry(partition(channel)).or_default().push(names.channel(channel));
        }
        let mut pipeline = Pipeline::with_capacity(partitions.len());
        for names in partitions.values() {
            pipeline.cmd(command).arg(names);
        }
        let answers = self.connection.send_packed_commands(&pipeline, 0, channels.len()).await.map_err(port_error)?;
        answers.into_iter().try_for_each(|answer| answer.extract_error().map(drop)).map_err(port_error)
    }

    /// Asks for a sign of life. `Timeout` where there is none in time.
    pub(super) async fn ping(&mut self, deadline: Duration) -> Result<(), PortError> {
        let ping = redis::cmd("PING");
        let answer = tokio::time::timeout(deadline, ping.query_async::<Value>(&mut self.connection)).await;
        answer.map_err(|elapsed| PortError::new(PortErrorKind::Timeout, elapsed))?.map(drop).map_err(port_error)
    }
}
