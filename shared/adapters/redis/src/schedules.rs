//! Leases and the fire log: which node runs the schedules, and when each fired last.

use crate::cache::milliseconds;
use crate::connection::Redis;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{FireLog, Lease, PortError};
use redis::Script;
use std::sync::LazyLock;
use std::time::Duration;

/// KEYS: the lease. ARGV: holder, milliseconds. Answers 1 if the holder has it now.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1",
    )
});

/// KEYS: the lease. ARGV: holder.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
        return 1",
    )
});

/// KEYS: the schedule's last fire. ARGV: milliseconds since 1970.
static RECORD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local last = redis.call('GET', KEYS[1])
        if not last or tonumber(last) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
        return 1",
    )
});

/// [`Lease`] and [`FireLog`] over plain keys. One Redis keeps a lease; a failover may lose it, and two nodes then hold it
/// for at most its time: what the port allows.
#[derive(Debug, Clone)]
pub struct RedisSchedules(Redis);

impl RedisSchedules {
    /// Leases and fires on `redis`.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }
}

fn lease_key(name: &str) -> String {
    format!("octavo:lease:{{{name}}}")
}

fn fire_key(schedule: &str) -> String {
    format!("octavo:fire:{{{schedule}}}")
}

#[async_trait]
impl Lease for RedisSchedules {
    async fn lease_take(&self, name: &str, holder: &str, ttl: Duration) -> Result<bool, PortError> {
        self.0
            .script(&TAKE, |script| {
                script.key(lease_key(name)).arg(holder).arg(milliseconds(ttl).max(1));
            })
            .await
    }

    async fn lease_release(&self, name: &str, holder: &str) -> Result<(), PortError> {
        self.0
            .script(&RELEASE, |script| {
                script.key(lease_key(name)).arg(holder);
            })
            .await
    }
}

#[async_trait]
impl FireLog for RedisSchedules {
    async fn fire_last(&self, schedule: &str) -> Result<Option<DateTime<Utc>>, PortError> {
        let last: Option<i64> = self.0.query(redis::cmd("GET").arg(fire_key(schedule))).await?;
        last.map(|millis| {
            DateTime::from_timestamp_millis(millis)
                .ok_or_else(|| PortError::corrupt(format!("the last fire of {schedule} is no time: {millis}")))
        })
        .transpose()
    }

    async fn fire_record(&self, schedule: &str, due: DateTime<Utc>) -> Result<(), PortError> {
        self.0
            .script(&RECORD, |script| {
                script.key(fire_key(schedule)).arg(due.timestamp_millis());
            })
            .await
    }
}
