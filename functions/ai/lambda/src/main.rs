//! The AI function as an AWS Lambda binary.

use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_system::SystemClock;
use octavo_ai::{ApiKeys, QueueRecord, handle_queue, router, sweep};
use octavo_ai_lambda::gateway;
use octavo_wiring_lambda_kit::{Error, Triggers, serve};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);

    let gateway = gateway(&environment, "ai", Arc::new(telemetry::AiMetrics::new("ai")))?;
    let tokens = settings::Tokens::read(&environment)?;
    let options = TokenOptions {
        issuer: tokens.issuer,
        audience: tokens.audience,
        jwks_url: tokens.jwks_url,
        tenant_claim: tokens.tenant_claim,
    };
    let clock = Arc::new(SystemClock);
    let verifier = Arc::new(Verifier::new(options, clock.clone()));
    let authenticator = Arc::new(ApiKeys::new(verifier, gateway.store.clone(), clock));
    let (late, swept) = (gateway.deps.clone(), gateway.deps.clone());
    let triggers = Triggers::new()
        .http(router(), gateway.deps, authenticator)
        .queue(move |records| {
            let deps = late.clone();
            let records = records.into_iter();
            let records = records.map(|record| QueueRecord { message_id: record.message_id, body: record.body });
            let records: Vec<_> = records.collect();
            async move { handle_queue(&deps, records).await }
        })
        .schedule(move |_| {
            let deps = swept.clone();
            async move { sweep(&deps).await.map(drop).map_err(Error::from) }
        });
    serve(triggers).await
}
