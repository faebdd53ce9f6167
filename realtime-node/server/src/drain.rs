//! A node that goes: its connections are sent away, not all at once.

use crate::Ending;
use crate::core::Core;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

/// How often the connections are looked at that remain.
const REST: Duration = Duration::from_millis(20);

/// Sends all away within `spread`, each at a moment of its own, and waits until they are gone.
pub(crate) async fn drain(core: &Arc<Core>, spread: Duration) {
    core.draining.store(true, Ordering::Relaxed);
    let began = Instant::now();
    let mut going: Vec<_> = core
        .registry
        .all()
        .into_iter()
        .map(|connection| {
            // 53 bits of chance: a number from 0 to 1.
            let chance = ((core.ports.random)() >> 75) as f64 / (1u64 << 53) as f64;
            (spread.mul_f64(chance), connection)
        })
        .collect();
    going.sort_by_key(|(at, _)| *at);
    for (at, connection) in going {
        if began.elapsed() < at {
            tokio::time::sleep_until(began + at).await;
        }
        connection.end(Ending::Drained, Some((None, true)));
    }
    // Those whose request was let in before.
    while core.registry.len() > 0 {
        for connection in core.registry.all() {
            connection.end(Ending::Drained, Some((None, true)));
        }
        tokio::time::sleep(REST).await;
    }
}
