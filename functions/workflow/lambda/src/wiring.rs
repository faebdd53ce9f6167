//! Settings into adapters into the function's ports.

use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::Queue;
use octavo_wiring_lambda_kit::Error;
use octavo_wiring_settings::{self as settings, Environment};
use octavo_workflow::{Deps, Memory};
use std::sync::Arc;

/// The ports as the environment says. Connects to nothing yet.
///
/// # Errors
///
/// Names the variable that is missing or unusable.
pub fn deps(environment: &Environment) -> Result<Deps, Error> {
    let database = settings::Database::read(environment)?;
    let settings::Workflows { region, replica_url } = settings::Workflows::read(environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        idle_timeout: database.idle_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-workflow".to_owned(),
    };
    let mut store = Postgres::connect_lazy(database.url.expose(), &pool)?;
    if let Some(url) = &replica_url {
        store = store.with_replica(url.expose(), &pool)?;
    }
    let store = Arc::new(store);
    let blobs = settings::Blobs::read(environment)?;
    let mut blob_options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket).within(blobs.timeout);
    if let Some((access_key, secret_key)) = &blobs.credentials {
        blob_options = blob_options.with_credentials(access_key, secret_key.expose());
    }
    let queue: Arc<dyn Queue> = match settings::Queues::read(environment)? {
        settings::Queues::Redis(redis) => Arc::new(RedisQueue::new(Redis::new(redis.url.expose())?)),
        settings::Queues::Sqs { url_prefix } => Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse()?))),
    };
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let settings::Tokens { issuer, audience, jwks_url, tenant_claim } = settings::Tokens::read(environment)?;
    let verifier = Verifier::new(TokenOptions { issuer, audience, jwks_url, tenant_claim }, clock.clone());
    Ok(Deps {
        executions: store.clone(),
        reads: store.clone(),
        machines: store.clone(),
        memory: Memory::new(store.clone()),
        catalogue: store.clone(),
        aliases: store.clone(),
        activities: store.clone(),
        tags: store.clone(),
        access_keys: store.clone(),
        connections: store,
        sealer: Arc::new(SealingKeys::parse(settings::Sealing::read(environment)?.0.expose())?),
        authenticator: Arc::new(verifier),
        blobs: Arc::new(S3Blobs::new(blob_options)),
        queue,
        clock,
        ids,
        region,
        announces: settings::announces(environment)?,
    })
}
