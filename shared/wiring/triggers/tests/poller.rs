//! From a queue on the emulator's Redis to a function, and into the dead letters.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod fakes;

use bytes::Bytes;
use fakes::{FakeFunction, function_error, no_jitter, numbers, patient, until};
use local_emulator_redis::{Options, Server};
use octavo_adapters_redis::{Redis, RedisQueue};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::{DeadLetters, Message, Queue, QueueConsumer, QueueName};
use octavo_testing::build::{message, queue};
use octavo_testing::faults::{Proxy, address_of};
use octavo_wiring_triggers::{Backoff, InvokeError, Mapping, Poller, PollerPorts};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

struct Bench {
    _server: Server,
    url: String,
    queue: RedisQueue,
    name: QueueName,
    function: Arc<FakeFunction>,
}

struct Running {
    poller: Poller,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) -> Poller {
        self.stop.disarm().cancel();
        self.task.await.unwrap();
        self.poller
    }
}

impl Bench {
    async fn new() -> Self {
        let server = Server::start(Options::default()).await.unwrap();
        let url = server.url();
        let queue = RedisQueue::new(patient(&url));
        Self { _server: server, url, queue, name: queue_name(), function: Arc::default() }
    }

    fn mapping(&self) -> Mapping {
        Mapping {
            retry: Backoff { base: Duration::from_millis(10), cap: Duration::from_millis(50) },
            pause: Backoff { base: Duration::from_millis(10), cap: Duration::from_millis(50) },
            ..Mapping::new(self.name.clone(), "f")
        }
    }

    fn run(&self, mapping: Mapping) -> Running {
        self.run_on(mapping, self.queue.clone())
    }

    fn run_on(&self, mapping: Mapping, queue: RedisQueue) -> Running {
        let ports = PollerPorts {
            consumer: Arc::new(queue),
            invoker: self.function.clone(),
            clock: Arc::new(SystemClock),
            random: no_jitter(),
        };
        let poller = Poller::new(mapping, ports, "node-1").unwrap();
        let stop = CancellationToken::new();
        let (running, token) = (poller.clone(), stop.clone());
        let task = tokio::spawn(async move { running.run(token).await });
        Running { poller, stop: stop.drop_guard(), task }
    }

    async fn send(&self, numbers: std::ops::Range<u64>) {
        let messages: Vec<Message> = numbers.map(message).collect();
        self.queue.send(&self.name, &messages).await.unwrap();
    }

    async fn is_empty(&self) -> bool {
        let depth = self.queue.depth(&self.name).await.unwrap();
        (depth.ready, depth.in_flight, depth.delayed) == (0, 0, 0)
    }
}

fn queue_name() -> QueueName {
    queue()
}

#[tokio::test]
async fn batches_reach_the_function_and_are_done() {
    let bench = Bench::new().await;
    bench.send(0..25).await;
    let running = bench.run(Mapping { concurrency: 1, ..bench.mapping() });
    until("all are taken", async || bench.is_empty().await && running.poller.status().succeeded == 25).await;
    let poller = running.stop().await;
    let mut seen = bench.function.numbers().concat();
    assert!(bench.function.numbers().iter().all(|batch| batch.len() <= 10));
    seen.sort_unstable();
    assert_eq!(seen, (0..25).collect::<Vec<_>>());
    let status = poller.status();
    assert_eq!((status.received, status.retried, status.buried, status.running), (25, 0, 0, false));
    let record = &bench.function.events()[0]["Records"][0];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test]
async fn only_what_failed_comes_again_and_then_rests_with_its_history() {
    let bench = Bench::new().await;
    bench.function.always(|event| {
        let failed = |record: &&serde_json::Value| record["body"].as_str().unwrap().contains("document-1");
        let failed = event["Records"].as_array().unwrap().iter().filter(failed);
        let failed = failed.map(|record| json!({ "itemIdentifier": record["messageId"] })).collect::<Vec<_>>();
        Ok(Bytes::from(json!({ "batchItemFailures": failed }).to_string()))
    });
    bench.send(0..3).await;
    let running = bench.run(Mapping { max_receive_count: 3, ..bench.mapping() });
    until("it is buried", async || running.poller.status().buried == 1).await;
    let status = running.stop().await.status();
    assert_eq!((status.succeeded, status.retried, status.buried), (2, 2, 1));
    assert!(bench.is_empty().await);
    let dead = bench.queue.dead_list(&bench.name, None, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].receive_count, dead[0].failures.len()), (1, 3, 3));
    assert!(dead[0].body.contains("document-1"));

    // Redriven once the function is well, it is done.
    bench.function.always(|_| Ok(Bytes::new()));
    assert!(bench.queue.dead_redrive(&bench.name, &dead[0].id, None).await.unwrap());
    let running = bench.run(bench.mapping());
    until("it is taken", async || running.poller.status().succeeded == 1).await;
    running.stop().await;
    assert!(bench.is_empty().await && bench.queue.dead_list(&bench.name, None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_error_or_a_malformed_answer_fails_the_whole_batch() {
    let bench = Bench::new().await;
    bench.function.next(|_| Err(function_error("broken")));
    bench.function.next(|_| Ok(Bytes::from_static(br#"{"batchItemFailures":[{"itemIdentifier":"unknown"}]}"#)));
    bench.function.next(|_| Err(InvokeError::Timeout));
    bench.send(0..1).await;
    let running = bench.run(bench.mapping());
    until("it is taken", async || running.poller.status().succeeded == 1).await;
    let status = running.stop().await.status();
    assert_eq!((status.retried, status.invocations, status.invocations_failed), (3, 4, 3));
    assert!(status.last_error.is_some());
}

#[tokio::test]
async fn a_throttled_function_costs_no_attempt() {
    let bench = Bench::new().await;
    for _ in 0..6 {
        bench.function.next(|_| Err(InvokeError::Throttled));
    }
    bench.send(0..1).await;
    let running = bench.run(Mapping { max_receive_count: 1, ..bench.mapping() });
    until("it is taken", async || running.poller.status().succeeded == 1).await;
    let status = running.stop().await.status();
    assert_eq!((status.returned, status.retried, status.buried), (6, 0, 0));
    let last = bench.function.events().pop().unwrap();
    assert_eq!(last["Records"][0]["attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test]
async fn a_function_that_cannot_start_is_not_tried_in_a_tight_loop() {
    let bench = Bench::new().await;
    bench.function.always(|_| Err(InvokeError::Unavailable("init failed".to_owned())));
    bench.send(0..50).await;
    let slow = Backoff { base: Duration::from_millis(100), cap: Duration::from_secs(1) };
    let began = Instant::now();
    let running = bench.run(Mapping { pause: slow, concurrency: 1, ..bench.mapping() });
    until("it is tried again", async || bench.function.events().len() >= 4).await;
    let (tried, took) = (bench.function.events().len(), began.elapsed());
    running.stop().await;
    // However busy the machine is: three pauses come before the fourth time, of 100, 200 and 400 ms.
    assert!(took >= Duration::from_millis(700), "{tried} times in {took:?}");
}

#[tokio::test]
async fn what_kills_its_consumer_is_buried_unseen() {
    let bench = Bench::new().await;
    bench.send(7..8).await;
    for _ in 0..2 {
        let held = bench.queue.receive(&bench.name, "dies", 1, Duration::from_secs(5), Duration::ZERO).await.unwrap();
        assert_eq!(held.len(), 1);
    }
    // Longer than a busy machine takes to bury it: it is not taken again meanwhile, and counted once more.
    let short = Duration::from_millis(1_500);
    let mapping = Mapping { function_timeout: short / 2, visibility: short, max_receive_count: 2, ..bench.mapping() };
    let running = bench.run(mapping);
    until("it is buried", async || running.poller.status().buried == 1).await;
    running.stop().await;
    assert!(bench.function.events().is_empty());
    let dead = bench.queue.dead_list(&bench.name, None, 1).await.unwrap();
    assert_eq!(dead[0].failures[0].error, "delivered 2 times without an answer");
}

#[tokio::test]
async fn a_window_gathers_a_batch() {
    let bench = Bench::new().await;
    let window = Duration::from_secs(20);
    bench.send(0..1).await;
    let running = bench.run(Mapping { batch_size: 3, batch_window: window, ..bench.mapping() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    bench.send(1..3).await;
    until("the batch is full", async || !bench.function.events().is_empty()).await;
    assert!(began.elapsed() < window / 2, "a full batch does not wait for its window");
    running.stop().await;
    assert_eq!(bench.function.numbers(), [[0, 1, 2]]);
}

#[tokio::test]
async fn a_stop_ends_the_batch_under_way_and_concurrency_is_bounded() {
    let bench = Bench::new().await;
    *bench.function.takes.lock() = Duration::from_millis(200);
    bench.send(0..10).await;
    let running = bench.run(Mapping { batch_size: 1, concurrency: 3, ..bench.mapping() });
    until("three run", async || bench.function.running.load(Ordering::Acquire) == 3).await;
    let status = running.stop().await.status();
    assert_eq!(status.in_flight, 0);
    assert_eq!(status.succeeded, bench.function.events().len() as u64, "what was begun was ended and acknowledged");
    assert_eq!(bench.function.most_running.load(Ordering::Acquire), 3);
    let depth = bench.queue.depth(&bench.name).await.unwrap();
    assert_eq!((depth.in_flight, depth.ready), (0, 10 - status.succeeded));
}

#[tokio::test]
async fn nothing_is_lost_when_redis_comes_and_goes() {
    let bench = Bench::new().await;
    let proxy = Proxy::start(address_of(&bench.url).await).await;
    let quick = octavo_adapters_redis::Options {
        connect_timeout: Duration::from_millis(500),
        response_timeout: Duration::from_millis(500),
    };
    let queue = RedisQueue::new(Redis::with_options(&proxy.url(&bench.url), quick).unwrap());
    *bench.function.takes.lock() = Duration::from_millis(10);
    bench.send(0..100).await;
    let mapping = Mapping {
        batch_size: 5,
        function_timeout: Duration::from_millis(100),
        visibility: Duration::from_secs(1),
        max_receive_count: 100,
        ..bench.mapping()
    };
    let running = bench.run_on(mapping, queue);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(40)).await;
        proxy.refuse().await;
        tokio::time::sleep(Duration::from_millis(40)).await;
        proxy.pass().await;
        tokio::time::sleep(Duration::from_millis(40)).await;
        proxy.cut();
    }
    until("all are taken", async || bench.is_empty().await).await;
    running.stop().await;
    let mut seen: Vec<u64> = bench.function.events().iter().flat_map(numbers).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, (0..100).collect::<Vec<_>>(), "each at least once");
    assert_eq!(bench.queue.depth(&bench.name).await.unwrap().dead, 0);
}
