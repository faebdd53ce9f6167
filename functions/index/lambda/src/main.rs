//! The index function as an AWS Lambda binary.

use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_elasticsearch::{ElasticsearchIndex, Options as IndexOptions};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_system::SystemIds;
use octavo_index::{Deps, QueueRecord, handle};
use octavo_wiring_lambda_kit::{Error, serve_queue};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);

    let search = settings::Search::read(&environment)?;
    let index_options = IndexOptions {
        name: search.index,
        refresh_interval: Duration::from_millis(search.refresh_ms),
        ..IndexOptions::new(search.url)
    };
    let database = settings::Database::read(&environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-index".to_owned(),
        ..PoolOptions::default()
    };
    let store = Arc::new(Postgres::connect_lazy(database.url.expose(), &pool)?);
    let blobs = settings::Blobs::read(&environment)?;
    let mut blob_options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket);
    if let Some((access_key, secret_key)) = &blobs.credentials {
        blob_options = blob_options.with_credentials(access_key, secret_key.expose());
    }
    let deps = Arc::new(Deps {
        documents: store.clone(),
        blobs: Arc::new(S3Blobs::new(blob_options)),
        index: Arc::new(ElasticsearchIndex::new(index_options, Arc::new(SystemIds))),
        state: store,
    });
    serve_queue(move |records| {
        let deps = deps.clone();
        async move {
            let records =
                records.into_iter().map(|record| QueueRecord { message_id: record.message_id, body: record.body });
            handle(&deps, records.collect()).await.failed_ids()
        }
    })
    .await
}
