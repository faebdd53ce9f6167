//! The workflow function as an AWS Lambda binary.

use octavo_wiring_lambda_kit::{Error, serve_http};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use octavo_workflow::router;
use octavo_workflow_lambda::deps;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);
    let deps = deps(&environment)?;
    let authenticator = deps.authenticator.clone();
    serve_http(router(), Arc::new(deps), authenticator).await
}
