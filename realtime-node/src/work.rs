//! What the node does besides holding connections: it polls queues, publishes what was left in the outbox, rings for work
//! that is due, and fires schedules. Safe on every node at once: consumers of a group share a queue, relays the outbox and
//! bells the due work by leases, and one node at a time fires.

use crate::LambdaInvoker;
use crate::settings::Settings;
use octavo_adapters_redis::{Redis, RedisQueue, RedisSchedules};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::{DueWork, Outbox, Queue};
use octavo_wiring_triggers::{
    Bell, BellOptions, Invoker, Mapping, OutboxRelay, Poller, PollerPorts, Random, RelayOptions, Scheduler,
    SchedulerPorts,
};
use rand::RngExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The running work.
pub(crate) struct Work {
    pollers: Vec<Poller>,
    relay: OutboxRelay,
    bells: Vec<(&'static str, Bell)>,
    scheduler: Scheduler,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// What it works on.
pub(crate) struct WorkPorts {
    pub(crate) redis_queue: Arc<RedisQueue>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) outbox: Arc<dyn Outbox>,
    /// Work that rests until it is due, by what it is called for people.
    pub(crate) due: Vec<(&'static str, Arc<dyn DueWork>)>,
    /// A queue that the node itself consumes, and with what.
    pub(crate) own: Option<(Mapping, Arc<dyn Invoker>)>,
}

impl Work {
    /// Starts what the settings name.
    pub(crate) fn start(settings: &Settings, ports: WorkPorts) -> anyhow::Result<Self> {
        let random: Random = Arc::new(|| rand::rng().random::<f64>());
        let (prefix, endpoint) = (&settings.function_prefix, settings.lambda_endpoint.clone());
        let deadlines = settings.poll.iter().map(|mapping| mapping.function_timeout);
        let longest = deadlines.max().unwrap_or(settings.function_timeout).max(settings.function_timeout);
        let invoker: Arc<dyn Invoker> =
            Arc::new(LambdaInvoker::new(prefix, endpoint, settings.lambda_signing, longest));
        let mappings = settings.poll.iter().map(|mapping| (mapping.clone(), invoker.clone())).chain(ports.own);
        let mut pollers = Vec::new();
        for (mapping, invoker) in mappings {
            let ports = PollerPorts {
                consumer: ports.redis_queue.clone(),
                invoker,
                clock: Arc::new(SystemClock),
                random: random.clone(),
            };
            pollers.push(Poller::new(mapping, ports, settings.name.clone())?);
        }
        let fires = Arc::new(RedisSchedules::new(Redis::new(settings.redis.url.expose())?));
        let scheduler_ports = SchedulerPorts {
            invoker,
            lease: fires.clone(),
            fires,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            random: random.clone(),
        };
        let scheduler = Scheduler::new(settings.schedules.clone(), scheduler_ports, settings.name.clone());
        let (queue, clock) = (ports.queue, Arc::new(SystemClock));
        let bell = |(name, work)| {
            (name, Bell::new(work, queue.clone(), clock.clone(), random.clone(), BellOptions::default()))
        };
        let bells: Vec<_> = ports.due.into_iter().map(bell).collect();
        let relay = OutboxRelay::new(ports.outbox, queue, clock, random, RelayOptions::default());

        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        for poller in &pollers {
            let (poller, token) = (poller.clone(), stop.clone());
            tasks.spawn(async move { poller.run(token).await });
        }
        if settings.relay {
            let (relay, token) = (relay.clone(), stop.clone());
            tasks.spawn(async move { relay.run(token).await });
        }
        for (_, bell) in bells.iter().filter(|_| settings.bell) {
            let (bell, token) = (bell.clone(), stop.clone());
            tasks.spawn(async move { bell.run(token).await });
        }
        if !settings.schedules.is_empty() {
            let (scheduler, token) = (scheduler.clone(), stop.clone());
            tasks.spawn(async move { scheduler.run(token).await });
        }
        Ok(Self { pollers, relay, bells, scheduler, stop, tasks })
    }

    /// What it did so far, for people. Asked apart from the work itself, which is awaited at its end.
    pub(crate) fn status(&self) -> impl Fn() -> Value + Send + Sync + 'static {
        let (pollers, relay) = (self.pollers.clone(), self.relay.clone());
        let (bells, scheduler) = (self.bells.clone(), self.scheduler.clone());
        move || {
            let pollers = pollers
                .iter()
                .map(|poller| json!({ "queue": poller.mapping().queue, "status": poller.status() }))
                .collect::<Vec<_>>();
            let bells: Vec<_> =
                bells.iter().map(|(name, bell)| json!({ "work": name, "status": bell.status() })).collect();
            let (relay, scheduler) = (relay.status(), scheduler.status());
            json!({ "pollers": pollers, "relay": relay, "bells": bells, "scheduler": scheduler })
        }
    }

    /// Takes nothing new, and waits for what is under way, for as long as it may take. What is cut off then comes back to
    /// another node after its visibility.
    pub(crate) async fn drain(mut self, within: Duration) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::warn!("batches under way were cut off: they come back to another node");
            self.tasks.abort_all();
        }
    }
}
