//! Digests: one open at a time, every event in exactly one.

use crate::ai_fixture::ask;
use crate::fixture::{Fixture, everywhere};
use crate::notify_fixture::{WORKER, acme, at, claim, close, closed, event, gathered, id, message, plan, planned};
use octavo_adapters_postgres::Postgres;
use octavo_domain_notify::{Channel, Event, MessageId, MessageQuery, MessageStatus, NotifyStore, Planned, Reason};
use std::sync::atomic::{AtomicBool, Ordering};

async fn digests(store: &Postgres, number: u128) -> Vec<u128> {
    let query = MessageQuery { event: Some(id(number)), limit: 10, ..MessageQuery::default() };
    let messages = store.message_list(&acme(), &query).await.unwrap();
    messages.iter().map(|message| message.id.as_u128()).collect()
}

#[tokio::test]
async fn events_are_gathered_until_their_digest_is_due() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        // The later one comes first.
        for number in [3, 1, 2] {
            let event = event(number);
            let due = at(600 + i64::try_from(number).unwrap());
            assert_eq!(plan(store, &event, &[gathered(&event, 100 + number, "ada", "daily", due)]).await, []);
        }
        let digest = message(store, id(103)).await;
        assert_eq!(digest.message.digest, Some(id(103)));
        assert_eq!((digest.message.status, digest.message.reason), (MessageStatus::Planned, Some(Reason::Digest)));
        assert_eq!(digest.message.due_at, Some(at(603)), "that of the one that opened it");
        assert_eq!(store.message_get(&acme(), id(101)).await.unwrap(), None, "no message of its own");
        assert_eq!(digests(store, 1).await, [103]);
        let stored = store.event_get(&acme(), id(1)).await.unwrap().unwrap();
        assert_eq!(stored.messages, [(MessageStatus::Planned, 1)]);

        let ids = [id(101), id(102), id(103)];
        assert_eq!(claim(store, &ids, WORKER, 600).await, []);
        let claims = claim(store, &ids, WORKER, 603).await;
        let [digest] = &claims[..] else { panic!("{claims:?}") };
        assert_eq!(digest.gathered, 3);
        let events: Vec<u128> = digest.events.iter().map(|event| event.id.as_u128()).collect();
        assert_eq!(events, [1, 2, 3], "as they happened");

        // It is closed by this: the next opens another, also while this one is not sent yet.
        let four = event(4);
        plan(store, &four, &[gathered(&four, 104, "ada", "daily", at(1_200))]).await;
        assert_eq!(digests(store, 4).await, [104]);
        assert_eq!(claim(store, &ids, WORKER, 700).await[0].gathered, 3, "whoever comes after a dead worker, too");
        close(store, WORKER, &[closed(id(103), MessageStatus::Sent)], 701).await;
        assert_eq!(message(store, id(103)).await.events.len(), 3);
        fixture
    })
    .await;
}

#[tokio::test]
async fn other_people_channels_and_keys_have_digests_of_their_own() {
    everywhere(|fixture| async move {
        let (store, event) = (&fixture.store, event(1));
        let due = at(600);
        let mut sms = gathered(&event, 4, "ada", "daily", due);
        sms.message.channel = Channel::Sms;
        let mut dropped = gathered(&event, 5, "ada", "daily", due);
        (dropped.message.status, dropped.message.due_at) = (MessageStatus::Dropped, None);
        let all = [
            gathered(&event, 1, "ada", "daily", due),
            gathered(&event, 2, "bob", "daily", due),
            gathered(&event, 3, "ada", "order-1", due),
            sms,
            dropped,
            planned(&event, 6, "ada", Channel::Email),
        ];
        assert_eq!(plan(store, &event, &all).await.len(), 1);
        for number in 1..=4 {
            assert_eq!(message(store, id(number)).await.message.digest, Some(id(number)));
        }
        for number in 5..=6 {
            assert_eq!(message(store, id(number)).await.message.digest, None);
        }
        assert_eq!(plan(store, &event, &all).await, [], "the same event twice is gathered once");
        assert_eq!(message(store, id(1)).await.gathered, 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn of_many_events_the_oldest_are_told_and_all_are_counted() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for number in 1..=105 {
            let event = event(number);
            plan(store, &event, &[gathered(&event, 1_000 + number, "ada", "daily", at(600))]).await;
        }
        let claims = claim(store, &[id(1_001)], WORKER, 600).await;
        assert_eq!((claims[0].gathered, claims[0].events.len()), (105, 100));
        assert_eq!(claims[0].events[99].id, id(100));
        fixture
    })
    .await;
}

/// Events per round, each for two people: plans lock two digests in whatever order they name them.
const EVENTS: u128 = 200;

/// One that plans everything that is its own.
async fn planner(store: Postgres, mine: Vec<u128>) {
    for number in mine {
        let event = Event { at: at(1), ..event(number) };
        let mut both: Vec<Planned> = vec![
            gathered(&event, 10_000 + number, "ada", "daily", at(2)),
            gathered(&event, 20_000 + number, "bob", "daily", at(2)),
        ];
        if number % 2 == 0 {
            both.reverse();
        }
        plan(&store, &event, &both).await;
    }
}

/// One that closes every digest that it sees, until there are none; how many each had gathered then.
async fn closer(fixture: &Fixture, done: &AtomicBool) -> Vec<(MessageId, i64)> {
    let mut admin = fixture.admin().await;
    let mut closed = Vec::new();
    loop {
        let over = done.load(Ordering::SeqCst);
        let open = "select coalesce(array_agg(id), '{}') from notify_digest";
        let ids: Vec<MessageId> = ask(&mut admin, open).await;
        for digest in claim(&fixture.store, &ids, WORKER, 5).await {
            assert_eq!(digest.events.len(), digest.gathered.min(100) as usize);
            closed.push((digest.message.id, digest.gathered.into()));
        }
        if over && ids.is_empty() {
            return closed;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_told_twice_while_digests_are_closed() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let done = AtomicBool::new(false);
        let planning = async {
            let planners = (0..8_u128).map(|place| {
                let mine = (1..=EVENTS).filter(|number| number % 8 == place).collect();
                tokio::spawn(planner(store.clone(), mine))
            });
            for planner in planners.collect::<Vec<_>>() {
                planner.await.unwrap();
            }
            done.store(true, Ordering::SeqCst);
        };
        let ((), one, two) = tokio::join!(planning, closer(&fixture, &done), closer(&fixture, &done));
        let digests = one.len() + two.len();
        assert!(digests > 2, "digests were closed meanwhile");
        let mut admin = fixture.admin().await;
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from notify_digest").await, 0);
        let messages: i64 = ask(&mut admin, "select count(*) from notify_message").await;
        assert_eq!(messages, i64::try_from(digests).unwrap(), "each was claimed by one");
        // Whoever claimed one saw all that it ever gathered.
        for (digest, gathered) in one.into_iter().chain(two) {
            let sql = format!("select count(*) from notify_digest_item where digest_id = '{digest}'");
            assert_eq!(ask::<i64>(&mut admin, sql).await, gathered);
        }
        let told = "select count(*) from (
                select distinct i.event_id, m.user_id from notify_digest_item i join notify_message m on m.id = i.digest_id) t";
        assert_eq!(ask::<i64>(&mut admin, told).await, 400, "everything to everybody");
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from notify_digest_item").await, 400, "and once");
        fixture
    })
    .await;
}

/// Two hundred at once, and nobody closes: one digest.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_digest_is_open_however_many_plan_at_once() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let planning = (1..=EVENTS).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let event = event(number);
                plan(&store, &event, &[gathered(&event, 1_000 + number, "ada", "daily", at(9_000))]).await
            })
        });
        for planned in planning.collect::<Vec<_>>() {
            assert_eq!(planned.await.unwrap(), []);
        }
        let query = MessageQuery { limit: 10, ..MessageQuery::default() };
        let messages = store.message_list(&acme(), &query).await.unwrap();
        let [digest] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!(message(store, digest.id).await.gathered, 200);
        let mut admin = fixture.admin().await;
        assert_eq!(ask::<i64>(&mut admin, "select gathered from notify_digest").await, 200);
        fixture
    })
    .await;
}
