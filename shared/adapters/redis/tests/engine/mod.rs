//! The engine of tests that need one to themselves.
#![allow(dead_code, reason = "each test binary uses some of it")]

use local_emulator_redis::{Options, Server};
use octavo_adapters_redis::Random;
use octavo_domain_realtime::Channel;
use octavo_testing::ids::unique;
use std::sync::Arc;

/// The emulator's Redis, empty, and its URL. Stopped when it is dropped.
pub(crate) async fn engine() -> (Server, String) {
    let server = Server::start(Options::default()).await.unwrap();
    let url = server.url();
    (server, url)
}

/// Chance for a backplane.
pub(crate) fn random() -> Random {
    Arc::new(|| unique().as_u64_pair().1)
}

/// A connection that waits as long as it takes: on a machine that does much else the usual half a second may pass.
pub(crate) async fn connection(url: &str) -> redis::aio::MultiplexedConnection {
    let config = redis::AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
}

/// Deletes all that is kept of a channel.
pub(crate) async fn forget(url: &str, channel: &Channel) {
    let mut connection = connection(url).await;
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("octavo:*:{channel}")).query_async(&mut connection).await.unwrap();
    assert!(!keys.is_empty(), "nothing is kept of {channel}");
    redis::cmd("DEL").arg(keys).query_async::<()>(&mut connection).await.unwrap();
}
