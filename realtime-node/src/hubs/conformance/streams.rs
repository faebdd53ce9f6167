//! Streams in both directions.

use super::hub::{Conformance, number};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use octavo_domain_signalr::Payload;
use realtime_node_server::{Call, Caller, Hub, HubFault};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Between two items of `Endless`.
const ENDLESS_EVERY: Duration = Duration::from_millis(10);
/// Between two items of `Counter`.
const DELAY_MAX_MS: u64 = 60_000;

/// How many endless streams of a connection were cancelled.
#[derive(Default)]
struct Cancelled(Arc<AtomicU64>);

/// Counts when it is dropped, as an endless stream only is when nobody wants it any more.
struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn cancelled(caller: &Caller) -> Arc<AtomicU64> {
    caller.state(|cancelled: &mut Cancelled| cancelled.0.clone())
}

pub(super) fn declare(hub: Hub<Conformance>) -> Hub<Conformance> {
    hub.stream("Counter", "Streams 0 to count - 1.", |_deps, _call, (count, delay_ms): (u64, u64)| async move {
        if delay_ms > DELAY_MAX_MS {
            return Err(HubFault::Refused(format!("delay_ms: expected at most {DELAY_MAX_MS}")));
        }
        Ok(counting(count, Duration::from_millis(delay_ms)))
    })
    .stream("CounterFails", "Streams count items, then an error.", |_deps, _call, (count,): (u64,)| async move {
        let end = stream::once(async { Err(HubFault::refused("the stream failed")) });
        Ok(stream::iter((0..count).map(Ok)).chain(end))
    })
    .stream("Endless", "Streams a number every 10 ms until it is cancelled.", |_deps, call: Call, ()| async move {
        let counted = Counted(cancelled(call.caller()));
        Ok(counting(u64::MAX, ENDLESS_EVERY).inspect(move |_| {
            let _ = &counted;
        }))
    })
    .method(
        "Cancelled",
        "How many of the caller's endless streams were cancelled.",
        |_deps, call: Call, ()| async move { Ok(cancelled(call.caller()).load(Ordering::SeqCst)) },
    )
    .method("Sum", "The sum of what the caller streams.", |_deps, call: Call, ()| async move {
        let sum = call.upload::<f64>(0)?.try_fold(0.0, |sum, item| async move { Ok(sum + item) }).await?;
        Ok(number(sum))
    })
    .stream("Relay", "Streams back what the caller streams, as it comes.", |_deps, call: Call, ()| async move {
        call.upload::<Payload>(0)
    })
}

fn counting(count: u64, delay: Duration) -> impl Stream<Item = Result<u64, HubFault>> + Send {
    stream::unfold(0, move |next| async move {
        if next >= count {
            return None;
        }
        if next > 0 && !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        Some((Ok(next), next + 1))
    })
}
