//! Settings into adapters into the function's ports.

use octavo_adapters_elasticsearch::{ElasticsearchIndex, Options as IndexOptions};
use octavo_adapters_embeddings::{HttpEmbeddings, Options as EmbeddingOptions};
use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_redis::{Redis, RedisCache, RedisQueue};
use octavo_adapters_sqs::{Options as SqsOptions, SqsQueues};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::{Authenticator, Queue};
use octavo_domain_search::{CursorKey, EmbeddingModel, Embeddings};
use octavo_search::{Deps, Desk};
use octavo_wiring_lambda_kit::Error;
use octavo_wiring_settings::{self as settings, Environment};
use std::sync::Arc;
use std::time::Duration;

/// The ports as the environment says. Connects to nothing yet.
///
/// # Errors
///
/// Names the variable that is missing or unusable.
pub(crate) fn deps(environment: &Environment) -> Result<Deps, Error> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let search = settings::Search::read(environment)?;
    let mut index_options = IndexOptions {
        name: search.index,
        refresh_interval: Duration::from_millis(search.refresh_ms),
        believed: search.believed,
        ..IndexOptions::new(search.url)
    };
    let mut embeddings: Option<Arc<dyn Embeddings>> = None;
    if let Some(settings) = settings::Embeddings::read(environment)? {
        let model = EmbeddingModel { name: settings.model, dimensions: settings.dimensions };
        index_options.vectors = Some(model.clone());
        index_options.similarity_min = settings.similarity_min;
        let mut options = EmbeddingOptions::new(settings.url, model);
        options.key = settings.key.map(|key| key.expose().to_owned());
        options.shortened = settings.shorten;
        embeddings = Some(Arc::new(HttpEmbeddings::new(options, clock.clone())));
    }
    let index = ElasticsearchIndex::new(index_options, ids.clone());
    let database = settings::Database::read(environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        idle_timeout: database.idle_timeout,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-search".to_owned(),
    };
    let store = Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?);
    let cache = RedisCache::new(Redis::new(settings::Redis::read(environment)?.url.expose())?);
    let queue: Arc<dyn Queue> = match settings::Queues::read(environment)? {
        settings::Queues::Redis(redis) => Arc::new(RedisQueue::new(Redis::new(redis.url.expose())?)),
        settings::Queues::Sqs { url_prefix } => Arc::new(SqsQueues::new(SqsOptions::new(url_prefix.parse()?))),
    };
    let cursor_key = CursorKey::new(settings::CursorKey::read(environment)?.0.expose().as_bytes())?;
    let (synonyms, saved, analytics) = (store.clone(), store.clone(), store.clone());
    let desk = Desk { synonyms, saved, analytics, queue, ids, embeddings };
    Ok(Deps::new(Arc::new(index), store, Arc::new(cache), clock, cursor_key, desk))
}

/// Who checks tokens, as the environment says.
///
/// # Errors
///
/// Names the variable that is missing or unusable.
pub(crate) fn authenticator(environment: &Environment) -> Result<Arc<dyn Authenticator>, Error> {
    let settings::Tokens { issuer, audience, jwks_url, tenant_claim } = settings::Tokens::read(environment)?;
    let options = TokenOptions { issuer, audience, jwks_url, tenant_claim };
    Ok(Arc::new(Verifier::new(options, Arc::new(SystemClock))))
}
