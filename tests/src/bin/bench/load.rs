//! The load generator: so many callers, each going on when it has its result, or calls at a steady pace.

use crate::figures::Figures;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Before anything is measured.
pub(crate) const WARM_UP: Duration = Duration::from_secs(2);
/// Calls of a steady pace that are under way at once, at most: more means that the pace is not kept.
const UNDER_WAY_MAX: usize = 20_000;
/// How often a steady pace hands out what is due.
const TICK: Duration = Duration::from_millis(1);

/// What a load came to.
pub(crate) struct Load {
    /// What the calls said that they took.
    pub(crate) figures: Figures,
    /// Finished calls a second.
    pub(crate) rate: f64,
}

/// Has `in_flight` callers call `call` with 0, 1, 2 and so on for `time`, after a warm-up. A call answers how long it took;
/// the first error ends everything.
pub(crate) async fn drive<F, Fut>(in_flight: usize, time: Duration, call: F) -> anyhow::Result<Load>
where
    F: Fn(u64) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<Duration>> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    once(in_flight, WARM_UP.min(time), &next, &call).await?;
    once(in_flight, time, &next, &call).await
}

async fn once<F, Fut>(in_flight: usize, time: Duration, next: &Arc<AtomicU64>, call: &F) -> anyhow::Result<Load>
where
    F: Fn(u64) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<Duration>> + Send,
{
    let (began, mut callers) = (Instant::now(), JoinSet::new());
    for _ in 0..in_flight {
        let (call, next) = (call.clone(), next.clone());
        callers.spawn(async move {
            let mut figures = Figures::new();
            while began.elapsed() < time {
                figures.add(call(next.fetch_add(1, Ordering::Relaxed)).await?);
            }
            anyhow::Ok(figures)
        });
    }
    let mut figures = Figures::new();
    while let Some(caller) = callers.join_next().await {
        figures.merge(&caller??);
    }
    let rate = figures.count() as f64 / began.elapsed().as_secs_f64();
    Ok(Load { figures, rate })
}

/// Calls `call` `per_second` times a second for `time`, whether earlier calls are done or not, so that a delay of the one
/// measured is not a pause of the load.
pub(crate) async fn pace<F, Fut>(per_second: f64, time: Duration, call: F) -> anyhow::Result<Load>
where
    F: Fn(u64) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<Duration>> + Send + 'static,
{
    let (began, mut calls, mut sent) = (Instant::now(), JoinSet::new(), 0);
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while began.elapsed() < time {
        tick.tick().await;
        while (sent as f64) < began.elapsed().as_secs_f64() * per_second {
            calls.spawn(call(sent));
            sent += 1;
        }
        anyhow::ensure!(calls.len() < UNDER_WAY_MAX, "{per_second:.0} a second are too many: they pile up");
    }
    let mut figures = Figures::new();
    while let Some(done) = calls.join_next().await {
        figures.add(done??);
    }
    let rate = figures.count() as f64 / began.elapsed().as_secs_f64();
    Ok(Load { figures, rate })
}
