//! The node: what it runs, from its start to its drain.

use crate::settings::Settings;
use crate::{LambdaInvoker, health};
use anyhow::Context;
use octavo_adapters_postgres::{PoolOptions, Relay, StatementCache};
use octavo_adapters_redis::{Redis, RedisQueue, RedisSchedules};
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::{Outbox, Queue};
use octavo_wiring_settings::Queues;
use octavo_wiring_triggers::{
    Invoker, OutboxRelay, Poller, PollerPorts, Random, RelayOptions, Scheduler, SchedulerPorts,
};
use rand::RngExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What health looks at.
pub(crate) struct Parts {
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) pollers: Vec<Poller>,
    pub(crate) relay: OutboxRelay,
    pub(crate) scheduler: Scheduler,
    pub(crate) draining: AtomicBool,
}

/// A running node.
pub struct Node {
    parts: Arc<Parts>,
    address: SocketAddr,
    drain: Duration,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Node {
    /// Starts what the settings name. Engines need not be there yet: readiness says whether they are.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let redis_queue = Arc::new(RedisQueue::new(Redis::new(settings.redis.url.expose())?));
        let queue: Arc<dyn Queue> = match &settings.queues {
            Queues::Redis(_) => redis_queue.clone(),
            Queues::Sqs { url_prefix } => {
                Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse().context("OCTAVO_SQS_URL_PREFIX")?)))
            }
        };
        let pool = PoolOptions {
            connections_max: settings.database.connections_max,
            statement_cache: if settings.database.statement_cache { StatementCache::On } else { StatementCache::Off },
            application_name: settings.name.clone(),
            ..PoolOptions::default()
        };
        let outbox: Arc<dyn Outbox> = Arc::new(Relay::connect_lazy(settings.database.url.expose(), &pool)?);
        let random: Random = Arc::new(|| rand::rng().random::<f64>());
        let (prefix, endpoint) = (&settings.function_prefix, settings.lambda_endpoint.clone());
        let deadlines = settings.poll.iter().map(|mapping| mapping.function_timeout);
        let longest = deadlines.max().unwrap_or(settings.function_timeout).max(settings.function_timeout);
        let invoker: Arc<dyn Invoker> =
            Arc::new(LambdaInvoker::new(prefix, endpoint, settings.lambda_signing, longest));
        let ports = PollerPorts {
            consumer: redis_queue,
            invoker: invoker.clone(),
            clock: Arc::new(SystemClock),
            random: random.clone(),
        };
        let mut pollers = Vec::new();
        for mapping in &settings.poll {
            pollers.push(Poller::new(mapping.clone(), ports.clone(), settings.name.clone())?);
        }
        let fires = Arc::new(RedisSchedules::new(Redis::new(settings.redis.url.expose())?));
        let ports = SchedulerPorts {
            invoker,
            lease: fires.clone(),
            fires,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            random: random.clone(),
        };
        let scheduler = Scheduler::new(settings.schedules.clone(), ports, settings.name.clone());
        let relay =
            OutboxRelay::new(outbox.clone(), queue.clone(), Arc::new(SystemClock), random, RelayOptions::default());
        let parts = Arc::new(Parts { queue, outbox, pollers, relay, scheduler, draining: AtomicBool::new(false) });

        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        let address = listener.local_addr()?;
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let router = health::router(parts.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        for poller in &parts.pollers {
            let (poller, token) = (poller.clone(), stop.clone());
            tasks.spawn(async move { poller.run(token).await });
        }
        let (relay, token) = (parts.relay.clone(), stop.clone());
        tasks.spawn(async move { relay.run(token).await });
        let (scheduler, token) = (parts.scheduler.clone(), stop.clone());
        tasks.spawn(async move { scheduler.run(token).await });
        Ok(Self { parts, address, drain: settings.drain, stop, tasks })
    }

    /// Where health is asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Fails readiness at once, takes nothing new, and waits for what is under way, for as long as it may take. What is
    /// cut off then comes back to another node after its visibility.
    pub async fn drain(mut self) {
        self.parts.draining.store(true, Ordering::SeqCst);
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain, all).await.is_err() {
            tracing::warn!("batches under way were cut off: they come back to another node");
            self.tasks.abort_all();
        }
    }
}
