//! The generate function as an AWS Lambda binary. It has its conversations through the AI gateway in its own process.

use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_elasticsearch::{ElasticsearchIndex, Options as IndexOptions};
use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_ai::{ApiKeys, GatewayCompletions};
use octavo_ai_lambda::{Gateway, gateway};
use octavo_generate::{Deps, QueueRecord, handle_queue, router};
use octavo_wiring_lambda_kit::{Error, Triggers, serve};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);

    let observer = Arc::new(telemetry::AiMetrics::new("generate"));
    let Gateway { deps: ai, store, queue } = gateway(&environment, "generate", observer)?;
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let search = settings::Search::read(&environment)?;
    let refresh_interval = Duration::from_millis(search.refresh_ms);
    let (name, believed) = (search.index, search.believed);
    let index_options = IndexOptions { name, refresh_interval, believed, ..IndexOptions::new(search.url) };
    let blobs = settings::Blobs::read(&environment)?;
    let mut blob_options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket).within(blobs.timeout);
    if let Some((access_key, secret_key)) = &blobs.credentials {
        blob_options = blob_options.with_credentials(access_key, secret_key.expose());
    }
    let settings::Tokens { issuer, audience, jwks_url, tenant_claim } = settings::Tokens::read(&environment)?;
    let verifier = Verifier::new(TokenOptions { issuer, audience, jwks_url, tenant_claim }, clock.clone());
    let authenticator = ApiKeys::new(Arc::new(verifier), store.clone(), clock.clone());
    let deps = Arc::new(Deps {
        generations: store.clone(),
        documents: store.clone(),
        blobs: Arc::new(S3Blobs::new(blob_options)),
        index: Arc::new(ElasticsearchIndex::new(index_options, ids.clone())),
        state: store,
        completions: Arc::new(GatewayCompletions::new(ai)),
        queue,
        clock,
        ids,
        announces: settings::announces(&environment)?,
    });
    let steps = deps.clone();
    let triggers = Triggers::new().http(router(), deps, Arc::new(authenticator)).queue(move |records| {
        let deps = steps.clone();
        let records = records.into_iter();
        let records = records.map(|record| QueueRecord { message_id: record.message_id, body: record.body }).collect();
        async move { handle_queue(&deps, records).await }
    });
    serve(triggers).await
}
