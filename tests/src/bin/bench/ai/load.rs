//! The load generator: so many connections, each sending its next request when it has the answer to the one before.

use super::target::{Answer, Connection, Target};
use crate::figures::Figures;
use bytes::Bytes;
use futures::future::try_join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Before anything is measured, all connections together send so many requests,
const WARM_UP_REQUESTS: usize = 1_000;
/// or for so long.
const WARM_UP: Duration = Duration::from_secs(2);
/// Requests of one measurement, at most.
pub(crate) const REQUESTS_MAX: usize = 200_000;

/// What a load came to.
pub(crate) struct Load {
    pub(crate) figures: Figures,
    pub(crate) failed: u64,
    /// Answered requests a second.
    pub(crate) rate: f64,
}

/// Sends `body` over `concurrency` connections for `seconds`, after a warm-up.
pub(crate) async fn load(target: &Target, body: &Bytes, concurrency: usize, seconds: u64) -> anyhow::Result<Load> {
    let one = |_| body.clone();
    Connection::new(target).ask(body.clone()).await?.good(target)?;
    drive(target, &one, concurrency, WARM_UP_REQUESTS, WARM_UP, &|_| ()).await?;
    drive(target, &one, concurrency, REQUESTS_MAX, Duration::from_secs(seconds), &|_| ()).await
}

/// Sends the bodies that `body` gives for 0, 1, 2 and so on, until `requests` were sent or `time` is over. `see` is shown
/// every answer.
pub(crate) async fn drive(
    target: &Target,
    body: &(impl Fn(usize) -> Bytes + Sync),
    concurrency: usize,
    requests: usize,
    time: Duration,
    see: &(impl Fn(&Answer) + Sync),
) -> anyhow::Result<Load> {
    let (began, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let workers = (0..concurrency).map(|_| {
        let next = next.clone();
        async move {
            let (mut figures, mut failed, mut connection) = (Figures::new(), 0, Connection::new(target));
            while began.elapsed() < time {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    break;
                }
                let answer = match connection.ask(body(number)).await {
                    // The other side closed the connection between two requests: one more try, on a new one.
                    Err(_) => connection.ask(body(number)).await,
                    answer => answer,
                };
                match answer {
                    Ok(answer) => {
                        see(&answer);
                        if answer.status.is_success() {
                            figures.add(answer.took);
                        } else {
                            failed += 1;
                        }
                    }
                    Err(_) => failed += 1,
                }
            }
            anyhow::Ok((figures, failed))
        }
    });
    let workers = try_join_all(workers).await?;
    let (seconds, mut figures, mut failed) = (began.elapsed().as_secs_f64(), Figures::new(), 0);
    for (one, bad) in &workers {
        figures.merge(one);
        failed += bad;
    }
    let rate = figures.count() as f64 / seconds;
    Ok(Load { figures, failed, rate })
}
