//! The contracts of [`Queue`], [`QueueConsumer`] and [`DeadLetters`].

use crate::build::{message, queue as any_queue};
use chrono::{TimeDelta, TimeZone, Utc};
use octavo_domain_kernel::{
    DeadLetters, Delivery, Failure, MESSAGE_BYTES_MAX, Message, PortErrorKind, Queue, QueueConsumer, QueueName, Retry,
    TraceContext, trace,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What no case waits longer than.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than any case takes.
const LONG: Duration = Duration::from_secs(60);
/// As short as a case can bear on a busy machine.
const SHORT: Duration = Duration::from_millis(150);
const NOW: Duration = Duration::ZERO;

/// Judges a queue with its consumer's side. `make` gives a handle; all handles are on the same engine. The engine may be
/// shared: every case has queues of its own.
pub async fn queue<Q: Queue + QueueConsumer + DeadLetters, F: Future<Output = Q>>(make: impl Fn() -> F) {
    let queue = make().await;
    queue.ping().await.unwrap();
    futures::join!(
        what_is_sent_comes_once(&queue),
        what_is_sent_is_in_the_senders_trace(&queue),
        an_empty_queue_waits_and_wakes(&queue),
        what_a_dead_consumer_held_comes_to_another(&queue),
        a_retry_comes_later_with_its_history(&queue),
        what_was_not_at_fault_is_not_counted(&queue),
        history_keeps_the_newest(&queue),
        an_answer_that_comes_too_late_changes_nothing(&queue),
        what_is_buried_waits_for_a_person(&queue),
        an_oversized_message_is_refused_whole(&queue),
        many_consumers_share_without_overlap(&make),
        depth_tells_where_everything_is(&queue),
    );
    dead_letters(&queue, async |name, sent| {
        let delivery = take(&queue, name, 1).await.remove(0);
        assert_eq!(delivery.message_id, sent.id.to_string());
        queue.bury(name, &delivery.receipt, failure(1)).await.unwrap();
    })
    .await;
}

/// Judges the person's side. `bury` brings the one message that was sent to a queue into its dead letters.
pub async fn dead_letters<Q: Queue + DeadLetters>(queue: &Q, bury: impl AsyncFn(&QueueName, &Message)) {
    let name = any_queue();
    assert_eq!(queue.dead_list(&name, None, 10).await.unwrap(), [], "a queue without dead letters has none");
    let mut ids = Vec::new();
    for n in 0..3 {
        let message = message(n);
        ids.push(message.id);
        queue.send(&name, std::slice::from_ref(&message)).await.unwrap();
        bury(&name, &message).await;
    }
    let first = queue.dead_list(&name, None, 2).await.unwrap();
    assert_eq!(first.len(), 2, "a page");
    let second = queue.dead_list(&name, Some(&first[1].id), 2).await.unwrap();
    assert_eq!(second.len(), 1, "the rest");
    let listed: Vec<_> = first.iter().chain(&second).map(|letter| id_of(&letter.body)).collect();
    assert_eq!(listed, ids, "oldest first");
    assert_eq!(queue.dead_get(&name, &first[0].id).await.unwrap().as_ref(), Some(&first[0]));
    assert_eq!(queue.dead_get(&any_queue(), &first[0].id).await.unwrap(), None, "an id belongs to its queue");

    assert!(queue.dead_delete(&name, &first[0].id).await.unwrap());
    assert!(!queue.dead_delete(&name, &first[0].id).await.unwrap(), "only once");
    assert!(!queue.dead_redrive(&name, &first[0].id, None).await.unwrap(), "what is thrown away is gone");
    assert_eq!(queue.dead_get(&name, &first[0].id).await.unwrap(), None);
    assert!(queue.dead_get(&name, "not an id").await.unwrap().is_none(), "what cannot be an id is none");

    // An edited body must still be a message, and of the same tenant.
    for bad in ["", "{}", "not JSON", &first[1].body.replace("\"acme\"", "\"other\"")] {
        let error = queue.dead_redrive(&name, &first[1].id, Some(bad)).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Corrupt, "{bad}");
    }
    assert!(queue.dead_get(&name, &first[1].id).await.unwrap().is_some(), "a refused redrive takes nothing away");
}

async fn what_is_sent_comes_once<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    queue.send(&name, &[]).await.expect("nothing is no error");
    let mut sent: Vec<Message> = (0..25).map(message).collect();
    sent[0].body = json!({ "text": "quotes \" and \\, a line\nbreak, \u{0}, emoji 🐙, and Ä", "large": 9_007_199_254_740_993_u64 });
    sent[1].traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    queue.send(&name, &sent).await.unwrap();
    let taken = take(queue, &name, sent.len()).await;
    for message in &sent {
        let delivery = taken.iter().find(|delivery| delivery.message_id == message.id.to_string()).unwrap();
        assert_eq!(&serde_json::from_str::<Message>(&delivery.body).unwrap(), message, "as it was sent");
        assert_eq!((delivery.receive_count, delivery.failures.len()), (1, 0));
    }
    let receipts: Vec<String> = taken.iter().map(|delivery| delivery.receipt.clone()).collect();
    queue.acknowledge(&name, &receipts).await.unwrap();
    queue.acknowledge(&name, &receipts).await.expect("twice is no error");
    queue.acknowledge(&name, &[]).await.expect("nothing is no error");
    // Held for no time at all: what had not been acknowledged would come again.
    assert_eq!(queue.receive(&name, "b", 10, NOW, NOW).await.unwrap(), [], "acknowledged is done");
}

async fn what_is_sent_is_in_the_senders_trace<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    let sender: TraceContext = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
    let sent = message(1);
    trace::within(Some(sender), queue.send(&name, std::slice::from_ref(&sent))).await.unwrap();
    let taken = take(queue, &name, 1).await;
    let received: Message = serde_json::from_str(&taken[0].body).unwrap();
    assert_eq!(received, Message { traceparent: Some(sender.to_string()), ..sent });
    queue.acknowledge(&name, &[taken[0].receipt.clone()]).await.unwrap();
}

async fn an_empty_queue_waits_and_wakes<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    let began = Instant::now();
    assert_eq!(queue.receive(&name, "a", 10, SHORT, LONG).await.unwrap(), []);
    assert!(began.elapsed() >= SHORT, "waits for the first");
    let send = async {
        tokio::time::sleep(SHORT).await;
        queue.send(&name, &[message(1)]).await.unwrap();
    };
    let began = Instant::now();
    let (received, ()) = futures::join!(queue.receive(&name, "a", 10, PATIENCE, LONG), send);
    assert_eq!(received.unwrap().len(), 1);
    assert!(began.elapsed() < PATIENCE / 2, "wakes when there is one");
}

async fn what_a_dead_consumer_held_comes_to_another<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    queue.send(&name, &[message(1), message(2)]).await.unwrap();
    let held = take_as(queue, &name, "dies", 2, LONG).await;
    assert_eq!(queue.receive(&name, "lives", 10, SHORT, LONG).await.unwrap(), [], "held");
    tokio::time::sleep(SHORT).await;
    let again = take_as(queue, &name, "lives", 2, SHORT).await;
    assert_eq!(ids(&again), ids(&held));
    assert!(again.iter().all(|delivery| delivery.receive_count == 2), "counted");
}

async fn a_retry_comes_later_with_its_history<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    queue.send(&name, &[message(1)]).await.unwrap();
    let first = take(queue, &name, 1).await.remove(0);
    let after = SHORT * 2;
    let began = Instant::now();
    let retry = Retry { receipt: first.receipt.clone(), after, failure: Some(failure(1)) };
    queue.retry(&name, std::slice::from_ref(&retry)).await.unwrap();
    queue.retry(&name, &[retry]).await.expect("twice is no error, and is done once");
    queue.retry(&name, &[]).await.expect("nothing is no error");
    let second = take(queue, &name, 1).await.remove(0);
    assert!(began.elapsed() >= after, "not before its time");
    assert_eq!(second.receive_count, 2);
    assert_eq!(second.failures, [failure(1)]);
    assert_eq!((second.message_id, second.body, second.sent_at), (first.message_id, first.body, first.sent_at));
    let retry = Retry { receipt: second.receipt, after: NOW, failure: Some(failure(2)) };
    queue.retry(&name, &[retry]).await.unwrap();
    let third = take(queue, &name, 1).await.remove(0);
    assert_eq!((third.receive_count, third.failures), (3, vec![failure(1), failure(2)]));
    assert_eq!(queue.receive(&name, "b", 10, NOW, LONG).await.unwrap(), [], "once");
}

async fn what_was_not_at_fault_is_not_counted<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    queue.send(&name, &[message(1)]).await.unwrap();
    let first = take(queue, &name, 1).await.remove(0);
    queue.retry(&name, &[Retry { receipt: first.receipt, after: NOW, failure: None }]).await.unwrap();
    let second = take(queue, &name, 1).await.remove(0);
    assert_eq!((second.receive_count, second.failures), (1, vec![]));
}

async fn history_keeps_the_newest<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    queue.send(&name, &[message(1)]).await.unwrap();
    for n in 0..30 {
        let delivery = take(queue, &name, 1).await.remove(0);
        assert_eq!(delivery.receive_count, n + 1);
        let retry = Retry { receipt: delivery.receipt, after: NOW, failure: Some(failure(i64::from(n))) };
        queue.retry(&name, &[retry]).await.unwrap();
    }
    let failures = take(queue, &name, 1).await.remove(0).failures;
    assert!((3..30).contains(&failures.len()), "a limit: {}", failures.len());
    assert_eq!(failures.last(), Some(&failure(29)), "the newest last");
}

async fn an_answer_that_comes_too_late_changes_nothing<Q: Queue + QueueConsumer + DeadLetters>(queue: &Q) {
    let name = any_queue();
    queue.send(&name, &[message(1)]).await.unwrap();
    let late = take(queue, &name, 1).await.remove(0);
    let held = take_as(queue, &name, "second", 1, NOW).await.remove(0);
    queue
        .retry(&name, &[Retry { receipt: late.receipt.clone(), after: NOW, failure: Some(failure(1)) }])
        .await
        .unwrap();
    queue.bury(&name, &late.receipt, failure(1)).await.unwrap();
    assert_eq!(queue.receive(&name, "third", 10, NOW, LONG).await.unwrap(), [], "the second still holds it");
    assert_eq!(queue.dead_list(&name, None, 10).await.unwrap(), []);
    queue.acknowledge(&name, &[held.receipt]).await.unwrap();
    assert_eq!(queue.receive(&name, "third", 10, NOW, NOW).await.unwrap(), []);
}

async fn what_is_buried_waits_for_a_person<Q: Queue + QueueConsumer + DeadLetters>(queue: &Q) {
    let name = any_queue();
    let sent = message(1);
    queue.send(&name, std::slice::from_ref(&sent)).await.unwrap();
    let first = take(queue, &name, 1).await.remove(0);
    queue.retry(&name, &[Retry { receipt: first.receipt, after: NOW, failure: Some(failure(1)) }]).await.unwrap();
    let second = take(queue, &name, 1).await.remove(0);
    queue.bury(&name, &second.receipt, failure(2)).await.unwrap();
    queue.bury(&name, &second.receipt, failure(2)).await.expect("twice is no error, and is done once");
    assert_eq!(queue.receive(&name, "b", 10, NOW, NOW).await.unwrap(), [], "no longer delivered");
    let dead = queue.dead_list(&name, None, 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(serde_json::from_str::<Message>(&dead[0].body).unwrap(), sent);
    assert_eq!((&dead[0].queue, dead[0].receive_count), (&name, 2));
    assert_eq!(dead[0].failures, [failure(1), failure(2)]);
    assert_eq!((dead[0].buried_at, dead[0].sent_at), (failure(2).at, second.sent_at));

    let mut edited = sent.clone();
    edited.body = json!({ "n": "edited" });
    let body = serde_json::to_string(&edited).unwrap();
    assert!(queue.dead_redrive(&name, &dead[0].id, Some(&body)).await.unwrap());
    assert_eq!(queue.dead_list(&name, None, 10).await.unwrap(), []);
    let again = take(queue, &name, 1).await.remove(0);
    assert_eq!(again.receive_count, 1, "a fresh count");
    assert_eq!(serde_json::from_str::<Message>(&again.body).unwrap(), edited);
}

async fn an_oversized_message_is_refused_whole<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    let mut large = message(1);
    large.body = json!("x".repeat(MESSAGE_BYTES_MAX));
    let error = queue.send(&name, &[message(0), large]).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Corrupt, "retrying cannot help");
    assert_eq!(queue.receive(&name, "a", 10, NOW, LONG).await.unwrap(), [], "none of the batch was sent");
    let mut fits = message(2);
    fits.body = json!("x".repeat(MESSAGE_BYTES_MAX - 1024));
    queue.send(&name, &[fits]).await.unwrap();
    assert_eq!(take(queue, &name, 1).await.len(), 1);
}

async fn many_consumers_share_without_overlap<Q: Queue + QueueConsumer, F: Future<Output = Q>>(make: &impl Fn() -> F) {
    const MESSAGES: usize = 200;
    let (name, queue) = (any_queue(), make().await);
    let sent: Vec<Message> = (0..MESSAGES as u64).map(message).collect();
    queue.send(&name, &sent).await.unwrap();
    let consumers = (0..4).map(|consumer| {
        let name = &name;
        async move {
            let (queue, mut mine) = (make().await, Vec::new());
            loop {
                let received = queue.receive(name, &consumer.to_string(), 7, SHORT, LONG).await.unwrap();
                if received.is_empty() {
                    return mine;
                }
                assert!(received.len() <= 7, "no more than asked for");
                mine.extend(received.into_iter().map(|delivery| delivery.message_id));
            }
        }
    });
    let all: Vec<String> = futures::future::join_all(consumers).await.concat();
    assert_eq!(all.len(), MESSAGES, "each once");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), MESSAGES);
}

async fn depth_tells_where_everything_is<Q: Queue + QueueConsumer>(queue: &Q) {
    let name = any_queue();
    assert_eq!(queue.depth(&name).await.unwrap(), Default::default());
    queue.send(&name, &[message(1), message(2), message(3), message(4)]).await.unwrap();
    let held = take(queue, &name, 3).await;
    queue
        .retry(&name, &[Retry { receipt: held[0].receipt.clone(), after: LONG, failure: Some(failure(1)) }])
        .await
        .unwrap();
    queue.bury(&name, &held[1].receipt, failure(1)).await.unwrap();
    let depth = queue.depth(&name).await.unwrap();
    assert_eq!((depth.ready, depth.in_flight, depth.delayed, depth.dead), (1, 1, 1, 1));
    assert!(depth.oldest_ms.is_some_and(|age| age < 60_000), "{depth:?}");
}

async fn take<Q: QueueConsumer>(queue: &Q, name: &QueueName, count: usize) -> Vec<Delivery> {
    take_as(queue, name, "a", count, LONG).await
}

/// Receives exactly `count`; more, or fewer until [`PATIENCE`] is over, is a failure.
async fn take_as<Q: QueueConsumer>(
    queue: &Q,
    name: &QueueName,
    consumer: &str,
    count: usize,
    visibility: Duration,
) -> Vec<Delivery> {
    let (mut taken, began) = (Vec::new(), Instant::now());
    while taken.len() < count {
        assert!(began.elapsed() < PATIENCE, "{} of {count} came", taken.len());
        let max = count - taken.len();
        taken.extend(queue.receive(name, consumer, max, Duration::from_secs(1), visibility).await.unwrap());
    }
    assert_eq!(taken.len(), count);
    taken
}

fn ids(deliveries: &[Delivery]) -> BTreeSet<&str> {
    deliveries.iter().map(|delivery| delivery.message_id.as_str()).collect()
}

fn id_of(body: &str) -> uuid::Uuid {
    serde_json::from_str::<Message>(body).unwrap().id
}

fn failure(n: i64) -> Failure {
    let at = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap() + TimeDelta::seconds(n);
    Failure { at, error: format!("failure {n}: \"quoted\" é") }
}
