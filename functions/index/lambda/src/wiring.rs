//! Settings into adapters into the function's ports.

use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_elasticsearch::{ElasticsearchIndex, Options as IndexOptions};
use octavo_adapters_embeddings::{HttpEmbeddings, Options as EmbeddingOptions};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_search::{EmbeddingModel, Embeddings};
use octavo_index::Deps;
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
    let search = settings::Search::read(environment)?;
    let mut index_options = IndexOptions {
        name: search.index,
        refresh_interval: Duration::from_millis(search.refresh_ms),
        believed: search.believed,
        ..IndexOptions::new(search.url)
    };
    let mut embeddings: Option<Arc<dyn Embeddings>> = None;
    let mut vectors_again = Duration::ZERO;
    if let Some(settings) = settings::Embeddings::read(environment)? {
        let model = EmbeddingModel { name: settings.model, dimensions: settings.dimensions };
        index_options.vectors = Some(model.clone());
        vectors_again = settings.again;
        let mut options = EmbeddingOptions::new(settings.url, model);
        options.key = settings.key.map(|key| key.expose().to_owned());
        options.shortened = settings.shorten;
        embeddings = Some(Arc::new(HttpEmbeddings::new(options, Arc::new(SystemClock))));
    }
    let database = settings::Database::read(environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        idle_timeout: database.idle_timeout,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-index".to_owned(),
    };
    let store = Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?);
    let blobs = settings::Blobs::read(environment)?;
    let mut blob_options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket).within(blobs.timeout);
    if let Some((access_key, secret_key)) = &blobs.credentials {
        blob_options = blob_options.with_credentials(access_key, secret_key.expose());
    }
    Ok(Deps {
        documents: store.clone(),
        blobs: Arc::new(S3Blobs::new(blob_options)),
        index: Arc::new(ElasticsearchIndex::new(index_options, Arc::new(SystemIds))),
        state: store,
        embeddings,
        vectors_again,
        clock: Arc::new(SystemClock),
    })
}
