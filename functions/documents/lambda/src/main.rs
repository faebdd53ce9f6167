//! The documents function as an AWS Lambda binary.

use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_documents::{Deps, router};
use octavo_domain_kernel::Queue;
use octavo_wiring_lambda_kit::{Error, serve_http};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);

    let database = settings::Database::read(&environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        idle_timeout: database.idle_timeout,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-documents".to_owned(),
    };
    let blobs = settings::Blobs::read(&environment)?;
    let mut blob_options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket).within(blobs.timeout);
    if let Some((access_key, secret_key)) = &blobs.credentials {
        blob_options = blob_options.with_credentials(access_key, secret_key.expose());
    }
    let queue: Arc<dyn Queue> = match settings::Queues::read(&environment)? {
        settings::Queues::Redis(redis) => Arc::new(RedisQueue::new(Redis::new(redis.url.expose())?)),
        settings::Queues::Sqs { url_prefix } => Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse()?))),
    };
    let tokens = settings::Tokens::read(&environment)?;
    let token_options = TokenOptions {
        issuer: tokens.issuer,
        audience: tokens.audience,
        jwks_url: tokens.jwks_url,
        tenant_claim: tokens.tenant_claim,
    };
    let clock = Arc::new(SystemClock);
    let deps = Deps {
        store: Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?),
        blobs: Arc::new(S3Blobs::new(blob_options)),
        queue,
        clock: clock.clone(),
        ids: Arc::new(SystemIds),
        announces: settings::announces(&environment)?,
    };
    serve_http(router(), Arc::new(deps), Arc::new(Verifier::new(token_options, clock))).await
}
