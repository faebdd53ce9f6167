//! How fast the backplane is: `cargo run --release -p octavo-adapters-redis --example backplane_speed [redis-url]`, on the
//! embedded Redis where no URL is given. What it publishes on has a tenant of its own.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made says so by panicking")]

use bytes::Bytes;
use futures::StreamExt;
use local_emulator_redis::{Options, Server};
use octavo_adapters_redis::{Redis, RedisBackplane};
use octavo_domain_realtime::{
    Audience, Backplane, BackplaneListener, BackplaneState, Channel, HistoryLimits, Position,
};
use octavo_testing::build::tenant;
use octavo_testing::ids::unique;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

const PAYLOAD_BYTES: usize = 256;
const LIMITS: HistoryLimits = HistoryLimits { length: 100, ttl: Duration::from_secs(60) };

#[derive(Default)]
struct Counting {
    count: AtomicU64,
    came: Notify,
}

impl BackplaneListener for Counting {
    fn received(&self, _: &Channel, _: Bytes, _: Option<Position>) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.came.notify_one();
    }
    fn changed(&self, _: BackplaneState) {}
}

impl Counting {
    async fn reaches(&self, count: u64) {
        while self.count.load(Ordering::Relaxed) < count {
            self.came.notified().await;
        }
    }
}

async fn measure(name: &str, url: &str) {
    let [one, two] =
        [0, 1].map(|_| RedisBackplane::new(Redis::new(url).unwrap(), Arc::new(|| unique().as_u64_pair().1)));
    let heard = Arc::new(Counting::default());
    one.listen(heard.clone());
    let (tenant, hub) = (tenant(), "chat".parse().unwrap());
    let channels: Vec<Channel> =
        (0..10_000).map(|n| Channel::new(&tenant, &hub, &Audience::Group(format!("room-{n}"))).unwrap()).collect();
    one.subscribed().await.unwrap();
    let began = Instant::now();
    one.subscribe(&channels);
    one.subscribed().await.unwrap();
    println!("{name}: {} channels subscribed in {:?}", channels.len(), began.elapsed());

    let payload = Bytes::from(vec![b'x'; PAYLOAD_BYTES]);
    let mut sent = 0;
    for durable in [false, true] {
        let mut lags = Vec::new();
        for channel in channels.iter().take(2_000) {
            let began = Instant::now();
            if durable {
                two.publish_durable(channel, payload.clone(), LIMITS).await.unwrap();
            } else {
                two.publish(channel, payload.clone()).await.unwrap();
            }
            sent += 1;
            heard.reaches(sent).await;
            lags.push(began.elapsed());
        }
        lags.sort();
        let at = |part: usize| lags[lags.len() * part / 1000];
        println!("{name}: durable {durable}: published and received after p50 {:?}, p99 {:?}", at(500), at(990));
    }

    let began = Instant::now();
    let batches = 1_000;
    futures::stream::iter(0..batches)
        .for_each_concurrent(8, async |batch: usize| {
            let messages = (0..100).map(|n| (channels[(batch * 100 + n) % channels.len()].clone(), payload.clone()));
            two.publish_many(messages.collect()).await.unwrap();
        })
        .await;
    sent += batches as u64 * 100;
    heard.reaches(sent).await;
    report(name, "in batches of 100", batches * 100, began);

    for durable in [false, true] {
        let (began, singles) = (Instant::now(), 50_000);
        futures::stream::iter(0..singles)
            .for_each_concurrent(256, async |n: usize| {
                let channel = &channels[n % channels.len()];
                if durable {
                    two.publish_durable(channel, payload.clone(), LIMITS).await.unwrap();
                } else {
                    two.publish(channel, payload.clone()).await.unwrap();
                }
            })
            .await;
        sent += singles as u64;
        heard.reaches(sent).await;
        report(name, if durable { "durable, 256 at a time" } else { "256 at a time" }, singles, began);
    }
    assert_eq!(one.counters().dropped, 0);
}

fn report(name: &str, how: &str, messages: usize, began: Instant) {
    let elapsed = began.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = messages as f64 / elapsed.as_secs_f64();
    println!("{name}: {how}: {rate:.0} messages of {PAYLOAD_BYTES} bytes a second, to one node");
}

#[tokio::main]
async fn main() {
    match std::env::args().nth(1) {
        Some(url) => measure("real", &url).await,
        None => {
            let server = Server::start(Options::default()).await.unwrap();
            measure("embedded", &server.url()).await;
        }
    }
}
