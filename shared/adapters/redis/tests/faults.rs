//! What happens when Redis is away, hangs, restarts or is full.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use bytes::Bytes;
use octavo_adapters_redis::{Options, Redis, RedisCache, RedisQueue};
use octavo_domain_kernel::{Cache, CacheKey, DeadLetters, Failure, PortErrorKind, Queue, QueueConsumer};
use octavo_testing::build::{message, queue, tenant};
use octavo_testing::faults::{Proxy, address_of};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);
/// Longer than a machine that does much else stands still.
const TIMEOUT: Duration = Duration::from_millis(1_500);
const QUICK: Options = Options { connect_timeout: TIMEOUT, response_timeout: TIMEOUT };
/// Both timeouts, and a machine that does much else. Without them nobody is ever told.
const SOON: Duration = Duration::from_secs(15);

async fn behind(proxy: &Proxy, url: &str) -> Redis {
    Redis::with_options(&proxy.url(url), QUICK).unwrap()
}

mod engine;
use engine::engine;

#[tokio::test]
async fn nothing_is_connected_before_the_first_use() {
    let (_engine, url) = engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let cache = RedisCache::new(behind(&proxy, &url).await);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(proxy.accepted(), 0);
    cache.ping().await.unwrap();
    cache.ping().await.unwrap();
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn away_is_unavailable_and_back_is_well() {
    let (_engine, url) = engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let (cache, key) = (RedisCache::new(behind(&proxy, &url).await), CacheKey::new(&tenant(), "test", "a"));
    proxy.refuse().await;
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(cache.get(&key).await.unwrap_err().kind, PortErrorKind::Unavailable, "never connected");
        assert!(began.elapsed() < SOON, "soon");
    }
    proxy.pass().await;
    cache.set(&key, Bytes::from_static(b"1"), LONG).await.expect("the first call after it is back succeeds");
    proxy.refuse().await;
    assert_eq!(cache.get(&key).await.unwrap_err().kind, PortErrorKind::Unavailable, "lost");
    proxy.pass().await;
    assert_eq!(cache.get(&key).await.unwrap().as_deref(), Some(&b"1"[..]));
    // A cut that nobody noticed (a frozen function, an idle connection closed) costs no error.
    proxy.cut();
    assert_eq!(cache.get(&key).await.unwrap().as_deref(), Some(&b"1"[..]));
}

#[tokio::test]
async fn a_hanging_server_is_a_timeout() {
    let (_engine, url) = engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let cache = RedisCache::new(behind(&proxy, &url).await);
    cache.ping().await.unwrap();
    proxy.black_hole().await;
    let began = Instant::now();
    assert_eq!(cache.ping().await.unwrap_err().kind, PortErrorKind::Timeout);
    assert!(began.elapsed() < SOON);
    proxy.pass().await;
    cache.ping().await.unwrap();
}

#[tokio::test]
async fn a_waiting_receive_fails_when_the_server_goes_and_works_when_it_is_back() {
    let (_engine, url) = engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let (queue, name) = (RedisQueue::new(behind(&proxy, &url).await), queue());
    queue.send(&name, &[message(1)]).await.unwrap();
    assert_eq!(queue.receive(&name, "a", 1, LONG, LONG).await.unwrap().len(), 1);
    let gone = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        proxy.refuse().await;
    };
    let (received, ()) = tokio::join!(queue.receive(&name, "a", 1, LONG, LONG), gone);
    assert_eq!(received.unwrap_err().kind, PortErrorKind::Unavailable);
    proxy.pass().await;
    queue.send(&name, &[message(2)]).await.unwrap();
    assert_eq!(queue.receive(&name, "a", 1, LONG, LONG).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dropped_receive_has_taken_nothing() {
    let (_engine, url) = engine().await;
    let (queue, name) = (RedisQueue::new(Redis::new(&url).unwrap()), queue());
    let waiting = queue.receive(&name, "a", 1, LONG, LONG);
    assert!(tokio::time::timeout(Duration::from_millis(100), waiting).await.is_err());
    queue.send(&name, &[message(1)]).await.unwrap();
    assert_eq!(queue.receive(&name, "b", 1, LONG, LONG).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_full_queue_refuses_and_loses_nothing() {
    let (_engine, url) = engine().await;
    let (queue, name) = (RedisQueue::new(Redis::new(&url).unwrap()).with_limits(3, 1), queue());
    queue.send(&name, &[message(1), message(2)]).await.unwrap();
    let error = queue.send(&name, &[message(3), message(4)]).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    queue.send(&name, &[message(5)]).await.unwrap();
    let taken = queue.receive(&name, "a", 10, LONG, LONG).await.unwrap();
    assert_eq!(taken.len(), 3);
    assert!(queue.send(&name, &[message(6)]).await.is_err(), "what is in flight counts");

    let failure = Failure { at: taken[0].sent_at, error: "no".to_owned() };
    queue.bury(&name, &taken[0].receipt, failure.clone()).await.unwrap();
    let error = queue.bury(&name, &taken[1].receipt, failure).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert_eq!(queue.dead_list(&name, None, 10).await.unwrap().len(), 1);
    let depth = queue.depth(&name).await.unwrap();
    assert_eq!((depth.in_flight, depth.dead), (2, 1), "what could not be buried is still there");
    queue.send(&name, &[message(6)]).await.unwrap();
}
