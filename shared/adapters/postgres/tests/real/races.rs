//! Many at once.

use crate::fixture::{at, create, creation, document, everywhere, id, message, record, tenant, update};
use futures::future::join_all;
use octavo_domain_documents::{CommitError, DocumentStore};
use octavo_domain_kernel::Outbox;
use octavo_domain_search::SearchStateStore;

/// More than there are connections, so that some also wait for one.
const CONTENDERS: u128 = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_to_one_revision_exactly_one_is_made() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let made = create(store, document("acme", 1, "A plan")).await;
        let commits = (0..CONTENDERS).map(|number| {
            let mut commit = update(&made, |document| document.title = format!("by {number}"));
            commit.outbox = vec![message("acme", 100 + number)];
            commit
        });
        let results = join_all(
            commits.map(|commit| async move { (commit.document.title.clone(), store.document_commit(&commit).await) }),
        )
        .await;
        let winners = results.iter().filter(|(_, result)| result.is_ok()).collect::<Vec<_>>();
        assert_eq!(winners.len(), 1);
        for (_, result) in &results {
            assert!(matches!(result, Ok(()) | Err(CommitError::Stale { current: Some(2) })), "{result:?}");
        }
        let stored = store.document_get(&tenant("acme"), id(1)).await.unwrap().unwrap();
        assert_eq!((stored.revision, &stored.title), (2, &winners[0].0));
        assert_eq!(fixture.relay.outbox_claim(100, 0, 1000).await.unwrap().len(), 1, "the losers told nobody");
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_with_one_key_exactly_one_is_done() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let results = join_all((0..CONTENDERS).map(|number| async move {
            let mut commit = creation(document("acme", 1 + number, "A plan"));
            commit.idempotency = Some(record("key", "hash", at(100)));
            store.document_commit(&commit).await
        }))
        .await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(CommitError::IdempotencyKeyTaken))));
        let ids = (0..CONTENDERS).map(|number| id(1 + number)).collect::<Vec<_>>();
        assert_eq!(store.document_get_many(&tenant("acme"), &ids).await.unwrap().len(), 1);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsharing_and_settling_do_not_wait_for_each_other_in_a_circle() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let acme = &tenant("acme");
        let mut documents = Vec::new();
        for number in 1..=8 {
            documents.push(create(store, document("acme", number, "A plan")).await);
        }
        let documents = &documents;
        let unshare = (0..8_usize).map(|number| async move {
            let mut current = documents[number].clone();
            for _ in 0..5 {
                let mut commit = update(&current, |_| ());
                commit.hidden_from = vec!["user:alan".parse().unwrap(), "group:legal".parse().unwrap()];
                store.document_commit(&commit).await.unwrap();
                current = commit.document;
            }
        });
        let settle = (0..8_usize).map(|turn| async move {
            for _ in 0..5 {
                let mut indexed = documents.iter().map(|document| (document.id, 1)).collect::<Vec<_>>();
                indexed.rotate_left(turn);
                store.search_settled(acme, &indexed, 0).await.unwrap();
            }
        });
        tokio::join!(join_all(unshare), join_all(settle));
        let state = store.search_state(acme, &["user:alan".parse().unwrap()]).await.unwrap();
        assert_eq!(state.generation, 80, "every one counted once");
        assert_eq!(state.hidden.len(), 8, "no settled revision was late enough");
        fixture
    })
    .await;
}
