//! The tasks that this worker does for one execution.

use crate::answers::Answer;
use crate::leases::Lease;
use crate::wake::{Settled, TaskKey};
use futures::StreamExt;
use futures::future::{AbortHandle, Abortable, BoxFuture};
use futures::stream::FuturesUnordered;
use octavo_domain_workflow::engine::{Task, Work};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// How long a task runs before its start is told by itself: whoever watches sees it run. What is faster is told with its
/// answer, in one commit.
const TOLD_AFTER: Duration = Duration::from_secs(1);

/// A task that runs; none once it is stopped.
type Running<'a> = BoxFuture<'a, Option<(TaskKey, Answer)>>;

/// Tasks under way.
#[derive(Default)]
pub(crate) struct Held<'a> {
    tasks: BTreeMap<TaskKey, Holding<'a>>,
    pump: Arc<Pump<'a>>,
}

/// Has tasks go on. What an execution waits for, it waits for beside this: a task that is in the middle of a question to the
/// store, and is not polled, keeps the connection that others, or this very execution, wait for.
///
/// The locks are never waited for: whoever polls the tasks and whoever adds one are the same.
#[derive(Default)]
pub(crate) struct Pump<'a> {
    running: Mutex<FuturesUnordered<Running<'a>>>,
    done: Mutex<Vec<(TaskKey, Answer)>>,
}

impl Pump<'_> {
    /// Does `work`, and has the tasks go on meanwhile; their answers are kept.
    pub(crate) async fn beside<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let output = work.as_mut().poll(context);
            if output.is_pending() {
                // After the work, which may have begun tasks.
                self.poll(context);
            }
            output
        })
        .await
    }

    fn poll(&self, context: &mut Context<'_>) {
        let mut running = self.running.lock();
        while let Poll::Ready(Some(answer)) = running.poll_next_unpin(context) {
            self.done.lock().extend(answer);
        }
    }
}

struct Holding<'a> {
    /// When its start is to be told; none if it was, or if there is nothing to tell.
    told_at: Option<Instant>,
    lease: Lease<'a>,
    abort: AbortHandle,
}

impl<'a> Held<'a> {
    /// Begins a task.
    pub(crate) fn begin(&mut self, task: &Task, lease: Lease<'a>, work: BoxFuture<'a, Answer>) {
        let key = (task.frame, task.turn);
        let (abort, registration) = AbortHandle::new_pair();
        let told_at = matches!(task.work, Work::Do(_)).then(|| Instant::now() + TOLD_AFTER);
        if let Some(before) = self.tasks.insert(key, Holding { told_at, lease, abort }) {
            before.abort.abort();
        }
        self.pump.running.lock().push(Box::pin(async move {
            let answer = Abortable::new(work, registration).await.ok()?;
            Some((key, answer))
        }));
    }

    /// Whether nothing is waited for: tasks whose lease is lost are over, or somebody else's. An answer of one that comes all
    /// the same is told: the frame's turn decides.
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.values().all(|task| task.lease.is_lost())
    }

    /// What has the tasks go on.
    pub(crate) fn pump(&self) -> Arc<Pump<'a>> {
        self.pump.clone()
    }

    /// Waits for an answer, and takes with it all that are there by then. For ever, if nothing runs.
    pub(crate) async fn answers(&mut self) -> Vec<(TaskKey, Answer)> {
        let pump = &self.pump;
        let answers = poll_fn(|context| {
            pump.poll(context);
            let done = std::mem::take(&mut *pump.done.lock());
            if done.is_empty() { Poll::Pending } else { Poll::Ready(done) }
        })
        .await;
        for (key, _) in &answers {
            self.tasks.remove(key);
        }
        answers
    }

    /// When the next start is to be told.
    pub(crate) fn told_at(&self) -> Option<Instant> {
        self.tasks.values().filter_map(|task| task.told_at).min()
    }

    /// The tasks whose start is to be told by `now`; each is named once.
    pub(crate) fn take_untold(&mut self, now: Instant) -> Vec<TaskKey> {
        let due = self.tasks.iter_mut().filter(|(_, task)| task.told_at.is_some_and(|at| at <= now));
        due.map(|(key, task)| {
            task.told_at = None;
            *key
        })
        .collect()
    }

    /// The tasks whose leases are this worker's, as far as it knows.
    pub(crate) fn leased(&self) -> Vec<TaskKey> {
        self.tasks.iter().filter(|(_, task)| !task.lease.is_lost()).map(|(key, _)| *key).collect()
    }

    /// Stops tasks that nobody waits for any more: their frames are gone or have begun another turn.
    pub(crate) fn stop_over(&mut self, settled: &Settled) {
        self.tasks.retain(|(frame, turn), task| {
            let over =
                settled.frames_gone.contains(frame) || settled.turns.iter().any(|(id, now)| id == frame && now > turn);
            if over {
                task.abort.abort();
            }
            !over
        });
    }

    /// Stops all.
    pub(crate) fn stop(&mut self) {
        self.tasks.clear();
        *self.pump.running.lock() = FuturesUnordered::new();
        self.pump.done.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;
    use tokio::task::yield_now;
    use tokio::time::timeout;

    #[tokio::test]
    async fn what_is_waited_for_beside_tasks_gets_what_they_hold() {
        let connection = Semaphore::new(1);
        let pump = Pump::default();
        pump.running.lock().push(Box::pin(async {
            let held = connection.acquire().await;
            yield_now().await;
            drop(held);
            Some(((0, 0), Answer::Late))
        }));
        // The task is in the middle of its question.
        poll_fn(|context| {
            pump.poll(context);
            Poll::Ready(())
        })
        .await;
        assert_eq!(connection.available_permits(), 0);
        let work = async { connection.acquire().await.is_ok() };
        assert_eq!(timeout(Duration::from_secs(30), pump.beside(work)).await, Ok(true));
        assert_eq!(pump.done.lock().len(), 1, "its answer is kept");
    }
}
