//! The task that owns the subscription connection.

use super::counters::count;
use super::link::Link;
use super::shared::Shared;
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_realtime::BackplaneState;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval_at, sleep, timeout};

/// The pause before the first attempt after a loss: half of it, and as much again by chance, so that nodes that lost
/// their connections together do not come back together.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);
/// A connection that lived for less does not begin the pauses anew.
const STABLE: Duration = Duration::from_secs(10);
/// How long publishing may take to work again after subscribing does, and how often that is tried.
const PUBLISHING_WAIT: Duration = Duration::from_secs(5);
const PUBLISHING_PAUSE: Duration = Duration::from_millis(25);

/// Connects, keeps subscribed, and connects again, for ever.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut failures = 0;
    loop {
        let mut connected = None;
        let error = match session(&shared, &mut connected).await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        if error.kind == PortErrorKind::Timeout {
            count(&shared.counts.stalls);
        }
        if let Some(since) = connected {
            tracing::warn!(%error, "backplane: away, messages of other nodes are missed");
            shared.progress.send_modify(|progress| progress.connected = false);
            shared.inbox.state(BackplaneState::Away);
            failures = if since.elapsed() >= STABLE { 0 } else { failures };
        } else {
            tracing::debug!(%error, "backplane: still away");
            shared.progress.send_modify(|progress| progress.failing = true);
        }
        sleep(pause(failures, shared.options.reconnect_pause_max, (shared.random)())).await;
        failures += 1;
    }
}

enum Never {}

/// One connection's life. Ends only with an error.
async fn session(shared: &Shared, connected: &mut Option<Instant>) -> Result<Never, PortError> {
    let mut link = Link::open(shared).await?;
    let everything = shared.wanted().everything();
    link.tell(&shared.names, &everything).await?;
    // Who is told `Connected` asks for what it missed and publishes at once: that must work as well.
    timeout(PUBLISHING_WAIT, publishing(shared)).await.map_err(|late| PortError::new(PortErrorKind::Timeout, late))?;
    *connected = Some(Instant::now());
    count(&shared.counts.connections);
    tracing::info!(channels = everything.join.len(), "backplane: connected");
    shared.progress.send_modify(|progress| {
        (progress.told, progress.connected, progress.failing) = (everything.asked, true, false);
    });
    shared.inbox.state(BackplaneState::Connected);

    let every = shared.options.ping_every;
    let mut pings = interval_at(tokio::time::Instant::now() + every, every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = link.lost() => return Err(PortError::unavailable("the subscription connection was closed")),
            () = shared.changed.notified() => {
                let changes = shared.wanted().changes();
                link.tell(&shared.names, &changes).await?;
                shared.progress.send_modify(|progress| progress.told = changes.asked);
            }
            _ = pings.tick() => link.ping(shared.options.ping_deadline).await?,
        }
    }
}

async fn publishing(shared: &Shared) {
    while shared.redis.ping().await.is_err() {
        sleep(PUBLISHING_PAUSE).await;
    }
}

/// Doubles with every failure, up to `most`; half of it is chance.
fn pause(failures: u32, most: Duration, random: u64) -> Duration {
    let whole = RECONNECT_PAUSE.saturating_mul(1 << failures.min(16)).min(most);
    let chance = u32::try_from(random % 1024).unwrap_or(0);
    whole / 2 + whole / 2 * chance / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_are_spread() {
        let most = Duration::from_secs(5);
        assert_eq!(pause(0, most, 0), Duration::from_millis(50));
        assert_eq!(pause(0, most, 512), Duration::from_millis(75));
        assert_eq!(pause(3, most, 0), Duration::from_millis(400));
        for failures in [6, 100, u32::MAX] {
            assert!((most / 2..=most).contains(&pause(failures, most, u64::MAX)));
        }
    }
}
