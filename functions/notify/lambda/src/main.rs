//! The notify function as an AWS Lambda binary.

mod wiring;

use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_system::SystemClock;
use octavo_notify::{QueueRecord, handle_queue, router};
use octavo_wiring_lambda_kit::{Error, Triggers, serve};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);
    let deps = Arc::new(wiring::deps(&environment)?);
    let settings::Tokens { issuer, audience, jwks_url, tenant_claim } = settings::Tokens::read(&environment)?;
    let options = TokenOptions { issuer, audience, jwks_url, tenant_claim };
    let authenticator = Arc::new(Verifier::new(options, Arc::new(SystemClock)));
    let delivers = deps.clone();
    let triggers = Triggers::new().http(router(), deps, authenticator).queue(move |records| {
        let deps = delivers.clone();
        let records = records.into_iter();
        let records = records.map(|record| QueueRecord { message_id: record.message_id, body: record.body }).collect();
        async move { handle_queue(&deps, records).await }
    });
    serve(triggers).await
}
