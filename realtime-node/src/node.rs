//! The node: what it runs, from its start to its drain.

use crate::events;
use crate::health::Health;
use crate::http::{self, Routes};
use crate::memory;
use crate::metrics::{Gauges, Metrics};
use crate::realtime::Realtime;
use crate::settings::Settings;
use crate::work::{Work, WorkPorts};
use anyhow::Context;
use octavo_adapters_postgres::{DueApprovals, DueNotifications, DueSavedSearches, PoolOptions, Relay, StatementCache};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_domain_kernel::{DueWork, Outbox, Queue};
use octavo_wiring_settings::Queues;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take to end, after everything else has.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// A running node.
pub struct Node {
    address: SocketAddr,
    draining: Arc<AtomicBool>,
    drain_within: Duration,
    work: Work,
    realtime: Option<Realtime>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Node {
    /// Starts what the settings name. Engines need not be there yet: readiness says whether they are.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let listener =
            http::listen(settings.listen).with_context(|| format!("cannot listen on {}", settings.listen))?;
        let address = listener.local_addr()?;
        let redis_queue = Arc::new(RedisQueue::new(Redis::new(settings.redis.url.expose())?));
        let queue: Arc<dyn Queue> = match &settings.queues {
            Queues::Redis(_) => redis_queue.clone(),
            Queues::Sqs { url_prefix } => {
                Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse().context("OCTAVO_SQS_URL_PREFIX")?)))
            }
        };
        let relay = Arc::new(Relay::connect_lazy(settings.relay_url.expose(), &pool_options(settings))?);
        let outbox: Arc<dyn Outbox> = relay.clone();

        let (metrics, room_metrics, mut registry) = Metrics::new();
        let due: Vec<(&str, Arc<dyn DueWork>)> = vec![
            ("workflows", relay.clone()),
            ("approvals", Arc::new(DueApprovals((*relay).clone()))),
            ("notifications", Arc::new(DueNotifications((*relay).clone()))),
            ("saved-searches", Arc::new(DueSavedSearches((*relay).clone()))),
        ];
        let realtime = match &settings.hubs {
            Some(hubs) => {
                Some(Realtime::start(settings, hubs, address, queue.clone(), relay, (metrics, room_metrics)).await?)
            }
            None => None,
        };
        let own = realtime.as_ref().filter(|_| matches!(settings.queues, Queues::Redis(_)));
        let own = own.map(|realtime| (events::mapping(), realtime.events()));
        let ports = WorkPorts { redis_queue, queue: queue.clone(), outbox: outbox.clone(), due, own };
        let work = Work::start(settings, ports)?;

        let draining = Arc::new(AtomicBool::new(false));
        let mut gauges = Gauges::default()
            .with("memory_allocated_bytes", "What the program has allocated", || bytes(memory::allocated()))
            .with("memory_resident_bytes", "What the system has given to the process", || bytes(memory::resident()));
        let mut health = Health {
            queue,
            outbox,
            backplane: None,
            draining: draining.clone(),
            parts: vec![("sources", Box::new(work.status()))],
        };
        let mut routes = None;
        if let Some(realtime) = &realtime {
            gauges = realtime.gauges(gauges);
            health.backplane = Some(realtime.backplane());
            health.parts.extend(realtime.status());
            routes = Some(realtime.routes());
        }
        registry.register_collector(Box::new(gauges));
        let routes = Arc::new(Routes { health, metrics: registry, hubs: routes });
        let stop = CancellationToken::new();
        let handle = move |peer, request| http::answer(routes.clone(), peer, request);
        let serving = tokio::spawn(http::serve(listener, handle, stop.clone()));
        Ok(Self { address, draining, drain_within: settings.drain, work, realtime, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Fails readiness at once and takes nothing new; sends its clients elsewhere, spread over a while, with everything saved
    /// that they typed; and waits for the batches that are under way. What is cut off then comes back to another node.
    pub async fn drain(self) {
        self.draining.store(true, Ordering::SeqCst);
        let work = self.work.drain(self.drain_within);
        match self.realtime {
            Some(realtime) => {
                tokio::join!(work, realtime.drain());
            }
            None => work.await,
        }
        self.stop.cancel();
        // What is still answered now is a request about what is no more.
        let _ = tokio::time::timeout(LAST_REQUESTS, self.serving).await;
    }
}

/// How the node keeps its connections to PostgreSQL.
pub(crate) fn pool_options(settings: &Settings) -> PoolOptions {
    PoolOptions {
        connections_max: settings.database.connections_max,
        acquire_timeout: settings.database.acquire_timeout,
        statement_timeout: settings.database.statement_timeout,
        idle_timeout: settings.database.idle_timeout,
        statement_cache: if settings.database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: settings.name.clone(),
    }
}

fn bytes(known: Option<u64>) -> f64 {
    known.map_or(f64::NAN, |bytes| bytes as f64)
}
