//! How fast providers of notifications may be asked, over all processes.

use crate::connection::Redis;
use async_trait::async_trait;
use octavo_domain_notify::Rates;
use redis::Script;
use std::sync::LazyLock;
use std::time::Duration;

/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 200;

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("rates.lua")));

/// [`Rates`] over one key a rate, by the server's clock. A tenth of a second's worth may be taken at once, the rest evenly:
/// in no second are more than eleven tenths taken.
///
/// Give it a [`Redis`] that is [`failing_fast`](Redis::failing_fast): while Redis is away it lets everything through.
#[derive(Debug, Clone)]
pub struct RedisRates(Redis);

impl RedisRates {
    /// Rates on `redis`.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }
}

#[async_trait]
impl Rates for RedisRates {
    async fn take(&self, key: &str, per_second: u32) -> Result<(), Duration> {
        let key = key.get(..KEY_BYTES_MAX).unwrap_or(key);
        let taken: Result<u64, _> = self
            .0
            .script(&TAKE, |script| {
                // None a second would be a provider that is never asked: then it is not to be set up.
                script.key(format!("octavo:rate:{{{key}}}")).arg(per_second.max(1));
            })
            .await;
        match taken {
            Ok(0) => Ok(()),
            Ok(micros) => Err(Duration::from_micros(micros)),
            Err(error) => {
                tracing::warn!(%error, "Redis cannot be asked for a rate: let through");
                Ok(())
            }
        }
    }
}
