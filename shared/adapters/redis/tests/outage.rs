//! Fault 11: a dead Redis must not hang those who can do without it. With the AI gateway's gate, and longer timeouts.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod engine;

use octavo_adapters_redis::{Options, Redis, RedisCache};
use octavo_domain_kernel::{Cache, PortErrorKind};
use octavo_testing::faults::{Proxy, address_of};
use std::time::{Duration, Instant};

/// Longer than a machine that does much else stands still.
const TIMEOUT: Duration = Duration::from_secs(1);
const QUICK: Options = Options { connect_timeout: TIMEOUT, response_timeout: TIMEOUT };
const PAUSE: Duration = Duration::from_secs(3);
/// What calls that do not wait take together, at most, on a machine that does much else: a hundred that wait take a
/// hundred times the timeout. Shorter than the pause, after which one of them would wait.
const AT_ONCE: Duration = Duration::from_secs(2);

fn fast(proxy: &Proxy, url: &str) -> RedisCache {
    RedisCache::new(Redis::with_options(&proxy.url(url), QUICK).unwrap().failing_fast(PAUSE))
}

async fn answered_again(cache: &RedisCache) {
    let back = async {
        while cache.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), back).await.expect("what is back is used again");
}

/// One call waits for the timeout, the next hundred for nothing.
async fn one_waits_and_the_others_do_not(cache: &RedisCache) {
    let began = Instant::now();
    assert_eq!(cache.ping().await.unwrap_err().kind, PortErrorKind::Timeout);
    let waited = began.elapsed();
    assert!(waited < 8 * TIMEOUT, "no longer than both timeouts, and a noisy machine: {waited:?}");
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(cache.ping().await.unwrap_err().kind, PortErrorKind::Unavailable);
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
}

#[tokio::test]
async fn fault_11_a_server_that_stops_answering() {
    let (_engine, url) = engine::engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let cache = fast(&proxy, &url);
    cache.ping().await.unwrap();
    proxy.black_hole().await;
    one_waits_and_the_others_do_not(&cache).await;
    proxy.pass().await;
    answered_again(&cache).await;
    cache.ping().await.unwrap();
}

#[tokio::test]
async fn fault_11_a_server_that_accepts_and_never_answers() {
    let (_engine, url) = engine::engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    proxy.black_hole().await;
    let cache = fast(&proxy, &url);
    one_waits_and_the_others_do_not(&cache).await;
    proxy.pass().await;
    answered_again(&cache).await;
}

#[tokio::test]
async fn fault_11_many_callers_share_one_wait() {
    let (_engine, url) = engine::engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let cache = fast(&proxy, &url);
    cache.ping().await.unwrap();
    proxy.black_hole().await;
    // For longer than the wait and a pause: it ends with one call that waits, and 49 callers that do not notice.
    let until = Instant::now() + 2 * PAUSE;
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move {
                let mut waits = 0;
                while Instant::now() < until {
                    if cache.ping().await.unwrap_err().kind == PortErrorKind::Timeout {
                        waits += 1;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                waits
            })
        })
        .collect();
    let mut waits = 0;
    for caller in callers {
        waits += caller.await.unwrap();
    }
    assert!(waits >= 51, "all 50 of the beginning, and then the first that tried again: {waits}");
    assert!(waits <= 60, "one a pause after that: {waits}");
    proxy.pass().await;
    answered_again(&cache).await;
}

#[tokio::test]
async fn fault_11_a_server_that_is_gone() {
    let (_engine, url) = engine::engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let cache = fast(&proxy, &url);
    cache.ping().await.unwrap();
    proxy.refuse().await;
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(cache.ping().await.unwrap_err().kind, PortErrorKind::Unavailable);
    }
    assert!(began.elapsed() < 8 * TIMEOUT, "{:?}", began.elapsed());
    proxy.pass().await;
    answered_again(&cache).await;
}

#[tokio::test]
async fn a_connection_that_answers_nothing_is_given_up() {
    let (_engine, url) = engine::engine().await;
    let proxy = Proxy::start(address_of(&url).await).await;
    let cache = RedisCache::new(Redis::with_options(&proxy.url(&url), QUICK).unwrap());
    cache.ping().await.unwrap();
    proxy.black_hole().await;
    for _ in 0..3 {
        assert_eq!(cache.ping().await.unwrap_err().kind, PortErrorKind::Timeout);
    }
    proxy.pass().await;
    cache.ping().await.unwrap();
    assert_eq!(proxy.accepted(), 2, "a peer that vanished without a word is not asked for ever");
}
