//! Schedules on clocks that tests move, with the leases and the fire log on the emulator's Redis.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod fakes;

use fakes::{FakeFunction, function_error, no_jitter, patient, until};
use local_emulator_redis::{Options, Server};
use octavo_adapters_redis::RedisSchedules;
use octavo_domain_kernel::FireLog;
use octavo_testing::ids::SequentialIds;
use octavo_testing::time::ManualClock;
use octavo_wiring_triggers::{InvokeError, Schedule, Scheduler, SchedulerPorts};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

struct Bench {
    _server: Server,
    store: RedisSchedules,
    clock: Arc<ManualClock>,
    function: Arc<FakeFunction>,
}

impl Bench {
    async fn new() -> Self {
        let server = Server::start(Options::default()).await.unwrap();
        let store = RedisSchedules::new(patient(&server.url()));
        Self { _server: server, store, clock: Arc::default(), function: Arc::default() }
    }

    fn scheduler(&self, holder: &str) -> Scheduler {
        let ports = SchedulerPorts {
            invoker: self.function.clone(),
            lease: Arc::new(self.store.clone()),
            fires: Arc::new(self.store.clone()),
            clock: self.clock.clone(),
            ids: Arc::new(SequentialIds::default()),
            random: no_jitter(),
        };
        let schedule = Schedule {
            name: "archive".to_owned(),
            expression: "cron(0 13 * * ? *)".parse().unwrap(),
            function: "archive".to_owned(),
            detail: json!({ "segment": 1 }),
        };
        Scheduler::new(vec![schedule], ports, holder)
    }

    /// Runs one until `done`, then stops it.
    async fn run_until(&self, scheduler: &Scheduler, what: &str, done: impl AsyncFnMut() -> bool) {
        let stop = CancellationToken::new();
        let (running, token) = (scheduler.clone(), stop.clone());
        let task = tokio::spawn(async move { running.run(token).await });
        until(what, done).await;
        stop.cancel();
        task.await.unwrap();
    }

    fn fired(scheduler: &Scheduler) -> u64 {
        scheduler.status().schedules.get("archive").map_or(0, |schedule| schedule.fired)
    }
}

#[tokio::test]
async fn what_was_missed_fires_once_and_what_is_new_waits_for_its_time() {
    let bench = Bench::new().await;
    let first = bench.scheduler("a");
    bench.run_until(&first, "it is known", async || first.status().schedules.contains_key("archive")).await;
    assert!(bench.function.events().is_empty(), "new: not due before 13:00");
    assert_eq!(first.status().schedules["archive"].next_due, Some("2026-01-01T13:00:00Z".parse().unwrap()));

    // Nobody ran for three days and a half.
    bench.clock.advance(Duration::from_secs(84 * 3600));
    let second = bench.scheduler("b");
    bench.run_until(&second, "it fired", async || Bench::fired(&second) == 1).await;
    let events = bench.function.events();
    assert_eq!(events.len(), 1, "once for all that was missed");
    assert_eq!(events[0]["time"], "2026-01-04T13:00:00Z");
    assert_eq!(events[0]["detail-type"], "Scheduled Event");
    assert_eq!(events[0]["detail"], json!({ "segment": 1 }));
    assert_eq!(bench.store.fire_last("archive").await.unwrap(), Some("2026-01-04T13:00:00Z".parse().unwrap()));

    let third = bench.scheduler("c");
    bench.run_until(&third, "it leads", async || third.status().schedules.contains_key("archive")).await;
    assert_eq!(bench.function.events().len(), 1, "logged: not again");
}

#[tokio::test]
async fn many_nodes_fire_once() {
    let bench = Bench::new().await;
    bench.store.fire_record("archive", "2025-12-31T13:00:00Z".parse().unwrap()).await.unwrap();
    bench.clock.advance(Duration::from_secs(2 * 3600));
    let nodes: Vec<Scheduler> = ["a", "b", "c"].map(|holder| bench.scheduler(holder)).into();
    let stop = CancellationToken::new();
    let tasks: Vec<_> = nodes.iter().cloned().map(|node| (node, stop.clone())).collect();
    let tasks: Vec<_> =
        tasks.into_iter().map(|(node, stop)| tokio::spawn(async move { node.run(stop).await })).collect();
    until("one fired", async || nodes.iter().map(Bench::fired).sum::<u64>() == 1).await;
    assert_eq!(nodes.iter().filter(|node| node.status().leading).count(), 1);
    stop.cancel();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(bench.function.events().len(), 1);
}

#[tokio::test]
async fn a_throttled_fire_is_tried_again_and_a_failed_one_is_over() {
    let bench = Bench::new().await;
    bench.store.fire_record("archive", "2025-12-31T13:00:00Z".parse().unwrap()).await.unwrap();
    bench.clock.advance(Duration::from_secs(2 * 3600));
    bench.function.next(|_| Err(InvokeError::Throttled));
    bench.function.next(|_| Err(function_error("broken")));
    let node = bench.scheduler("a");
    bench.run_until(&node, "it is over", async || Bench::fired(&node) == 1).await;
    assert_eq!(bench.function.events().len(), 2);
    assert_eq!(node.status().schedules["archive"].failed, 1);
    assert!(node.status().last_error.unwrap().error.contains("broken"));
}
