//! The backplane in trouble: connections that are cut, refused or silent, a server that forgets, a listener that is slow.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod engine;

use bytes::Bytes;
use local_emulator_redis::{Options as ServerOptions, Server};
use octavo_adapters_redis::{BackplaneOptions, Options, PAYLOAD_BYTES_MAX, Redis, RedisBackplane};
use octavo_domain_kernel::PortErrorKind;
use octavo_domain_realtime::BackplaneState::{Away, Connected};
use octavo_domain_realtime::{
    Audience, Backplane, BackplaneListener, BackplaneState, Channel, HistoryLimits, Position,
};
use octavo_testing::build::tenant;
use octavo_testing::engines;
use octavo_testing::faults::{Mode, Proxy, address_of};
use octavo_testing::hearing::{Heard, Hearing};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Longer than a machine that does much else stands still.
const TIMEOUT: Duration = Duration::from_millis(1_500);
const QUICK: Options = Options { connect_timeout: TIMEOUT, response_timeout: TIMEOUT };
const LIMITS: HistoryLimits = HistoryLimits { length: 1_000, ttl: Duration::from_secs(600) };

/// Finds trouble soon. A stall is a matter of the PING alone.
fn alert() -> BackplaneOptions {
    BackplaneOptions {
        ping_every: Duration::from_millis(100),
        ping_deadline: TIMEOUT,
        reconnect_pause_max: Duration::from_millis(200),
        failing_fast: Duration::from_millis(100),
        ..BackplaneOptions::default()
    }
}

async fn each_engine(judge: impl AsyncFn(&str)) {
    let (_server, embedded) = engine::engine().await;
    judge(&embedded).await;
    if let Some(url) = engines::real("Redis", "OCTAVO_TEST_REDIS_URL") {
        judge(&url).await;
    }
}

/// A node whose way to the engine can be disturbed, and one whose way is not.
struct World {
    proxy: Proxy,
    backplane: RedisBackplane,
    heard: Arc<Hearing>,
    other: RedisBackplane,
    room: Channel,
}

impl World {
    async fn new(url: &str) -> Self {
        let proxy = Proxy::start(address_of(url).await).await;
        let redis = Redis::with_options(&proxy.url(url), QUICK).unwrap();
        let backplane = RedisBackplane::with_options(redis, engine::random(), alert());
        let heard = Arc::new(Hearing::default());
        backplane.listen(heard.clone());
        let other = RedisBackplane::new(Redis::new(url).unwrap(), engine::random());
        let world = Self { proxy, backplane, heard, other, room: room() };
        world.backplane.subscribe(std::slice::from_ref(&world.room));
        world.backplane.subscribed().await.unwrap();
        world
    }

    /// Waits until those were all the states that were told.
    async fn told(&self, states: &[BackplaneState]) {
        let told = |all: &[Heard]| {
            let state = |heard: &Heard| if let Heard::State(state) = heard { Some(*state) } else { None };
            all.iter().filter_map(state).eq(states.iter().copied())
        };
        self.heard.until(&format!("{states:?}"), told).await;
    }

    async fn say(&self, text: &str) -> Position {
        self.other.publish_durable(&self.room, Bytes::from(text.to_owned()), LIMITS).await.unwrap()
    }

    /// Both ways carry again, for what was wanted before the trouble and since.
    async fn all_is_well(&self, wanted_meanwhile: &[Channel]) {
        self.backplane.subscribed().await.unwrap();
        assert_eq!(self.backplane.state(), Connected);
        for channel in wanted_meanwhile.iter().chain([&self.room]) {
            assert_eq!(self.other.publish(channel, Bytes::from_static(b"well")).await.unwrap(), 1);
            self.heard.message(channel, b"well").await;
        }
        assert_eq!(self.backplane.publish(&self.room, Bytes::from_static(b"echo")).await.unwrap(), 1);
        self.heard.message(&self.room, b"echo").await;
    }
}

fn room() -> Channel {
    Channel::new(&tenant(), &"chat".parse().unwrap(), &Audience::Group("room".to_owned())).unwrap()
}

#[tokio::test]
async fn a_cut_connection_is_made_again_and_what_was_missed_is_in_the_history() {
    each_engine(async |url| {
        let world = World::new(url).await;
        let before = world.say("before").await;
        world.heard.message(&world.room, b"before").await;
        for round in 1..=3 {
            // New connections hang, so that what is said now is surely missed.
            world.proxy.black_hole().await;
            world.proxy.cut();
            let states: Vec<_> = [Connected, Away].into_iter().cycle().take(2 * round).collect();
            world.told(&states).await;
            assert_eq!(world.backplane.state(), Away);
            world.say("missed").await;
            world.proxy.pass().await;
            world.told(&[&states[..], &[Connected]].concat()).await;
            // At once: the listener asks from within `changed`.
            let history = world.backplane.history(&world.room, Some(&before), 100).await.unwrap();
            assert!(history.whole);
            assert_eq!((history.entries.len(), history.top.offset), (round, 1 + round as u64));
        }
        assert_eq!(world.heard.of(&world.room).len(), 1, "none of it came by itself");
        world.all_is_well(&[]).await;
        assert_eq!(world.backplane.counters().connections, 4);
    })
    .await;
}

#[tokio::test]
async fn what_is_wanted_and_given_up_during_an_outage_counts_after_it() {
    each_engine(async |url| {
        let world = World::new(url).await;
        let (wanted, given_up) = (room(), room());
        world.backplane.subscribe(std::slice::from_ref(&given_up));
        world.backplane.subscribed().await.unwrap();
        world.proxy.refuse().await;
        world.told(&[Connected, Away]).await;
        world.backplane.subscribe(std::slice::from_ref(&wanted));
        world.backplane.unsubscribe(std::slice::from_ref(&given_up));
        assert_eq!(world.backplane.subscribed().await.unwrap_err().kind, PortErrorKind::Unavailable);
        world.proxy.pass().await;
        world.told(&[Connected, Away, Connected]).await;
        world.all_is_well(&[wanted]).await;
        assert_eq!(world.other.publish(&given_up, Bytes::new()).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_publish_is_refused_soon_while_nobody_can_be_reached() {
    each_engine(async |url| {
        let world = World::new(url).await;
        for mode in [Mode::BlackHole, Mode::Refuse] {
            world.proxy.switch(mode).await;
            assert!(world.backplane.publish(&world.room, Bytes::new()).await.is_err(), "one finds it out");
            let began = Instant::now();
            for n in 0..100 {
                let refused = match n % 3 {
                    0 => world.backplane.publish(&world.room, Bytes::new()).await.map(drop),
                    1 => world.backplane.publish_many(vec![(world.room.clone(), Bytes::new())]).await,
                    _ => world.backplane.publish_durable(&world.room, Bytes::new(), LIMITS).await.map(drop),
                };
                assert!(refused.is_err_and(|error| error.is_retryable()));
            }
            assert!(began.elapsed() < 20 * TIMEOUT, "a hundred do not wait a hundred times: {:?}", began.elapsed());
            world.heard.until("away", |all| all.last() == Some(&Heard::State(Away))).await;
            world.proxy.pass().await;
            world.heard.until("back", |all| all.last() == Some(&Heard::State(Connected))).await;
        }
        world.all_is_well(&[]).await;
    })
    .await;
}

#[tokio::test]
async fn a_durable_message_is_stored_once_though_its_answer_was_lost() {
    each_engine(async |url| {
        let world = World::new(url).await;
        let listener = Arc::new(Hearing::default());
        world.other.listen(listener.clone());
        world.other.subscribe(std::slice::from_ref(&world.room));
        world.other.subscribed().await.unwrap();
        let first = world.say("first").await;
        let (backplane, room) = (world.backplane.clone(), world.room.clone());
        // The script is known to the server, so that one round trip stores it.
        backplane.publish_durable(&room, Bytes::from_static(b"second"), LIMITS).await.unwrap();
        world.proxy.delay(TIMEOUT / 4).await;
        let publishing =
            tokio::spawn(async move { backplane.publish_durable(&room, Bytes::from_static(b"once"), LIMITS).await });
        listener.message(&world.room, b"once").await;
        // It is stored, and its answer on the way.
        world.proxy.cut();
        world.proxy.pass().await;
        assert_eq!(publishing.await.unwrap().unwrap(), Position { offset: 3, ..first.clone() });
        let history = world.other.history(&world.room, Some(&first), 10).await.unwrap();
        let texts: Vec<_> = history.entries.iter().map(|entry| entry.payload.as_ref()).collect();
        assert_eq!(texts, [&b"second"[..], b"once"]);
    })
    .await;
}

#[tokio::test]
async fn a_silent_connection_is_noticed() {
    each_engine(async |url| {
        let world = World::new(url).await;
        world.proxy.black_hole().await;
        world.told(&[Connected, Away]).await;
        assert!(world.backplane.counters().stalls >= 1);
        world.proxy.pass().await;
        world.told(&[Connected, Away, Connected]).await;
        world.all_is_well(&[]).await;
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_is_away_at_first_is_connected_to_when_it_comes() {
    let (_server, url) = engine::engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    proxy.refuse().await;
    let backplane =
        RedisBackplane::with_options(Redis::with_options(&proxy.url(&url), QUICK).unwrap(), engine::random(), alert());
    let (heard, room) = (Arc::new(Hearing::default()), room());
    backplane.listen(heard.clone());
    backplane.subscribe(std::slice::from_ref(&room));
    assert_eq!(backplane.subscribed().await.unwrap_err().kind, PortErrorKind::Unavailable);
    assert_eq!((backplane.state(), heard.all()), (Away, vec![]));
    proxy.pass().await;
    heard.until("connected", |all| all == [Heard::State(Connected)]).await;
    assert_eq!(backplane.publish(&room, Bytes::from_static(b"hi")).await.unwrap(), 1);
    heard.message(&room, b"hi").await;
}

#[tokio::test]
async fn a_server_that_forgot_everything_has_other_epochs() {
    let (_server, url) = engine::engine().await;
    let world = World::new(&url).await;
    let (before, top) = (world.say("before").await, world.say("top").await);
    let mut connection = engine::connection(&url).await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.unwrap();
    assert_eq!(world.backplane.tops(std::slice::from_ref(&world.room)).await.unwrap(), [None]);
    let (after, next) = (world.say("after").await, world.say("next").await);
    assert_eq!((after.offset, next.offset), (before.offset, top.offset));
    assert_ne!(after.epoch, before.epoch);
    let history = world.backplane.history(&world.room, Some(&before), 100).await.unwrap();
    assert_eq!((history.whole, history.top), (false, next));
}

#[tokio::test]
async fn a_server_that_was_restarted_is_subscribed_to_everything_again() {
    let (server, url) = engine::engine().await;
    let listen = server.addr();
    let world = World::new(&url).await;
    let rooms: Vec<Channel> = (0..5_000).map(|_| room()).collect();
    world.backplane.subscribe(&rooms);
    world.backplane.subscribed().await.unwrap();
    let before = world.say("before").await;
    server.shutdown().await;
    world.told(&[Connected, Away]).await;
    // Somebody else may hold the port for a moment: the proxy's own attempts to connect do.
    let again = async {
        loop {
            match Server::start(ServerOptions { listen, ..ServerOptions::default() }).await {
                Ok(server) => return server,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let _server = tokio::time::timeout(Duration::from_secs(60), again).await.unwrap();
    world.told(&[Connected, Away, Connected]).await;
    world.all_is_well(&rooms[..100]).await;
    assert_eq!(world.backplane.tops(std::slice::from_ref(&world.room)).await.unwrap(), [None]);
    let after = world.backplane.publish_durable(&world.room, Bytes::from_static(b"after"), LIMITS).await.unwrap();
    assert!(after.offset == 1 && after.epoch != before.epoch, "its scripts are known to it again");
}

/// Stands still while it is told to.
#[derive(Default)]
struct Slow {
    heard: Hearing,
    stands: Mutex<bool>,
    goes_on: Condvar,
}

impl Slow {
    fn stand(&self, still: bool) {
        *self.stands.lock().unwrap() = still;
        self.goes_on.notify_all();
    }
}

impl BackplaneListener for Slow {
    fn received(&self, channel: &Channel, payload: Bytes, position: Option<Position>) {
        drop(self.goes_on.wait_while(self.stands.lock().unwrap(), |stands| *stands).unwrap());
        self.heard.received(channel, payload, position);
    }
    fn changed(&self, state: BackplaneState) {
        self.heard.changed(state);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_listener_loses_messages_knows_it_and_finds_them_in_the_history() {
    const MESSAGES: u64 = 200;
    let (_server, url) = engine::engine().await;
    let options = BackplaneOptions { backlog_bytes_max: 64 * 1024, ..BackplaneOptions::default() };
    let backplane = RedisBackplane::with_options(Redis::new(&url).unwrap(), engine::random(), options);
    let (slow, room) = (Arc::new(Slow::default()), room());
    backplane.listen(slow.clone());
    backplane.subscribe(std::slice::from_ref(&room));
    backplane.subscribed().await.unwrap();
    slow.stand(true);
    let mut weight = 0;
    for n in 1..=MESSAGES {
        backplane.publish_durable(&room, Bytes::from(vec![b'x'; 1_000]), LIMITS).await.unwrap();
        let came = async {
            loop {
                let now = backplane.counters();
                assert!(now.backlog_bytes <= 64 * 1024);
                weight = if n == 1 { now.backlog_bytes } else { weight };
                if weight > 0 && now.backlog_bytes / weight + now.dropped == n {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), came).await.expect("it waits or is dropped");
    }
    slow.stand(false);
    slow.heard
        .until("a loss that is over", |all| all.iter().filter(|heard| matches!(heard, Heard::State(_))).count() == 3)
        .await;
    assert_eq!(slow.heard.states(), [Connected, Away, Connected]);
    let counters = backplane.counters();
    assert_eq!(counters.losses, 1);
    assert_eq!(counters.connections, 1, "the connection stayed");
    let heard = slow.heard.of(&room);
    assert!(counters.dropped > 0 && heard.len() as u64 + counters.dropped == MESSAGES, "{counters:?}");
    let last = heard.last().unwrap().1.clone().unwrap();
    assert_eq!(last.offset, heard.len() as u64, "it heard the oldest, without a gap");
    let history = backplane.history(&room, Some(&last), 1_000).await.unwrap();
    assert_eq!((history.whole, history.entries.len() as u64), (true, counters.dropped));
    backplane.publish(&room, Bytes::from_static(b"and on")).await.unwrap();
    slow.heard.message(&room, b"and on").await;
}

#[tokio::test]
async fn a_database_does_not_hear_another_one() {
    let (_server, url) = engine::engine().await;
    let [one, two] =
        [1, 2].map(|database| RedisBackplane::new(Redis::new(&format!("{url}/{database}")).unwrap(), engine::random()));
    let (heard, room) = (Arc::new(Hearing::default()), room());
    one.listen(heard.clone());
    one.subscribe(std::slice::from_ref(&room));
    one.subscribed().await.unwrap();
    assert_eq!(two.publish(&room, Bytes::from_static(b"theirs")).await.unwrap(), 0);
    assert_eq!(one.publish(&room, Bytes::from_static(b"ours")).await.unwrap(), 1);
    heard.message(&room, b"ours").await;
}

#[tokio::test]
async fn what_others_publish_is_passed_over_and_what_is_too_large_is_refused() {
    let (_server, url) = engine::engine().await;
    let world = World::new(&url).await;
    let mut connection = engine::connection(&url).await;
    let names: Vec<String> = redis::cmd("PUBSUB").arg("SHARDCHANNELS").query_async(&mut connection).await.unwrap();
    for foreign in ["", "hello", "\u{1}no header"] {
        redis::cmd("SPUBLISH").arg(&names[0]).arg(foreign).query_async::<()>(&mut connection).await.unwrap();
    }
    world.all_is_well(&[]).await;
    assert_eq!(world.backplane.counters().foreign, 3);
    let large = Bytes::from(vec![0; PAYLOAD_BYTES_MAX + 1]);
    assert_eq!(world.backplane.publish(&world.room, large.clone()).await.unwrap_err().kind, PortErrorKind::Corrupt);
    let refused = world.backplane.publish_durable(&world.room, large, LIMITS).await.unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Corrupt);
}

#[tokio::test]
async fn its_connections_end_with_it() {
    let (_server, url) = engine::engine().await;
    let world = World::new(&url).await;
    assert!(world.proxy.open() > 0);
    drop(world.backplane);
    let closed = async {
        while world.proxy.open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), closed).await.expect("nothing is left behind");
}
