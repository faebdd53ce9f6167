//! The connect function as an AWS Lambda binary.

use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_signalr::{AccessKeys, Redirector, Tokens};
use octavo_adapters_system::SystemClock;
use octavo_connect::{Deps, router};
use octavo_wiring_lambda_kit::{Error, serve_http};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);

    let public_url = settings::Realtime::public_url(&environment)?;
    let keys = AccessKeys::new(settings::RealtimeKeys::read(&environment)?.bytes());
    let tokens = Tokens::new(keys.ok_or("OCTAVO_REALTIME_KEYS holds no key")?);
    let clock = Arc::new(SystemClock);
    let settings::Tokens { issuer, audience, jwks_url, tenant_claim } = settings::Tokens::read(&environment)?;
    let verifier = Verifier::new(TokenOptions { issuer, audience, jwks_url, tenant_claim }, clock.clone());
    let deps = Deps { redirects: Arc::new(Redirector::new(tokens, public_url)), clock };
    serve_http(router(), Arc::new(deps), Arc::new(verifier)).await
}
