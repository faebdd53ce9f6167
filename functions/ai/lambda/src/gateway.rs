//! Settings into adapters into the gateway's ports.

use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_providers::HttpUpstream;
use octavo_adapters_redis::{Options as RedisOptions, Redis, RedisAnswers, RedisBreakers, RedisMeter, RedisQueue};
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_ai::{Deps, Options, ProviderAccess, Shared, Stores};
use octavo_domain_ai::models::{Catalogue, Endpoint, ProviderKind};
use octavo_domain_ai::ports::{Observer, Timeouts};
use octavo_domain_kernel::Queue;
use octavo_wiring_lambda_kit::Error;
use octavo_wiring_settings::{self as settings, Environment, ProviderForm};
use octavo_wiring_telemetry::CountedAlerts;
use std::sync::Arc;
use std::time::Duration;

/// What a Redis that hangs may cost a call that meets it, for a connection and for an answer. A busy machine may be long
/// in both, and who takes slow for away counts for itself what should be counted together.
const REDIS_WAIT: Duration = Duration::from_secs(1);
/// And for so long the others do not try.
const REDIS_REST: Duration = Duration::from_millis(500);

/// The gateway's ports, and what else of its adapters an entry point needs.
pub struct Gateway {
    /// The ports.
    pub deps: Arc<Deps>,
    /// The database.
    pub store: Arc<Postgres>,
    /// The queues.
    pub queue: Arc<dyn Queue>,
}

/// The gateway as the environment says. Must be called within a tokio runtime; connects to nothing yet.
pub fn gateway(environment: &Environment, function: &str, observer: Arc<dyn Observer>) -> Result<Gateway, Error> {
    let ai = settings::Ai::read(environment)?;
    let built_in = Catalogue::built_in();
    let catalogue = match &ai.catalogue {
        Some(overrides) => built_in.with_overrides(overrides)?,
        None => built_in.clone(),
    };
    let providers = ai.providers.into_iter().map(access).collect();
    let mut options = Options::new(providers, Arc::new(catalogue));
    options.timeouts = Timeouts { total: ai.total, ..options.timeouts };
    options.lease_margin = ai.lease_margin;

    let database = settings::Database::read(environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        idle_timeout: database.idle_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: format!("octavo-{function}"),
    };
    let store = Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?);
    let redis = settings::Redis::read(environment)?;
    let waits = RedisOptions { connect_timeout: REDIS_WAIT, response_timeout: REDIS_WAIT };
    let redis = Redis::with_options(redis.url.expose(), waits)?.failing_fast(REDIS_REST);
    let queue: Arc<dyn Queue> = match settings::Queues::read(environment)? {
        settings::Queues::Redis(redis) => Arc::new(RedisQueue::new(Redis::new(redis.url.expose())?)),
        settings::Queues::Sqs { url_prefix } => Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse()?))),
    };
    let stores = Stores {
        ledger: store.clone(),
        policies: store.clone(),
        api_keys: store.clone(),
        provider_keys: store.clone(),
        alerts: Arc::new(CountedAlerts::new(store.clone(), function)),
        transcripts: store.clone(),
    };
    let shared = Shared {
        answers: Arc::new(RedisAnswers::new(redis.clone())),
        meter: Arc::new(RedisMeter::new(redis.clone())),
        breakers: Arc::new(RedisBreakers::new(redis, options.breaker_rule)),
        queue: queue.clone(),
    };
    let sealer = Arc::new(SealingKeys::parse(settings::Sealing::read(environment)?.0.expose())?);
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let upstream = Arc::new(HttpUpstream::new(clock.clone()));
    // Reads certificates: in the time that the platform takes to find the first call, not in that call's.
    let prepared = upstream.clone();
    tokio::spawn(async move { prepared.prepare() });
    let deps = Arc::new(Deps::new(options, upstream, stores, shared, sealer, observer, clock, ids));
    Ok(Gateway { deps, store, queue })
}

fn access(provider: settings::Provider) -> ProviderAccess {
    let kind = match provider.form {
        ProviderForm::Openai => ProviderKind::OpenAi,
        ProviderForm::Anthropic => ProviderKind::Anthropic,
        ProviderForm::Azure => ProviderKind::Azure { api_version: provider.api_version },
    };
    let endpoint = Endpoint { name: provider.name, kind, base_url: provider.url, region: provider.region };
    ProviderAccess { endpoint: Arc::new(endpoint), key: provider.key.map(|key| Arc::from(key.expose())) }
}
