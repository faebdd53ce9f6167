//! The kernel's contracts, on the emulator's Redis always and on a real one where there is one.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod engine;

use octavo_adapters_redis::{
    BackplaneOptions, Options, PubSubKind, Redis, RedisAnswers, RedisBackplane, RedisBreakers, RedisCache,
    RedisDirectory, RedisQueue, RedisSchedules,
};
use octavo_testing::{contract, engines};
use std::time::Duration;

/// On a machine that does much else: what is late is not lost.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENT: Options = Options { connect_timeout: PATIENCE, response_timeout: PATIENCE };

fn patient(url: &str) -> Redis {
    Redis::with_options(url, PATIENT).unwrap()
}

/// Every case gets the embedded server, then the real one.
async fn each_engine(judge: impl AsyncFn(&str)) {
    let (_server, embedded) = engine::engine().await;
    judge(&embedded).await;
    if let Some(url) = engines::real("Redis", "OCTAVO_TEST_REDIS_URL") {
        judge(&url).await;
    }
}

#[tokio::test]
async fn cache() {
    each_engine(async |url| contract::cache(async || RedisCache::new(patient(url))).await).await;
}

#[tokio::test]
async fn answers() {
    each_engine(async |url| contract::answers(async || RedisAnswers::new(patient(url))).await).await;
}

#[tokio::test]
async fn breakers() {
    each_engine(async |url| {
        contract::breakers(async |rule| RedisBreakers::new(patient(url), rule)).await;
    })
    .await;
}

#[tokio::test]
async fn queue() {
    each_engine(async |url| contract::queue(async || RedisQueue::new(patient(url))).await).await;
}

#[tokio::test]
async fn leases_and_fires() {
    each_engine(async |url| {
        contract::lease(async || RedisSchedules::new(patient(url))).await;
        contract::fire_log(async || RedisSchedules::new(patient(url))).await;
    })
    .await;
}

async fn backplane(url: &str, kind: PubSubKind) {
    let options = BackplaneOptions { kind, ping_deadline: PATIENCE, ..BackplaneOptions::default() };
    let make = async || RedisBackplane::with_options(patient(url), engine::random(), options);
    contract::backplane(make, async |channel| engine::forget(url, channel).await).await;
}

#[tokio::test]
async fn backplane_as_the_server_can() {
    each_engine(async |url| backplane(url, PubSubKind::Probed).await).await;
}

#[tokio::test]
async fn backplane_without_sharded_channels() {
    each_engine(async |url| backplane(url, PubSubKind::Classic).await).await;
}

#[tokio::test]
async fn directory() {
    each_engine(async |url| contract::directory(async || RedisDirectory::new(patient(url))).await).await;
}
