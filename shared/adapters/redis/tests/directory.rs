//! The times of the directory and of histories, to the millisecond: on the emulator's Redis, whose clock a test moves.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod engine;

use bytes::Bytes;
use local_emulator_redis::{ManualClock, Options, Server};
use octavo_adapters_redis::{Redis, RedisBackplane, RedisDirectory, STATE_BYTES_MAX};
use octavo_domain_kernel::{PortErrorKind, TenantId, UserId};
use octavo_domain_realtime::{
    Audience, Backplane, Channel, ConnectionId, Directory, HistoryLimits, HubName, NodeId, NodeRecord, PresenceEntry,
};
use octavo_testing::build::tenant;
use octavo_testing::ids::unique;
use std::sync::Arc;
use std::time::Duration;

/// Noon, 26 November 2026, UTC, and a bit.
const BEGINNING_MS: u64 = 1_795_694_400_123;
const SECOND: Duration = Duration::from_secs(1);

struct World {
    _server: Server,
    clock: Arc<ManualClock>,
    redis: Redis,
    url: String,
    directory: RedisDirectory,
    tenant: TenantId,
    hub: HubName,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(BEGINNING_MS));
        let server = Server::start(Options { clock: clock.clone(), ..Options::default() }).await.unwrap();
        let url = server.url();
        let redis = Redis::new(&url).unwrap();
        let directory = RedisDirectory::new(redis.clone());
        Self { _server: server, clock, redis, url, directory, tenant: tenant(), hub: "chat".parse().unwrap() }
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &str) -> T {
        let mut connection = engine::connection(&self.url).await;
        let mut words = command.split(' ');
        let mut asked = redis::cmd(words.next().unwrap());
        asked.arg(words.collect::<Vec<_>>()).query_async(&mut connection).await.unwrap()
    }

    async fn put(&self, entry: &PresenceEntry, ttl: Duration) {
        self.directory.presence_put(&self.tenant, &self.hub, "room", entry, ttl).await.unwrap();
    }

    async fn present(&self) -> usize {
        self.directory.presence_list(&self.tenant, &self.hub, "room").await.unwrap().len()
    }
}

fn entry() -> PresenceEntry {
    let connection = ConnectionId::of_random(&NodeId::of_random(1), unique().as_u128());
    PresenceEntry { connection, state: Bytes::from_static(b"{}") }
}

#[tokio::test]
async fn presence_ends_to_the_millisecond_and_leaves_no_key() {
    let world = World::new().await;
    let (brief, long) = (entry(), entry());
    world.put(&brief, SECOND).await;
    world.put(&long, 3 * SECOND).await;
    world.clock.advance_ms(999);
    assert_eq!(world.present().await, 2);
    world.clock.advance_ms(1);
    assert_eq!(world.present().await, 1);
    world.put(&long, SECOND).await;
    world.clock.advance_ms(1_000);
    assert_eq!((world.present().await, world.ask::<i64>("DBSIZE").await), (0, 0));
    // More than a script takes in one piece end together, also without being looked at.
    for _ in 0..1_200 {
        world.put(&entry(), SECOND).await;
    }
    world.put(&long, 2 * SECOND).await;
    world.clock.advance_ms(1_000);
    assert_eq!(world.present().await, 1);
    world.clock.advance_ms(1_000);
    assert_eq!(world.ask::<Vec<String>>("KEYS *").await, [""; 0]);
}

#[tokio::test]
async fn groups_end_each_in_its_time() {
    let world = World::new().await;
    let user: UserId = "ada".parse().unwrap();
    let (directory, tenant, hub) = (&world.directory, &world.tenant, &world.hub);
    for (group, ttl) in [("a", Some(SECOND)), ("b", Some(2 * SECOND)), ("c", None)] {
        directory.user_group_add(tenant, hub, &user, group, ttl).await.unwrap();
    }
    let groups = async || {
        let mut groups = directory.user_groups(tenant, hub, &user).await.unwrap();
        groups.sort();
        groups
    };
    world.clock.advance_ms(999);
    assert_eq!(groups().await, ["a", "b", "c"]);
    world.clock.advance_ms(1);
    assert_eq!(groups().await, ["b", "c"]);
    directory.user_group_remove(tenant, hub, &user, Some("c")).await.unwrap();
    // The key was to stay for ever; the next word on the user gives it an end again.
    directory.user_group_add(tenant, hub, &user, "d", Some(SECOND)).await.unwrap();
    world.clock.advance_ms(1_000);
    assert_eq!((groups().await.len(), world.ask::<i64>("DBSIZE").await), (0, 0));
}

#[tokio::test]
async fn a_history_is_kept_for_its_time_after_the_last_message() {
    let world = World::new().await;
    let backplane = RedisBackplane::new(world.redis.clone(), engine::random());
    let room = [Channel::new(&world.tenant, &world.hub, &Audience::Group("room".to_owned())).unwrap()];
    let limits = HistoryLimits { length: 10, ttl: 10 * SECOND };
    let first = backplane.publish_durable(&room[0], Bytes::new(), limits).await.unwrap();
    world.clock.advance_ms(9_999);
    let second = backplane.publish_durable(&room[0], Bytes::new(), limits).await.unwrap();
    world.clock.advance_ms(9_999);
    assert_eq!(backplane.tops(&room).await.unwrap(), [Some(second)]);
    assert_eq!(backplane.history(&room[0], Some(&first), 10).await.unwrap().entries.len(), 1);
    world.clock.advance_ms(1);
    assert_eq!(backplane.tops(&room).await.unwrap(), [None]);
    // The epoch that is promised to who asks now is kept for an hour.
    let promised = backplane.history(&room[0], None, 10).await.unwrap().top;
    assert_ne!(promised.epoch, first.epoch);
    world.clock.advance_ms(3_599_999);
    assert_eq!(backplane.history(&room[0], None, 10).await.unwrap().top, promised);
    world.clock.advance_ms(3_600_000);
    assert_ne!(backplane.history(&room[0], None, 10).await.unwrap().top, promised);
}

#[tokio::test]
async fn a_node_that_cannot_be_read_does_not_hide_the_others() {
    let world = World::new().await;
    let node = NodeRecord {
        id: NodeId::of_random(7),
        name: "one".to_owned(),
        internal_url: "http://10.0.0.5:8080".to_owned(),
        public_url: None,
        draining: false,
        connections: 0,
    };
    world.directory.node_beat(&node, SECOND).await.unwrap();
    world.ask::<()>("HSET octavo:{nodes}:records other {\"of\":\"another\"}").await;
    world.ask::<()>("ZADD octavo:{nodes}:ends 1795694401123 other").await;
    assert_eq!(world.directory.node_list().await.unwrap(), [node]);
    world.clock.advance_ms(1_000);
    assert_eq!(world.directory.node_list().await.unwrap(), []);
    assert_eq!(world.ask::<i64>("DBSIZE").await, 0);
}

#[tokio::test]
async fn a_state_has_a_size() {
    let world = World::new().await;
    let mut entry = entry();
    entry.state = Bytes::from(vec![b'x'; STATE_BYTES_MAX]);
    world.put(&entry, SECOND).await;
    entry.state = Bytes::from(vec![b'x'; STATE_BYTES_MAX + 1]);
    let refused = world.directory.presence_put(&world.tenant, &world.hub, "room", &entry, SECOND).await.unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Corrupt);
}
