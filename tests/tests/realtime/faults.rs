//! Stock clients while nodes are killed and drained, and Redis goes away and comes back empty.

use crate::CLIENTS;
use crate::cluster::Cluster;
use local_emulator::Options;
use octavo_tests::RestartableRedis;
use octavo_tests::script::{judge, node_clients, run_with};
use serde_json::Value;

async fn judged_by(script: &str) {
    let Some(place) = node_clients(CLIENTS) else { return };
    let mut redis = RestartableRedis::start().await;
    let options = Options { redis: Some(redis.url()), ..Options::default() };
    let mut cluster = Cluster::with(options).await;
    let settings = cluster.settings();
    let said = run_with(script, &place, &settings, "", async |words| {
        match words[..] {
            ["stop-redis"] => redis.end().await,
            ["start-redis"] => redis.begin().await,
            _ => return cluster.obey(words).await,
        }
        Value::Null
    })
    .await;
    judge(&[said], || cluster.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_signalr_clients_outlive_a_node_and_redis() {
    judged_by("signalr_faults.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stock_yjs_clients_typed_outlives_a_node_and_redis() {
    judged_by("yjs_faults.mjs").await;
}
