//! Settings into adapters into the function's ports.

use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_approvals::{Deps, Links};
use octavo_domain_kernel::{Authenticator, Queue};
use octavo_wiring_lambda_kit::Error;
use octavo_wiring_settings::{self as settings, Environment};
use std::sync::Arc;

/// The ports as the environment says. Connects to nothing yet.
///
/// # Errors
///
/// Names the variable that is missing or unusable.
pub fn deps(environment: &Environment) -> Result<Deps, Error> {
    let database = settings::Database::read(environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        idle_timeout: database.idle_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-approvals".to_owned(),
    };
    let store = Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?);
    let blobs = settings::Blobs::read(environment)?;
    let mut blob_options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket).within(blobs.timeout);
    if let Some((access_key, secret_key)) = &blobs.credentials {
        blob_options = blob_options.with_credentials(access_key, secret_key.expose());
    }
    let queue: Arc<dyn Queue> = match settings::Queues::read(environment)? {
        settings::Queues::Redis(redis) => Arc::new(RedisQueue::new(Redis::new(redis.url.expose())?)),
        settings::Queues::Sqs { url_prefix } => Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse()?))),
    };
    let settings::Links { public_url, key } = settings::Links::read(environment)?;
    Ok(Deps {
        approvals: store.clone(),
        documents: store.clone(),
        executions: store.clone(),
        machines: store.clone(),
        people: store,
        blobs: Arc::new(S3Blobs::new(blob_options)),
        queue,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        links: Links::new(public_url, key.expose().as_bytes()),
        announces: settings::announces(environment)?,
    })
}

/// Who checks tokens, as the environment says.
///
/// # Errors
///
/// Names the variable that is missing or unusable.
pub fn authenticator(environment: &Environment) -> Result<Arc<dyn Authenticator>, Error> {
    let settings::Tokens { issuer, audience, jwks_url, tenant_claim } = settings::Tokens::read(environment)?;
    let options = TokenOptions { issuer, audience, jwks_url, tenant_claim };
    Ok(Arc::new(Verifier::new(options, Arc::new(SystemClock))))
}
