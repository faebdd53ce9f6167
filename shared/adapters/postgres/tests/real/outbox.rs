use crate::fixture::{Fixture, at, creation, document, everywhere, message, record, tenant, update};
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{Outbox, OutboxEntry};
use octavo_domain_search::SearchStateStore;
use sqlx::{Executor, Row};
use std::collections::BTreeSet;

/// Long enough that it does not end within a test.
const LEASE_MS: u64 = 60_000;

async fn write(fixture: &Fixture, tenant: &str, numbers: std::ops::Range<u128>) -> Vec<OutboxEntry> {
    let mut commit = creation(document(tenant, numbers.start, "A plan"));
    commit.outbox = numbers.map(|number| message(tenant, number)).collect();
    fixture.store.document_commit(&commit).await.unwrap();
    commit.outbox
}

#[tokio::test]
async fn what_was_committed_comes_in_its_order_from_every_tenant() {
    everywhere(|fixture| async move {
        let mut written = write(&fixture, "acme", 10..15).await;
        written.extend(write(&fixture, "globex", 20..22).await);
        written.extend(write(&fixture, "acme", 1..3).await);
        let mut claimed = fixture.relay.outbox_claim(4, 0, LEASE_MS).await.unwrap();
        assert_eq!(claimed.len(), 4);
        claimed.extend(fixture.relay.outbox_claim(100, 0, LEASE_MS).await.unwrap());
        assert_eq!(claimed, written);
        assert_eq!(fixture.relay.outbox_claim(100, 0, LEASE_MS).await.unwrap(), [], "leased");
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_entry_comes_again_until_it_is_deleted() {
    everywhere(|fixture| async move {
        let written = write(&fixture, "acme", 1..4).await;
        assert_eq!(fixture.relay.outbox_claim(100, 0, 0).await.unwrap(), written, "a lease of nothing");
        assert_eq!(fixture.relay.outbox_claim(100, 0, 0).await.unwrap(), written);
        let ids = written.iter().map(|entry| entry.message.id).collect::<Vec<_>>();
        fixture.relay.outbox_delete(&ids[..1]).await.unwrap();
        fixture.store.outbox_published(&tenant("acme"), &ids[1..2]).await.unwrap();
        assert_eq!(fixture.relay.outbox_claim(100, 0, 0).await.unwrap(), written[2..]);
        // What is gone already is no error.
        fixture.relay.outbox_delete(&ids).await.unwrap();
        fixture.store.outbox_published(&tenant("acme"), &ids).await.unwrap();
        assert_eq!(fixture.relay.outbox_claim(100, 0, 0).await.unwrap(), []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_for_later_waits_and_is_there_once() {
    everywhere(|fixture| async move {
        let (acme, later, now) = (tenant("acme"), message("acme", 7), message("acme", 8));
        fixture.store.search_later(&acme, &later, 60_000).await.unwrap();
        // One that waits already stays as it is.
        fixture.store.search_later(&acme, &later, 0).await.unwrap();
        fixture.store.search_later(&acme, &now, 0).await.unwrap();
        assert_eq!(fixture.relay.outbox_claim(100, 0, 0).await.unwrap(), std::slice::from_ref(&now));
        // When it was sent, another may wait.
        fixture.relay.outbox_delete(&[now.message.id]).await.unwrap();
        fixture.store.search_later(&acme, &now, 0).await.unwrap();
        assert_eq!(fixture.relay.outbox_claim(100, 0, 0).await.unwrap(), [now]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_young_entry_is_left_to_whoever_wrote_it() {
    everywhere(|fixture| async move {
        write(&fixture, "acme", 1..2).await;
        assert_eq!(fixture.relay.outbox_claim(100, 60_000, LEASE_MS).await.unwrap(), []);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relays_side_by_side_take_each_entry_once() {
    everywhere(|fixture| async move {
        write(&fixture, "acme", 1..101).await;
        let claim = || async {
            let mut taken = Vec::new();
            loop {
                let entries = fixture.relay.outbox_claim(7, 0, LEASE_MS).await.unwrap();
                if entries.is_empty() {
                    break taken;
                }
                taken.extend(entries.iter().map(|entry| entry.message.id));
            }
        };
        let (a, b, c, d) = tokio::join!(claim(), claim(), claim(), claim());
        let all = [a, b, c, d].concat();
        assert_eq!(all.len(), 100);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 100);
        fixture
    })
    .await;
}

#[tokio::test]
async fn one_that_is_being_taken_is_passed_over_without_waiting() {
    everywhere(|fixture| async move {
        let written = write(&fixture, "acme", 1..3).await;
        let mut other = fixture.relay_connection().await;
        other.execute("begin").await.unwrap();
        let id = written[0].message.id;
        sqlx::query("update outbox set leased_until = now() where id = $1").bind(id).execute(&mut other).await.unwrap();
        assert_eq!(fixture.relay.outbox_claim(10, 0, LEASE_MS).await.unwrap(), written[1..]);
        other.execute("rollback").await.unwrap();
        assert_eq!(fixture.relay.outbox_claim(10, 0, LEASE_MS).await.unwrap(), written[..1]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn only_what_has_expired_is_swept() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        // These expired long ago by the server's clock; the other one has years to go.
        let mut old = creation(document("acme", 1, "Old"));
        old.idempotency = Some(record("old", "hash", at(-1_000_000_000)));
        old.document.updated_at = at(-2_000_000_000);
        store.document_commit(&old).await.unwrap();
        let mut new = creation(document("acme", 2, "New"));
        new.idempotency = Some(record("new", "hash", at(1_000_000_000)));
        new.hidden_from = vec!["user:alan".parse().unwrap()];
        store.document_commit(&new).await.unwrap();
        let mut hidden = update(&old.document, |_| ());
        hidden.hidden_from = vec!["user:alan".parse().unwrap()];
        store.document_commit(&hidden).await.unwrap();
        store.search_settled(&tenant("acme"), &[(hidden.document.id, 2)], 0).await.unwrap();

        assert_eq!(fixture.relay.sweep().await.unwrap(), 2);
        assert_eq!(fixture.relay.sweep().await.unwrap(), 0);
        let mut admin = fixture.admin().await;
        let row = admin
            .fetch_one("select (select min(key) from idempotency), (select count(*) from search_hidden)")
            .await
            .unwrap();
        assert_eq!((row.get::<String, _>(0).as_str(), row.get::<i64, _>(1)), ("new", 1));
        fixture
    })
    .await;
}
