use crate::fixture::{create, document, everywhere, grant, id, tenant, update};
use octavo_domain_documents::{DocumentStore, Role, lost_readers};
use octavo_domain_kernel::Reader;
use octavo_domain_search::{SearchGenerations, SearchStateStore};

/// Longer than a test runs.
const GRACE_MS: u64 = 60_000;

fn readers(texts: &[&str]) -> Vec<Reader> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_tenant_begins_with_nothing() {
    everywhere(|fixture| async move {
        let state = fixture.store.search_state(&tenant("acme"), &readers(&["user:ada"])).await.unwrap();
        assert_eq!((state.generation, state.hidden), (0, Vec::new()));
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_unshared_is_hidden_at_once_and_until_the_index_shows_it() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut made = document("acme", 1, "A plan");
        made.grants = vec![grant("user:alan", Role::Viewer), grant("group:legal", Role::Viewer)];
        create(store, made.clone()).await;
        let mut commit = update(&made, |document| document.grants.clear());
        commit.hidden_from = lost_readers(&made, &commit.document);
        assert_eq!(commit.hidden_from.len(), 2);
        store.document_commit(&commit).await.unwrap();

        let alan = readers(&["user:alan"]);
        let state = store.search_state(&acme, &alan).await.unwrap();
        assert_eq!((state.generation, state.hidden), (1, vec![id(1)]));
        let legal = store.search_state(&acme, &readers(&["user:bob", "group:legal"])).await.unwrap();
        assert_eq!(legal.hidden, [id(1)]);
        // The owner still reads it, in whatever group.
        assert_eq!(store.search_state(&acme, &readers(&["user:ada", "group:legal"])).await.unwrap().hidden, []);
        assert_eq!(store.search_state(&acme, &readers(&["user:bob"])).await.unwrap().hidden, []);

        // The index holds an older one, then this one, which is visible a little later, then at once.
        store.search_settled(&acme, &[(id(1), 1), (id(9), 4)], 0).await.unwrap();
        assert_eq!(store.search_state(&acme, &alan).await.unwrap().hidden, [id(1)]);
        store.search_settled(&acme, &[(id(1), 2)], GRACE_MS).await.unwrap();
        let state = store.search_state(&acme, &alan).await.unwrap();
        assert_eq!((state.generation, state.hidden), (3, vec![id(1)]));
        fixture
    })
    .await;
}

#[tokio::test]
async fn it_is_let_go_after_its_grace_and_hidden_again_by_a_later_change() {
    everywhere(|fixture| async move {
        let (store, acme, alan) = (&fixture.store, tenant("acme"), readers(&["user:alan"]));
        let made = create(store, document("acme", 1, "A plan")).await;
        let mut first = update(&made, |_| ());
        first.hidden_from = alan.clone();
        store.document_commit(&first).await.unwrap();
        store.search_settled(&acme, &[(id(1), 5)], 0).await.unwrap();
        assert_eq!(store.search_state(&acme, &alan).await.unwrap().hidden, [], "a later revision is as good");

        let mut second = update(&first.document, |_| ());
        second.hidden_from = alan.clone();
        store.document_commit(&second).await.unwrap();
        assert_eq!(store.search_state(&acme, &alan).await.unwrap().hidden, [id(1)]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_shared_again_shows_and_what_is_deleted_does_not() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let (ada, alan) = (readers(&["user:ada"]), readers(&["user:alan"]));
        let made = create(store, document("acme", 1, "A plan")).await;
        let mut lost = update(&made, |_| ());
        lost.hidden_from = alan.clone();
        store.document_commit(&lost).await.unwrap();
        let again = update(&lost.document, |document| document.grants = vec![grant("user:alan", Role::Viewer)]);
        store.document_commit(&again).await.unwrap();
        assert_eq!(store.search_state(&acme, &alan).await.unwrap().hidden, []);

        let mut deleted = update(&again.document, |document| document.deleted_at = Some(document.updated_at));
        deleted.hidden_from = lost_readers(&again.document, &deleted.document);
        store.document_commit(&deleted).await.unwrap();
        assert_eq!(store.search_state(&acme, &ada).await.unwrap().hidden, [id(1)]);
        assert_eq!(store.search_state(&acme, &alan).await.unwrap().hidden, [id(1)]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_relay_counts_the_generation_of_every_tenant() {
    everywhere(|fixture| async move {
        let generation = async |name: &str| {
            let state = fixture.store.search_state(&tenant(name), &readers(&["user:ada"])).await.unwrap();
            (state.generation, state.generation_at)
        };
        assert_eq!(fixture.relay.generations_bump().await.unwrap(), 0);
        // More than one transaction takes.
        for n in 0..501 {
            fixture.store.search_settled(&tenant(&format!("t-{n}")), &[], GRACE_MS).await.unwrap();
        }
        let before = (generation("t-0").await, generation("t-500").await);
        assert_eq!(fixture.relay.generations_bump().await.unwrap(), 501);
        let after = (generation("t-0").await, generation("t-500").await);
        assert_eq!((after.0.0, after.1.0), (before.0.0 + 1, before.1.0 + 1));
        assert!(after.0.1 > before.0.1);
        assert_eq!(generation("t-501").await.0, 0, "nothing of it was ever indexed");
        let mut app = fixture.app().await;
        let denied = sqlx::query("select search_generations_bump('', 1)").execute(&mut app).await.unwrap_err();
        assert!(denied.to_string().contains("permission denied"), "{denied}");
        fixture
    })
    .await;
}
