//! The index function as an AWS Lambda binary.

mod wiring;

use octavo_index::{QueueRecord, handle};
use octavo_wiring_lambda_kit::{Error, serve_queue};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);

    let deps = Arc::new(wiring::deps(&environment)?);
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
