//! Messages: leased, tried, left, tried again.

use crate::ai_fixture::ask;
use crate::fixture::{everywhere, message as entry};
use crate::notify_fixture::{
    WORKER, acme, at, attempt, claim, close, closed, event, held, id, message, outcome, plan, planned, start, user,
};
use futures::future::join_all;
use octavo_domain_notify::{
    Address, AttemptStatus, Channel, Closed, Event, InboxStore, MessageStatus, NewNotification, NotifyStore, Reason,
    Started, Suppression, Urgency, notification_id,
};
use serde_json::Map;

pub(crate) fn suppression(address: &str, category: Option<&str>) -> Suppression {
    Suppression {
        channel: Channel::Email,
        address: Address(address.to_owned()),
        category: category.map(str::to_owned),
        why: "bounce".to_owned(),
        detail: Some("550 no such user".to_owned()),
        at: at(3),
    }
}

fn news(title: &str) -> NewNotification {
    NewNotification {
        category: "document.shared".to_owned(),
        title: title.to_owned(),
        text: String::new(),
        link: Some("/documents/1".to_owned()),
        data: Map::new(),
        dedupe_key: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_due_is_leased_by_one() {
    everywhere(|fixture| async move {
        let (store, event) = (&fixture.store, event(1));
        let mut later = planned(&event, 2, "ada", Channel::Sms);
        later.message.due_at = Some(at(100));
        plan(store, &event, &[planned(&event, 1, "ada", Channel::Email), later]).await;
        let ids = [id(1), id(2), id(99)];
        assert_eq!(claim(store, &ids, "other", 30).await, [], "one is held, one is not due, one is none");
        let claims = join_all((0..6).map(|number| {
            let ids = &ids;
            async move { claim(store, ids, &format!("worker-{number}"), 100).await }
        }))
        .await;
        let claimed: Vec<_> = claims.iter().flatten().map(|claim| claim.message.id).collect();
        assert_eq!(claimed.len(), 2, "each once: {claimed:?}");
        let claim = claims.iter().flatten().find(|claim| claim.message.id == id(1)).unwrap();
        assert_eq!(claim.message, planned(&event, 1, "ada", Channel::Email).message);
        assert_eq!((&*claim.events[0], claim.gathered), (&event, 1));
        fixture
    })
    .await;
}

#[tokio::test]
async fn clocks_that_are_nearly_the_same_find_what_is_due() {
    everywhere(|fixture| async move {
        let (store, event) = (&fixture.store, event(1));
        let mut soon = planned(&event, 1, "ada", Channel::Email);
        soon.message.due_at = Some(at(100));
        plan(store, &event, &[soon]).await;
        let before = |ms| at(100) - chrono::Duration::milliseconds(ms);
        assert_eq!(store.messages_claim(&acme(), &[id(1)], "w", before(900), at(200)).await.unwrap(), []);
        assert_eq!(store.messages_claim(&acme(), &[id(1)], "w", before(300), at(200)).await.unwrap().len(), 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_there_before_it_ends_for_whoever_comes_after() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mail = held(store, 1).await;
        let first = attempt(1, "smtp", 2);
        assert_eq!(start(store, mail, "other", &first).await, Started::No, "not theirs");
        assert_eq!(start(store, mail, WORKER, &attempt(2, "smtp", 2)).await, Started::No, "not the next one");
        assert_eq!(start(store, mail, WORKER, &attempt(1, "smtp", 62)).await, Started::No, "too late");
        assert_eq!(start(store, mail, WORKER, &first).await, Started::Yes);
        assert_eq!(start(store, mail, WORKER, &first).await, Started::No, "once");
        let stored = message(store, mail).await;
        assert_eq!(stored.attempts, std::slice::from_ref(&first));
        assert_eq!((stored.message.status, stored.message.attempts), (MessageStatus::Sending, 1));
        assert_eq!(stored.message.address, Some(Address("ada@acme.example".to_owned())));

        // Its worker dies here. Whoever comes after the lease sees the attempt, and the dead worker changes nothing.
        assert_eq!(claim(store, &[mail], "other", 50).await, []);
        let claims = claim(store, &[mail], "other", 62).await;
        assert_eq!(claims[0].attempts, [first]);
        let late = Closed { attempt: Some(outcome(AttemptStatus::Accepted, 63)), ..closed(mail, MessageStatus::Sent) };
        assert!(close(store, WORKER, &[late], 63).await.is_empty());
        assert_eq!(start(store, mail, WORKER, &attempt(2, "smtp", 63)).await, Started::No);
        assert_eq!(message(store, mail).await.message.status, MessageStatus::Sending);
        assert_eq!(start(store, mail, "other", &attempt(2, "ses", 64)).await, Started::Yes);
        assert_eq!(message(store, mail).await.attempts.len(), 2);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_message_is_left_with_all_that_belongs_to_it() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let event = event(1);
        let all = [
            planned(&event, 1, "ada", Channel::Email),
            planned(&event, 2, "ada", Channel::InApp),
            planned(&event, 3, "bob", Channel::Email),
            planned(&event, 4, "eve", Channel::Email),
        ];
        plan(store, &event, &all).await;
        start(store, id(1), WORKER, &attempt(1, "smtp", 2)).await;
        start(store, id(3), WORKER, &attempt(1, "smtp", 2)).await;
        let ends = [
            Closed { attempt: Some(outcome(AttemptStatus::Accepted, 3)), ..closed(id(1), MessageStatus::Sent) },
            Closed {
                inbox: Some((user("ada"), news("Shared"))),
                messages: vec![entry("acme", 900)],
                ..closed(id(2), MessageStatus::Delivered)
            },
            Closed {
                attempt: Some(outcome(AttemptStatus::Rejected, 3)),
                suppress: Some(suppression("Bob@acme.example", None)),
                ..closed(id(3), MessageStatus::Failed)
            },
            Closed { reason: Some(Reason::Retry), due_at: Some(at(500)), ..closed(id(4), MessageStatus::Planned) },
        ];
        // Of two, one is another's by now: nothing that belongs to it happens.
        let theirs = Closed {
            inbox: Some((user("ada"), news("Nobody's"))),
            suppress: Some(suppression("eve@acme.example", None)),
            messages: vec![entry("acme", 901)],
            ..closed(id(98), MessageStatus::Delivered)
        };
        let mut with_theirs = ends.to_vec();
        with_theirs.push(theirs);
        assert!(close(store, "other", &with_theirs, 4).await.is_empty());
        assert!(close(store, WORKER, &with_theirs, 62).await.is_empty(), "too late");
        assert_eq!(close(store, WORKER, &with_theirs, 4).await, (1..=4).map(id).collect::<Vec<_>>());
        assert!(close(store, WORKER, &with_theirs, 5).await.is_empty(), "left");

        let sent = message(store, id(1)).await;
        assert_eq!((sent.message.status, sent.message.due_at), (MessageStatus::Sent, None));
        assert_eq!(sent.message.updated_at, at(4));
        let [ended] = &sent.attempts[..] else { panic!("one") };
        assert_eq!((ended.status, ended.ended_at), (AttemptStatus::Accepted, Some(at(3))));
        assert_eq!(ended.provider_id.as_deref(), Some("p-1"));
        assert_eq!((ended.code.as_deref(), ended.detail.as_deref()), (Some("250"), Some("taken\u{FFFD}")));

        let page = store.inbox_list(&acme(), &user("ada"), None, false, 10).await.unwrap();
        let [told] = &page.notifications[..] else { panic!("{page:?}") };
        assert_eq!((told.title.as_str(), told.id), ("Shared", notification_id(id(2), at(4))));
        assert_eq!(told.created_at, at(4));
        let mut admin = fixture.admin().await;
        let sql = "select string_agg(id::text, ' ') from outbox";
        assert_eq!(ask::<String>(&mut admin, sql).await, id(900).to_string());
        let suppressed = store.suppression_list(&acme(), None, 10).await.unwrap();
        assert_eq!(suppressed, [suppression("bob@acme.example", None)]);

        let waits = message(store, id(4)).await.message;
        assert_eq!(
            (waits.status, waits.reason, waits.due_at),
            (MessageStatus::Planned, Some(Reason::Retry), Some(at(500)))
        );
        assert_eq!(claim(store, &[id(1), id(2), id(3), id(4)], "other", 400).await, []);
        assert_eq!(claim(store, &[id(1), id(2), id(3), id(4)], "other", 500).await.len(), 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_next_provider_is_asked_under_the_same_lease() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mail = held(store, 1).await;
        start(store, mail, WORKER, &attempt(1, "smtp", 2)).await;
        let refused =
            Closed { attempt: Some(outcome(AttemptStatus::NotTaken, 3)), ..closed(mail, MessageStatus::Sending) };
        assert_eq!(close(store, WORKER, &[refused], 3).await, vec![mail]);
        assert_eq!(claim(store, &[mail], "other", 30).await, [], "held still");
        assert_eq!(start(store, mail, WORKER, &attempt(2, "ses", 4)).await, Started::Yes);
        let stored = message(store, mail).await;
        assert_eq!(stored.message.status, MessageStatus::Sending);
        let statuses: Vec<_> = stored.attempts.iter().map(|attempt| attempt.status).collect();
        assert_eq!(statuses, [AttemptStatus::NotTaken, AttemptStatus::Started]);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_lies_in_an_inbox_once_whoever_delivers_it() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let events: Vec<Event> = (1..=8).map(event).collect();
        for (event, number) in events.iter().zip(1..) {
            plan(store, event, &[planned(event, number, "ada", Channel::InApp)]).await;
        }
        // All of one inbox at once, in several orders; the first one again by its key.
        let tell = |number: u128| {
            let new = NewNotification { dedupe_key: (number < 3).then(|| "one".to_owned()), ..news("Shared") };
            Closed { inbox: Some((user("ada"), new)), ..closed(id(number), MessageStatus::Delivered) }
        };
        let left =
            join_all((1..=8_u128).map(|number| async move { close(store, WORKER, &[tell(number)], 9).await.len() }))
                .await;
        assert_eq!(left, [1; 8]);
        assert_eq!(store.inbox_unread(&acme(), &user("ada")).await.unwrap(), 7);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_an_inbox_would_refuse_is_refused_before() {
    everywhere(|fixture| async move {
        let (store, event) = (&fixture.store, event(1));
        plan(store, &event, &[planned(&event, 1, "ada", Channel::InApp)]).await;
        let long =
            Closed { inbox: Some((user("ada"), news(&"x".repeat(201)))), ..closed(id(1), MessageStatus::Delivered) };
        assert!(store.messages_close(&acme(), WORKER, &[long], at(2)).await.is_err());
        assert_eq!(message(store, id(1)).await.message.status, MessageStatus::Planned);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_person_may_have_it_tried_again_when_it_is_over_and_did_not_arrive() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for (status, again) in [
            (MessageStatus::Failed, true),
            (MessageStatus::Unknown, true),
            (MessageStatus::Bounced, true),
            (MessageStatus::Dropped, true),
            (MessageStatus::Sent, false),
            (MessageStatus::Delivered, false),
        ] {
            let mail = held(store, 10 + status as u128).await;
            assert!(!store.message_retry(&acme(), mail, at(20)).await.unwrap(), "it is not over");
            start(store, mail, WORKER, &attempt(1, "smtp", 20)).await;
            close(store, WORKER, &[closed(mail, status)], 21).await;
            assert_eq!(store.message_retry(&acme(), mail, at(30)).await.unwrap(), again, "{status:?}");
            let claims = claim(store, &[mail], "other", 30).await;
            assert_eq!(claims.len(), usize::from(again), "{status:?}");
            if again {
                assert!(!store.message_retry(&acme(), mail, at(31)).await.unwrap(), "once");
                assert_eq!(claims[0].attempts.len(), 1);
                assert_eq!(start(store, mail, "other", &attempt(2, "smtp", 31)).await, Started::Yes);
            }
        }
        assert!(!store.message_retry(&acme(), id(77), at(1)).await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test]
async fn urgency_and_matter_come_back_as_they_were() {
    everywhere(|fixture| async move {
        let (store, mut event) = (&fixture.store, event(1));
        event.urgency = Urgency::Low;
        let mut mandatory = planned(&event, 1, "ada", Channel::Pagerduty);
        mandatory.message.mandatory = true;
        plan(store, &event, std::slice::from_ref(&mandatory)).await;
        assert_eq!(message(store, id(1)).await.message, mandatory.message);
        fixture
    })
    .await;
}

/// As an old PgBouncer needs it.
#[tokio::test]
async fn nothing_hangs_on_statements_that_are_kept_prepared() {
    everywhere(|fixture| async move {
        let store = &fixture.uncached_store();
        let event = event(1);
        plan(store, &event, &[planned(&event, 1, "ada", Channel::Email), planned(&event, 2, "ada", Channel::InApp)])
            .await;
        assert_eq!(start(store, id(1), WORKER, &attempt(1, "smtp", 2)).await, Started::Yes);
        assert_eq!(claim(store, &[id(1), id(2)], "other", 62).await.len(), 2);
        let told = Closed { inbox: Some((user("ada"), news("Shared"))), ..closed(id(2), MessageStatus::Delivered) };
        assert_eq!(close(store, "other", &[told], 63).await, vec![id(2)]);
        assert_eq!(store.inbox_unread(&acme(), &user("ada")).await.unwrap(), 1);
        store.close().await;
        fixture
    })
    .await;
}
