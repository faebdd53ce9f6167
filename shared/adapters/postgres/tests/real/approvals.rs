//! Approvals: changed by one at a time, recorded for good.

use crate::ai_fixture::ask;
use crate::approvals_fixture::{approval, change, commit, create, creation, decided, ending, event, id, waiting};
use crate::fixture::{at, everywhere, message, tenant};
use crate::workflow_fixture::{acme, now};
use futures::future::join_all;
use octavo_domain_approvals::{ApprovalStore, Committed, EventKind, LinkUse, ListQuery, Mailbox};
use octavo_domain_kernel::{Outbox, PortErrorKind};
use octavo_testing::ids::SequentialIds;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

fn commented(number: u32, actor: &str) -> octavo_domain_approvals::Event {
    let kind = EventKind::Commented { text: "why\u{0}?".to_owned(), attachments: Vec::new() };
    event(number, Some(actor), kind)
}

#[tokio::test]
async fn what_was_committed_comes_back_as_it_was_with_its_record() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        assert_eq!(store.approval_get(&acme(), id(1)).await.unwrap(), None);
        let made = create(store, approval(1, "Title \u{0} ü", &["user:bob", "group:legal"])).await;
        assert_eq!(store.approval_get(&acme(), id(1)).await.unwrap(), Some(made.clone()));
        let changed = change(&made, vec![decided(2, "bob"), commented(3, "eve")], |approval| {
            approval.stages[0].seats[0].claimed_by = Some("bob".parse().unwrap());
            approval.remarks = 1;
        });
        let changed_approval = commit(store, &changed).await;
        assert_eq!(store.approval_get(&acme(), id(1)).await.unwrap(), Some(changed_approval));
        let events = store.approval_events(&acme(), id(1), 0, 500).await.unwrap();
        let mut expected = creation(made.clone()).events;
        expected.extend(changed.events.clone());
        assert_eq!(events.iter().map(|recorded| recorded.event.clone()).collect::<Vec<_>>(), expected);
        assert!(events.iter().all(|recorded| recorded.approval == id(1)));
        let page = store.approval_events(&acme(), id(1), 1, 1).await.unwrap();
        assert_eq!(page.iter().map(|recorded| recorded.event.number).collect::<Vec<_>>(), [2]);
        assert_eq!(store.approval_events(&acme(), id(1), u32::MAX, 9).await.unwrap(), []);
        let all = ListQuery { limit: 1, ..crate::approvals_fixture::all_of(Mailbox::All) };
        assert_eq!(store.approval_list(&acme(), &all).await.unwrap()[0].comments, 1);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_saw_the_same_one_is_stale_and_leaves_nothing() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let made = create(store, approval(1, "One", &["user:bob"])).await;
        assert_eq!(store.approval_commit(&acme(), &creation(made.clone())).await.unwrap(), Committed::Stale);
        let changes: Vec<_> = (0..8_u128)
            .map(|number| {
                let mut change = change(&made, vec![commented(2, &format!("user-{number}"))], |_| ());
                change.messages = vec![message("acme", 100 + number)];
                change
            })
            .collect();
        let ours = &acme();
        let committed = join_all(changes.iter().map(|change| store.approval_commit(ours, change))).await;
        let committed: Vec<_> = committed.into_iter().map(Result::unwrap).collect();
        assert_eq!(committed.iter().filter(|committed| **committed != Committed::Stale).count(), 1, "{committed:?}");
        let mut admin = fixture.admin().await;
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from outbox").await, 1);
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from approval_part").await, 1);
        assert_eq!(ask::<i64>(&mut admin, "select seq from approval").await, 2);
        assert_eq!(store.approval_events(&acme(), id(1), 0, 9).await.unwrap().len(), 2);
        // One that is not there.
        let mut other = change(&made, Vec::new(), |_| ());
        other.approval.id = id(2);
        assert_eq!(store.approval_commit(&acme(), &other).await.unwrap(), Committed::Stale);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_decides_once_also_at_once_and_is_not_used_up_by_what_was_stale() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let made = create(store, approval(1, "One", &["user:bob", "user:eve"])).await;
        let link = |number| Some(LinkUse { nonce: Uuid::from_u128(number), expires_at: now() });
        let mut stale = change(&made, vec![commented(2, "eve")], |_| ());
        (stale.expected_seq, stale.approval.seq, stale.link) = (Some(7), 8, link(1));
        assert_eq!(store.approval_commit(&acme(), &stale).await.unwrap(), Committed::Stale);

        let mut first = change(&made, vec![commented(2, "bob")], |_| ());
        first.link = link(1);
        let ours = &acme();
        let tried = join_all((0..8).map(|_| store.approval_commit(ours, &first))).await;
        let tried: Vec<_> = tried.into_iter().map(Result::unwrap).collect();
        assert_eq!(tried.iter().filter(|tried| matches!(tried, Committed::Done { .. })).count(), 1, "{tried:?}");
        assert_eq!(tried.iter().filter(|tried| **tried == Committed::LinkUsed).count(), 7, "{tried:?}");

        let mut again = change(&first.approval, vec![commented(3, "eve")], |_| ());
        again.link = link(1);
        assert_eq!(store.approval_commit(&acme(), &again).await.unwrap(), Committed::LinkUsed);
        assert_eq!(store.approval_events(&acme(), id(1), 0, 9).await.unwrap().len(), 2, "nothing was recorded");
        again.link = link(2);
        commit(store, &again).await;
        // The first has expired, and could not be used any more: it is forgotten.
        let mut admin = fixture.admin().await;
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from approval_link").await, 2);
        fixture.relay.sweep().await.unwrap();
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from approval_link").await, 0);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_published_is_committed_with_it_and_each_event_is_audited_where_that_is_wanted() {
    everywhere(|fixture| async move {
        let store = fixture.store.clone().with_audit(Arc::new(SequentialIds::default()));
        let mut made = creation(approval(1, "One", &["user:bob"]));
        made.messages = vec![message("acme", 1)];
        commit(&store, &made).await;
        commit(&store, &ending(&made.approval, "bob")).await;
        let entries = fixture.relay.outbox_claim(10, 0, 1_000).await.unwrap();
        assert_eq!(entries[0], made.messages[0]);
        let audited: Vec<_> = entries[1..].iter().map(|entry| (entry.queue.as_str(), &*entry.message.kind)).collect();
        assert_eq!(audited, [("audit", "approval.requested"), ("audit", "approval.decided")]);
        let decided = &entries[2].message;
        assert_eq!((decided.key.as_str(), decided.at), (id(1).to_string().as_str(), at(2)));
        assert_eq!(decided.body["event"]["actor"], "bob");
        assert_eq!(decided.body["event"]["place"]["address"], "192.0.2.7");
        assert_eq!(decided.body["document"]["version"], 2);
        let ids: BTreeSet<_> = entries.iter().map(|entry| entry.message.id).collect();
        assert_eq!(ids.len(), 3);
        // A message of another tenant is a defect, and nothing is written.
        let mut wrong = creation(approval(2, "Two", &["user:bob"]));
        wrong.messages = vec![message("globex", 9)];
        assert_eq!(store.approval_commit(&acme(), &wrong).await.unwrap_err().kind, PortErrorKind::Corrupt);
        assert_eq!(store.approval_get(&acme(), id(2)).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_change_that_contradicts_itself_is_refused() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let made = create(store, approval(1, "One", &["user:bob"])).await;
        let mut skipped = change(&made, Vec::new(), |approval| approval.seq = 5);
        let mut answers = change(&made, Vec::new(), |_| ());
        answers.output = Some(serde_json::json!({}));
        let mut seats = ending(&made, "bob");
        seats.open_seats = creation(made.clone()).open_seats;
        let mut ended = ending(&made, "bob");
        ended.approval.ended_at = None;
        for commit in [&mut skipped, &mut answers, &mut seats, &mut ended] {
            let error = store.approval_commit(&acme(), commit).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Corrupt, "{error}");
        }
        assert_eq!(store.approval_get(&acme(), id(1)).await.unwrap(), Some(made));
        fixture
    })
    .await;
}

#[tokio::test]
async fn without_kept_statements_it_is_the_same() {
    everywhere(|fixture| async move {
        let store = &fixture.uncached_store();
        let (execution, asked) = waiting(store, 1, at(0)).await;
        let made = create(store, asked).await;
        let end = ending(&made, "bob");
        let done = store.approval_commit(&acme(), &end).await.unwrap();
        assert_eq!(done, Committed::Done { execution: Some(execution.0) });
        let mut stale = ending(&made, "bob");
        stale.link = Some(LinkUse { nonce: Uuid::from_u128(1), expires_at: at(0) });
        assert_eq!(store.approval_commit(&acme(), &stale).await.unwrap(), Committed::Stale);
        assert_eq!(
            store.approval_list(&tenant("globex"), &crate::approvals_fixture::all_of(Mailbox::All)).await.unwrap(),
            []
        );
        assert_eq!(crate::approvals_fixture::listed(store, &crate::approvals_fixture::all_of(Mailbox::All)).await, [1]);
        store.close().await;
        fixture
    })
    .await;
}
