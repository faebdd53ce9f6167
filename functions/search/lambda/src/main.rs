//! The search function as an AWS Lambda binary.

use octavo_adapters_elasticsearch::{ElasticsearchIndex, Options as IndexOptions};
use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache};
use octavo_adapters_redis::{Redis, RedisCache};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_search::CursorKey;
use octavo_search::{Deps, router};
use octavo_wiring_lambda_kit::{Error, serve_http};
use octavo_wiring_settings::{self as settings, Environment};
use octavo_wiring_telemetry as telemetry;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::process();
    telemetry::setup(&settings::Log::read(&environment)?);

    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let search = settings::Search::read(&environment)?;
    let index = ElasticsearchIndex::new(
        IndexOptions {
            name: search.index,
            refresh_interval: Duration::from_millis(search.refresh_ms),
            ..IndexOptions::new(search.url)
        },
        ids,
    );
    let database = settings::Database::read(&environment)?;
    let pool = PoolOptions {
        connections_max: database.connections_max,
        statement_cache: if database.statement_cache { StatementCache::On } else { StatementCache::Off },
        application_name: "octavo-search".to_owned(),
        ..PoolOptions::default()
    };
    let state = Postgres::connect_lazy(database.url.expose(), &pool)?;
    let cache = RedisCache::new(Redis::new(settings::Redis::read(&environment)?.url.expose())?);
    let cursor_key = settings::CursorKey::read(&environment)?;
    let tokens = settings::Tokens::read(&environment)?;
    let verifier = Verifier::new(
        TokenOptions {
            issuer: tokens.issuer,
            audience: tokens.audience,
            jwks_url: tokens.jwks_url,
            tenant_claim: tokens.tenant_claim,
        },
        clock.clone(),
    );
    let deps = Deps::new(
        Arc::new(index),
        Arc::new(state),
        Arc::new(cache),
        clock,
        CursorKey::new(cursor_key.0.expose().as_bytes())?,
    );
    serve_http(router(), Arc::new(deps), Arc::new(verifier)).await
}
