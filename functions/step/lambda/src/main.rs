//! The step function as an AWS Lambda binary.

use octavo_step::{QueueRecord, handle_queue};
use octavo_step_lambda::deps;
use octavo_wiring_lambda_kit::{self as kit, Error, serve_queue};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);
    let deps = Arc::new(deps(&environment)?);
    serve_queue(move |records| {
        let deps = deps.clone();
        let record =
            |kit::QueueRecord { message_id, body, receive_count }| QueueRecord { message_id, body, receive_count };
        let records = records.into_iter().map(record).collect();
        async move { handle_queue(&deps, records).await }
    })
    .await
}
