//! What is due, of all tenants; what was over long ago.

use crate::ai_fixture::ask;
use crate::fixture::{everywhere, tenant};
use crate::notify_fixture::{
    WORKER, acme, at, attempt, claim, close, closed, event, gathered, id, message, plan, planned, start,
};
use chrono::{DateTime, Duration, SubsecRound, Utc};
use octavo_adapters_postgres::DueNotifications;
use octavo_domain_kernel::{Due, DueWork, Outbox, TenantId};
use octavo_domain_notify::{Channel, Event, MessageId, MessageStatus, NOTIFY_QUEUE, NotifyStore, WAKE, WakeBody};
use sqlx::{AssertSqlSafe, Executor, Row};

const HOLD_MS: u64 = 60_000;

fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "the bell goes by the database's clock")]
    Utc::now().trunc_subsecs(6)
}

/// Whose messages are rung for, in order.
fn rung(due: &Due) -> Vec<(TenantId, Vec<MessageId>)> {
    let mut rung: Vec<_> = due
        .entries
        .iter()
        .map(|entry| {
            assert_eq!((entry.queue.as_str(), entry.message.kind.as_str()), (NOTIFY_QUEUE, WAKE));
            let body: WakeBody = serde_json::from_value(entry.message.body.clone()).unwrap();
            let mut messages = body.messages;
            messages.sort();
            (entry.message.tenant.clone(), messages)
        })
        .collect();
    rung.sort();
    rung
}

fn that_happened(at: DateTime<Utc>, number: u128) -> Event {
    Event { at, ..event(number) }
}

#[tokio::test]
async fn what_is_due_is_rung_for_once_a_tenant() {
    everywhere(|fixture| async move {
        let (store, bell) = (&fixture.store, DueNotifications(fixture.relay.clone()));
        assert_eq!(bell.due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        let past = now() - Duration::seconds(120);
        // Its worker died; one that is gathered and due; one that is not; one that is over; one that is held.
        let first = that_happened(past, 1);
        let mut later = planned(&first, 3, "ada", Channel::Sms);
        later.message.due_at = Some(now() + Duration::seconds(30));
        let mut dropped = planned(&first, 4, "ada", Channel::InApp);
        (dropped.message.status, dropped.message.due_at) = (MessageStatus::Dropped, None);
        let due_digest = gathered(&first, 2, "ada", "daily", past + Duration::seconds(1));
        plan(store, &first, &[planned(&first, 1, "ada", Channel::Email), due_digest, later, dropped]).await;
        let held = that_happened(now(), 2);
        plan(store, &held, &[planned(&held, 5, "ada", Channel::Email)]).await;
        let theirs = that_happened(past, 3);
        let until = past + Duration::seconds(60);
        let planned = [planned(&theirs, 1, "ada", Channel::Email)];
        store.event_plan(&tenant("globex"), &theirs, &planned, past, WORKER, until).await.unwrap();

        let due = bell.due_claim(10, HOLD_MS).await.unwrap();
        assert_eq!(rung(&due), [(acme(), vec![id(1), id(2)]), (tenant("globex"), vec![id(1)])]);
        let soon = due.next_at.unwrap() - now();
        assert!(soon > Duration::seconds(20) && soon <= Duration::seconds(30), "{soon}");
        assert_eq!(rung(&bell.due_claim(10, HOLD_MS).await.unwrap()), [], "held");
        // Whoever is rung for may work on it.
        let ids = [id(1), id(2), id(3), id(4), id(5)];
        let claims = store.messages_claim(&acme(), &ids, "other", now(), now() + Duration::seconds(60)).await.unwrap();
        assert_eq!(claims.iter().map(|claim| claim.message.id).collect::<Vec<_>>(), [id(1), id(2)]);

        let mut admin = fixture.admin().await;
        admin.execute("update notify_message set wake_at = now() where wake_at is not null").await.unwrap();
        assert_eq!(bell.due_claim(1, HOLD_MS).await.unwrap().entries.len(), 1, "no more than asked for");
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wake_names_a_hundred_and_many_may_ask_at_once() {
    everywhere(|fixture| async move {
        let (store, bell) = (&fixture.store, &DueNotifications(fixture.relay.clone()));
        let event = that_happened(now() - Duration::seconds(120), 1);
        let all: Vec<_> = (1..=250).map(|number| planned(&event, number, "ada", Channel::Email)).collect();
        assert_eq!(plan(store, &event, &all).await.len(), 250);
        let mut admin = fixture.admin().await;
        let lock = format!("begin; select from notify_message where id = '{}' for update", id(250));
        admin.execute(AssertSqlSafe(lock)).await.unwrap();
        let asked = futures::future::join_all((0..4).map(|_| bell.due_claim(120, HOLD_MS))).await;
        let mut found = Vec::new();
        for due in asked {
            for (_, messages) in rung(&due.unwrap()) {
                assert!(messages.len() <= 100);
                found.extend(messages);
            }
        }
        admin.execute("rollback").await.unwrap();
        while let more @ [_, ..] = rung(&bell.due_claim(120, HOLD_MS).await.unwrap()).as_slice() {
            found.extend(more.iter().flat_map(|(_, messages)| messages.clone()));
        }
        found.sort();
        assert_eq!(found, (1..=250).map(id).collect::<Vec<_>>(), "each once");
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_left_is_rung_for_when_it_is_due_and_what_is_over_never() {
    everywhere(|fixture| async move {
        let (store, bell) = (&fixture.store, DueNotifications(fixture.relay.clone()));
        let moment = now();
        let event = that_happened(moment, 1);
        let both = [planned(&event, 1, "ada", Channel::Email), planned(&event, 2, "ada", Channel::InApp)];
        plan(store, &event, &both).await;
        let again = octavo_domain_notify::Closed {
            due_at: Some(moment - Duration::seconds(1)),
            ..closed(id(1), MessageStatus::Planned)
        };
        let over = closed(id(2), MessageStatus::Delivered);
        store.messages_close(&acme(), WORKER, &[again, over], moment).await.unwrap();
        let due = bell.due_claim(10, HOLD_MS).await.unwrap();
        assert_eq!(rung(&due), [(acme(), vec![id(1)])]);
        let claims =
            store.messages_claim(&acme(), &[id(1)], WORKER, now(), now() + Duration::seconds(60)).await.unwrap();
        assert_eq!(claims.len(), 1);
        store.messages_close(&acme(), WORKER, &[closed(id(1), MessageStatus::Failed)], now()).await.unwrap();
        assert_eq!(bell.due_claim(10, HOLD_MS).await.unwrap(), Due::default());
        assert!(store.message_retry(&acme(), id(1), now() - Duration::seconds(1)).await.unwrap());
        assert_eq!(rung(&bell.due_claim(10, HOLD_MS).await.unwrap()), [(acme(), vec![id(1)])]);
        fixture
    })
    .await;
}

/// What a look costs while thousands wait and nothing is due: the left edge of an index.
#[tokio::test]
async fn a_look_while_nothing_is_due_reads_next_to_nothing() {
    everywhere(|fixture| async move {
        let bell = DueNotifications(fixture.relay.clone());
        let mut admin = fixture.admin().await;
        let fill = "insert into notify_message (
                tenant, id, event_id, category, channel, recipient, urgency, mandatory, digest, status, created_at, due_at,
                attempts, updated_at, wake_at)
            select 'acme', gen_random_uuid(), gen_random_uuid(), 'c', 'email', '{}', 'normal', false, false, 'planned',
                now(), now() + interval '1 day', 0, now(), now() + interval '1 day' from generate_series(1, 20000);
            analyze notify_message";
        admin.execute(fill).await.unwrap();
        let due = bell.due_claim(100, HOLD_MS).await.unwrap();
        assert!(due.entries.is_empty() && due.next_at.is_some());
        let mut relay = fixture.relay_connection().await;
        let plan: String = relay
            .fetch_all(
                "explain (analyze, buffers, costs off, timing off, summary off)
                select wake_at from notify_message where wake_at is not null order by wake_at limit 1",
            )
            .await
            .unwrap()
            .iter()
            .map(|row| row.get::<String, _>(0) + "\n")
            .collect();
        assert!(plan.contains("notify_message_wake") && !plan.contains("Seq Scan"), "{plan}");
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_was_over_ninety_days_ago_is_forgotten_with_its_events() {
    everywhere(|fixture| async move {
        let (store, relay) = (&fixture.store, &fixture.relay);
        let mut admin = fixture.admin().await;
        // 1: long over. 2: over for 89 days. 3: waits still. 4: gathered by a digest that waits. 5: by one that is over.
        // 6: never planned.
        for number in 1..=5 {
            let event = event(number);
            let mail = planned(&event, 100 + number, "ada", Channel::Email);
            let planned = match number {
                4 => gathered(&event, 104, "ada", "a", at(600)),
                5 => gathered(&event, 105, "ada", "b", at(600)),
                _ => mail,
            };
            plan(store, &event, &[planned]).await;
        }
        store.event_accept(&acme(), &event(6), at(6)).await.unwrap();
        for number in [1, 2] {
            start(store, id(100 + number), WORKER, &attempt(1, "smtp", 5)).await;
            close(store, WORKER, &[closed(id(100 + number), MessageStatus::Sent)], 6).await;
        }
        claim(store, &[id(105)], WORKER, 600).await;
        close(store, WORKER, &[closed(id(105), MessageStatus::Sent)], 601).await;
        admin
            .execute(AssertSqlSafe(format!(
                "update notify_event set taken_at = now() - interval '100 days';
                update notify_attempt set started_at = now() - interval '100 days';
                update notify_digest_item set gathered_at = now() - interval '100 days';
                update notify_message set ended_at = now() - interval '91 days' where ended_at is not null;
                update notify_message set ended_at = now() - interval '89 days' where id = '{}'",
                id(102)
            )))
            .await
            .unwrap();
        while relay.sweep().await.unwrap() > 0 {}
        let mut left = Vec::new();
        for number in 1..=6 {
            if store.event_get(&acme(), id(number)).await.unwrap().is_some() {
                left.push(number);
            }
        }
        assert_eq!(left, [2, 3, 4]);
        let count = |table: &str| format!("select count(*) from {table}");
        for (table, rows) in [("notify_message", 3_i64), ("notify_attempt", 1), ("notify_digest_item", 1)] {
            assert_eq!(ask::<i64>(&mut admin, count(table)).await, rows, "{table}");
        }
        assert_eq!(message(store, id(104)).await.events.len(), 1);
        assert_eq!(relay.sweep().await.unwrap(), 0);
        fixture
    })
    .await;
}
