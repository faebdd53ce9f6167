//! Rates of providers: what many take at once, and what happens without Redis.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod engine;

use futures::future::join_all;
use octavo_adapters_redis::{Options, Redis, RedisRates};
use octavo_domain_notify::Rates;
use octavo_testing::{engines, ids::unique};
use std::time::{Duration, Instant};

/// Many callers on a machine that does much else: what is late is not lost.
const PATIENT: Options =
    Options { connect_timeout: Duration::from_secs(30), response_timeout: Duration::from_secs(30) };

async fn each_engine(judge: impl AsyncFn(RedisRates)) {
    let (_server, embedded) = engine::engine().await;
    judge(RedisRates::new(Redis::with_options(&embedded, PATIENT).unwrap())).await;
    if let Some(url) = engines::real("Redis", "OCTAVO_TEST_REDIS_URL") {
        judge(RedisRates::new(Redis::with_options(&url, PATIENT).unwrap())).await;
    }
}

#[tokio::test]
async fn many_callers_get_what_the_rate_has() {
    each_engine(async |rates| {
        let key = unique().to_string();
        let started = Instant::now();
        let answers = join_all((0..500).map(|_| rates.take(&key, 100))).await;
        let taken = answers.iter().filter(|answer| answer.is_ok()).count();
        // Ten at once, and one each hundredth of a second that the asking took.
        let most = 10 + usize::try_from(started.elapsed().as_millis() / 10).unwrap() + 1;
        assert!((10..=most).contains(&taken), "{taken} of at most {most}");
        let other = unique().to_string();
        assert_eq!(rates.take(&other, 100).await, Ok(()), "another provider has a rate of its own");
    })
    .await;
}

#[tokio::test]
async fn who_waits_as_long_as_it_says_gets_one() {
    each_engine(async |rates| {
        let key = unique().to_string();
        // On a slow machine half a second passes between two.
        let wait = loop {
            if let Err(wait) = rates.take(&key, 2).await {
                break wait;
            }
        };
        assert!(wait <= Duration::from_millis(500), "{wait:?}");
        tokio::time::sleep(wait + Duration::from_millis(1)).await;
        assert_eq!(rates.take(&key, 2).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn without_redis_everything_is_let_through() {
    // Nobody listens on a port that is bound and no more, and nobody else gets it.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("redis://{}", bound.local_addr().unwrap());
    let rates = RedisRates::new(Redis::new(&url).unwrap().failing_fast(Duration::from_millis(500)));
    for _ in 0..5 {
        assert_eq!(rates.take("smtp", 1).await, Ok(()));
    }
}
