//! The hub of the tests.

use futures::{Stream, StreamExt};
use octavo_domain_realtime::{ConnectionId, HistoryLimits, Position, SlowReader};
use parking_lot::Mutex;
use realtime_node_server::{Call, Hub, HubDefinition, HubFault, Payload};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// What the hub works with, and what tests look at.
pub(crate) struct Deps {
    /// `Gate` passes one for each permit.
    pub(crate) gate: Semaphore,
    pub(crate) entered: AtomicUsize,
    pub(crate) cancelled: AtomicUsize,
    pub(crate) connected: Mutex<Vec<ConnectionId>>,
    pub(crate) disconnected: Mutex<Vec<ConnectionId>>,
    /// How uploads ended.
    pub(crate) uploads: Mutex<Vec<Result<i64, String>>>,
}

impl Default for Deps {
    fn default() -> Self {
        Self {
            gate: Semaphore::new(0),
            entered: AtomicUsize::new(0),
            cancelled: AtomicUsize::new(0),
            connected: Mutex::default(),
            disconnected: Mutex::default(),
            uploads: Mutex::default(),
        }
    }
}

/// Keeps enough.
pub(crate) const HISTORY: HistoryLimits = HistoryLimits { length: 100, ttl: Duration::from_secs(60) };

async fn sum(deps: &Deps, call: &Call) -> Result<i64, HubFault> {
    let mut items = Box::pin(call.upload::<i64>(0)?);
    let mut sum = 0;
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => sum += item,
            Err(fault) => {
                deps.uploads.lock().push(Err(fault.to_string()));
                return Err(fault);
            }
        }
    }
    deps.uploads.lock().push(Ok(sum));
    Ok(sum)
}

struct Counted(Arc<Deps>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.cancelled.fetch_add(1, Ordering::Relaxed);
    }
}

fn endless(deps: Arc<Deps>) -> impl Stream<Item = Result<u64, HubFault>> {
    let dropped = Counted(deps);
    futures::stream::unfold((0, dropped), |(at, dropped)| async move {
        tokio::task::yield_now().await;
        Some((Ok(at), (at + 1, dropped)))
    })
}

/// The hub.
pub(crate) fn hub(deps: Arc<Deps>) -> HubDefinition {
    Hub::new("test".parse().unwrap(), "For the tests.", deps)
        .connected(|deps, caller| async move {
            if caller.user().as_str() == "unwanted" {
                return Err(HubFault::refused("you are unwanted"));
            }
            deps.connected.lock().push(caller.id());
            Ok(())
        })
        .disconnected(|deps, caller| async move { deps.disconnected.lock().push(caller.id()) })
        .method("Echo", "Returns it.", |_deps, _call, (value,): (Payload,)| async move { Ok(value) })
        .method("Add", "Adds.", |_deps, _call, (a, b): (i64, i64)| async move { Ok(a + b) })
        .method("Void", "Nothing.", |_deps, _call, ()| async move { Ok(()) })
        .method(
            "Fail",
            "Fails.",
            |_deps, _call, (text,): (String,)| async move { Err::<(), _>(HubFault::Refused(text)) },
        )
        .method("Crash", "Fails inwardly.", |_deps, _call, ()| async move {
            Err::<(), _>(HubFault::internal("the secret cause"))
        })
        .method("Panic", "Panics.", |_deps, call: Call, ()| async move {
            assert!(call.is_cancelled(), "a panic on purpose");
            Ok(())
        })
        .method("Gate", "Waits for a permit.", |deps, _call, (value,): (i64,)| async move {
            deps.entered.fetch_add(1, Ordering::Relaxed);
            deps.gate.acquire().await.unwrap().forget();
            Ok(value)
        })
        .method("UntilCancelled", "Waits.", |deps, call: Call, ()| async move {
            deps.entered.fetch_add(1, Ordering::Relaxed);
            call.cancelled().await;
            deps.cancelled.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .method("Count", "Counts the calls of a connection.", |_deps, call: Call, ()| async move {
            Ok(call.caller().state(|count: &mut u32| {
                *count += 1;
                *count
            }))
        })
        .method("Join", "Joins.", |_deps, call: Call, (group,): (String,)| async move { call.caller().join(&group) })
        .method("Leave", "Leaves.", |_deps, call: Call, (group,): (String,)| async move {
            call.caller().leave(&group);
            Ok(())
        })
        .method("SendToAll", "Pushes.", |_deps, call: Call, (target, value): (String, Payload)| async move {
            Ok(call.caller().clients().everyone().send(&target, (value,)).await?)
        })
        .method("SendToOthers", "Pushes.", |_deps, call: Call, (target, value): (String, Payload)| async move {
            let others = call.caller().clients().everyone().except(&[call.caller().id()]);
            Ok(others.send(&target, (value,)).await?)
        })
        .method("SendToGroup", "Pushes.", |_deps, call: Call, (group, value): (String, Payload)| async move {
            Ok(call.caller().clients().group(&group).send("told", (value,)).await?)
        })
        .method("SendToUser", "Pushes.", |_deps, call: Call, (user, value): (String, Payload)| async move {
            let user = user.parse().map_err(HubFault::internal)?;
            Ok(call.caller().clients().user(&user).send("told", (value,)).await?)
        })
        .method("SendTo", "Pushes.", |_deps, call: Call, (id, value): (ConnectionId, Payload)| async move {
            Ok(call.caller().clients().connection(id).send("told", (value,)).await?)
        })
        .method("Durable", "Pushes and keeps.", |_deps, call: Call, (group, value): (String, Payload)| async move {
            let position: Position =
                call.caller().clients().group(&group).send_durable("told", (value,), HISTORY).await?;
            Ok(position)
        })
        .method("Flood", "Pushes.", |_deps, call: Call, (count, bytes, slow): (u32, usize, SlowReader)| async move {
            for at in 0..count {
                call.caller().send_as("flood", (at, "x".repeat(bytes)), slow)?;
            }
            Ok(())
        })
        .method("Ask", "Asks the caller.", |_deps, call: Call, (value,): (i64,)| async move {
            Ok(call.caller().invoke::<i64>("answer", (value,)).await?)
        })
        .method("CloseMe", "Closes.", |_deps, call: Call, (error,): (String,)| async move {
            call.caller().close(Some(&error), false);
            Ok(())
        })
        .method("Cut", "Cuts.", |_deps, call: Call, ()| async move {
            call.caller().cut();
            Ok(())
        })
        .method("Sum", "Sums.", |deps: Arc<Deps>, call: Call, ()| async move { sum(&deps, &call).await })
        .method("SumAfterGate", "Sums.", |deps: Arc<Deps>, call: Call, ()| async move {
            deps.gate.acquire().await.unwrap().forget();
            sum(&deps, &call).await
        })
        .stream("Counter", "Counts.", |_deps, _call, (count,): (u32,)| async move {
            Ok(futures::stream::iter((0..count).map(Ok)))
        })
        .stream("CounterFails", "Counts and fails.", |_deps, _call, (count,): (u32,)| async move {
            let fault = futures::stream::iter([Err(HubFault::refused("no more"))]);
            Ok(futures::stream::iter((0..count).map(Ok)).chain(fault))
        })
        .stream("Endless", "Counts.", |deps, _call, ()| async move { Ok(endless(deps)) })
        .stream("Relay", "Gives back.", |_deps, call: Call, ()| async move { call.upload::<Payload>(0) })
        .define()
}
