//! What the backplane, its tasks and its connection have in common.

use super::counters::Counts;
use super::inbox::Inbox;
use super::names::Names;
use super::options::{BackplaneOptions, PubSubKind, Random};
use super::wanted::Wanted;
use crate::connection::Redis;
use octavo_domain_kernel::{PortError, PortErrorKind};
use redis::Value;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// How far the subscriptions are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    /// Requests up to this one are subscribed, on the present connection if there is one.
    pub(super) told: u64,
    pub(super) connected: bool,
    /// The last attempt to connect failed.
    pub(super) failing: bool,
}

pub(super) struct Shared {
    /// For publishing and for the histories: a connection of its own that fails fast.
    pub(super) redis: Redis,
    pub(super) names: Names,
    pub(super) options: BackplaneOptions,
    pub(super) random: Random,
    pub(super) wanted: Mutex<Wanted>,
    /// There is something to tell the server.
    pub(super) changed: Notify,
    pub(super) progress: watch::Sender<Progress>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) counts: Arc<Counts>,
    kind: AtomicU8,
}

const UNKNOWN: u8 = 0;
const CLASSIC: u8 = 1;
const SHARDED: u8 = 2;

impl Shared {
    pub(super) fn new(
        redis: Redis,
        options: BackplaneOptions,
        random: Random,
        inbox: Arc<Inbox>,
        counts: Arc<Counts>,
    ) -> Self {
        let kind = match options.kind {
            PubSubKind::Probed => UNKNOWN,
            PubSubKind::Sharded => SHARDED,
            PubSubKind::Classic => CLASSIC,
        };
        Self {
            names: Names::new(redis.database()),
            redis: redis.failing_fast(options.failing_fast),
            options,
            random,
            wanted: Mutex::default(),
            changed: Notify::new(),
            progress: watch::Sender::new(Progress::default()),
            inbox,
            counts,
            kind: AtomicU8::new(kind),
        }
    }

    pub(super) fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The command that publishes.
    pub(super) async fn publish_command(&self) -> Result<&'static str, PortError> {
        let sharded = match self.kind.load(Ordering::Relaxed) {
            SHARDED => true,
            CLASSIC => false,
            _ => self.learn(self.redis.query::<Value>(&probe()).await)?,
        };
        Ok(if sharded { "SPUBLISH" } else { "PUBLISH" })
    }

    /// Whether the server has sharded pub/sub, from its answer to [`probe`]. Kept, unless the kind is decided.
    pub(super) fn learn<T>(&self, answer: Result<T, PortError>) -> Result<bool, PortError> {
        let sharded = match (self.options.kind, answer) {
            (PubSubKind::Sharded, Ok(_)) => true,
            (PubSubKind::Classic, Ok(_)) => false,
            (PubSubKind::Probed, Ok(_)) => true,
            // It does not know the question, or does not let us ask.
            (kind, Err(error)) if matches!(error.kind, PortErrorKind::Corrupt | PortErrorKind::Denied) => {
                kind == PubSubKind::Sharded
            }
            (_, Err(error)) => return Err(error),
        };
        self.kind.store(if sharded { SHARDED } else { CLASSIC }, Ordering::Relaxed);
        Ok(sharded)
    }
}

/// Answered by servers that have sharded pub/sub, refused by the others.
pub(super) fn probe() -> redis::Cmd {
    let mut probe = redis::cmd("PUBSUB");
    probe.arg("SHARDNUMSUB");
    probe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(kind: PubSubKind) -> Shared {
        let options = BackplaneOptions { kind, ..BackplaneOptions::default() };
        let (inbox, _) = Inbox::new(0, Arc::default());
        let redis = Redis::new("redis://127.0.0.1:1").unwrap();
        Shared::new(redis, options, Arc::new(|| 0), Arc::new(inbox), Arc::default())
    }

    fn refused(kind: PortErrorKind) -> Result<(), PortError> {
        Err(PortError::new(kind, "unknown subcommand"))
    }

    #[tokio::test]
    async fn a_server_without_sharded_channels_is_told_by_its_refusal() {
        for kind in [PortErrorKind::Corrupt, PortErrorKind::Denied] {
            let probed = shared(PubSubKind::Probed);
            assert!(!probed.learn(refused(kind)).unwrap());
            assert_eq!(probed.publish_command().await.unwrap(), "PUBLISH");
            assert!(probed.learn(Ok(())).unwrap(), "another server since");
            assert_eq!(probed.publish_command().await.unwrap(), "SPUBLISH");
        }
        let away = shared(PubSubKind::Probed);
        assert!(away.learn(refused(PortErrorKind::Unavailable)).is_err());
        assert!(away.publish_command().await.is_err(), "nothing is known yet");
    }

    #[tokio::test]
    async fn a_kind_that_was_decided_stays() {
        for (kind, command) in [(PubSubKind::Sharded, "SPUBLISH"), (PubSubKind::Classic, "PUBLISH")] {
            let decided = shared(kind);
            assert_eq!(decided.learn(Ok(())).unwrap(), kind == PubSubKind::Sharded);
            assert_eq!(decided.learn(refused(PortErrorKind::Corrupt)).unwrap(), kind == PubSubKind::Sharded);
            assert_eq!(decided.publish_command().await.unwrap(), command);
        }
    }
}
