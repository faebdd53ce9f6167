//! Settings into adapters into the function's ports.

use octavo_adapters_channels::{ProviderConfig, Surroundings, TargetHosts, Verifier, providers};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_redis::{Options as RedisOptions, Redis, RedisQueue, RedisRates};
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::Queue;
use octavo_domain_notify::Templates;
use octavo_notify::{Deps, Lanes, Unsubscribes};
use octavo_wiring_lambda_kit::Error;
use octavo_wiring_settings::{self as settings, Environment};
use std::sync::Arc;
use std::time::Duration;

/// What a Redis that hangs may cost a message: providers are asked without it then, and say themselves that it is too much.
const REDIS_WAIT: Duration = Duration::from_secs(1);
/// And for so long the others do not try.
const REDIS_REST: Duration = Duration::from_millis(500);

/// The ports as the environment says. Connects to nothing yet.
///
/// # Errors
///
/// Names the variable that is missing or unusable.
pub(crate) fn deps(environment: &Environment) -> Result<Deps, Error> {
    let database = settings::Database::read(environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        idle_timeout: database.idle_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-notify".to_owned(),
    };
    let store = Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?);
    let queue: Arc<dyn Queue> = match settings::Queues::read(environment)? {
        settings::Queues::Redis(redis) => Arc::new(RedisQueue::new(Redis::new(redis.url.expose())?)),
        settings::Queues::Sqs { url_prefix } => Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse()?))),
    };
    let redis = settings::Redis::read(environment)?;
    let waits = RedisOptions { connect_timeout: REDIS_WAIT, response_timeout: REDIS_WAIT };
    let redis = Redis::with_options(redis.url.expose(), waits)?.failing_fast(REDIS_REST);
    let links = settings::Links::read(environment)?;
    let notify = settings::Notify::read(environment)?;
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let configs = match &notify.providers {
        Some(json) => ProviderConfig::parse_list(json.expose())
            .map_err(|error| Error::from(format!("OCTAVO_NOTIFY_PROVIDERS cannot be used: {error}")))?,
        None => Vec::new(),
    };
    let hosts = TargetHosts::parse(notify.target_hosts.iter().map(String::as_str))
        .map_err(|error| Error::from(format!("OCTAVO_NOTIFY_TARGET_HOSTS cannot be used: {error}")))?;
    let callbacks = Arc::new(Verifier::new(&configs)?);
    let surroundings = Surroundings {
        clock: clock.clone(),
        public_url: links.public_url.clone(),
        target_hosts: hosts,
        pagerduty_url: notify.pagerduty_url,
    };
    Ok(Deps {
        people: store.clone(),
        inbox: store.clone(),
        documents: store.clone(),
        store,
        providers: providers(configs, surroundings)?,
        lanes: Lanes::default(),
        rates: Arc::new(RedisRates::new(redis)),
        callbacks,
        templates: Templates::new(),
        sealer: Arc::new(SealingKeys::parse(settings::Sealing::read(environment)?.0.expose())?),
        links: Unsubscribes::new(links.public_url, links.key.expose().as_bytes()),
        queue,
        clock,
        ids,
        announces: settings::announces(environment)?,
    })
}
