//! The meter: its contract, its races (faults 6 and 7), and its times on a clock that stands still.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod engine;

use octavo_adapters_redis::{Options, Redis, RedisMeter};
use octavo_testing::{contract, engines};
use std::time::Duration;

/// A thousand callers at once on a machine that does much else: what is late is not lost.
const PATIENT: Options =
    Options { connect_timeout: Duration::from_secs(30), response_timeout: Duration::from_secs(30) };

fn meter(url: &str) -> RedisMeter {
    RedisMeter::new(Redis::with_options(url, PATIENT).unwrap())
}

async fn each_engine(judge: impl AsyncFn(&str)) {
    let (_server, embedded) = engine::engine().await;
    judge(&embedded).await;
    if let Some(url) = engines::real("Redis", "OCTAVO_TEST_REDIS_URL") {
        judge(&url).await;
    }
}

#[tokio::test]
async fn the_contract() {
    each_engine(async |url| contract::meter(async || meter(url)).await).await;
}

#[tokio::test]
async fn fault_06_a_thousand_callers_get_what_the_rate_has() {
    each_engine(async |url| contract::meter_race_for_a_rate(async || meter(url)).await).await;
}

#[tokio::test]
async fn fault_07_a_thousand_callers_get_what_the_budget_has() {
    each_engine(async |url| contract::meter_race_for_a_budget(async || meter(url)).await).await;
}

#[tokio::test]
async fn fault_07_two_callers_do_not_both_get_the_last_token() {
    each_engine(async |url| contract::meter_race_for_the_last_token(async || meter(url)).await).await;
}
