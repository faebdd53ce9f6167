use crate::fixture::{at, content, create, creation, document, everywhere, grant, id, message, record, tenant, update};
use octavo_domain_documents::{CommitError, DocumentStore, Role, VERSIONS_MAX, Version};
use octavo_domain_kernel::{Message, Outbox, PortErrorKind, TraceContext, trace};
use std::slice;

#[tokio::test]
async fn what_was_made_comes_back_unchanged() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut made = document("acme", 1, "Der Plan: Größe ẞ 𝔘");
        made.grants = vec![grant("user:grace", Role::Viewer), grant("group:legal", Role::Editor)];
        made.content.file_name = None;
        create(store, made.clone()).await;
        assert_eq!(store.document_get(&tenant("acme"), id(1)).await.unwrap(), Some(made.clone()));
        assert_eq!(store.document_get(&tenant("acme"), id(2)).await.unwrap(), None);
        let many = store.document_get_many(&tenant("acme"), &[id(1), id(2), id(1)]).await.unwrap();
        assert_eq!(many, slice::from_ref(&made));
        fixture
    })
    .await;
}

#[tokio::test]
async fn unprepared_statements_do_the_same() {
    everywhere(|fixture| async move {
        let store = fixture.uncached_store();
        let made = create(&store, document("acme", 1, "A plan")).await;
        store.document_commit(&update(&made, |document| document.title = "B".to_owned())).await.unwrap();
        assert_eq!(store.document_get(&tenant("acme"), id(1)).await.unwrap().unwrap().title, "B");
        store.close().await;
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_change_is_whole_and_leaves_what_it_does_not_name() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut made = document("acme", 1, "A plan");
        made.grants = vec![grant("user:alan", Role::Viewer), grant("user:grace", Role::Viewer)];
        create(store, made.clone()).await;
        let other = create(store, document("acme", 2, "Another")).await;

        let commit = update(&made, |document| {
            document.title = "A better plan".to_owned();
            document.tags.clear();
            document.metadata.clear();
            document.owner = "grace".parse().unwrap();
            document.updated_by = "alan".parse().unwrap();
            document.grants = vec![grant("user:alan", Role::Editor), grant("group:legal", Role::Viewer)];
            document.deleted_at = Some(at(5));
        });
        store.document_commit(&commit).await.unwrap();
        assert_eq!(store.document_get(&tenant("acme"), id(1)).await.unwrap(), Some(commit.document));
        assert_eq!(store.document_get(&tenant("acme"), id(2)).await.unwrap(), Some(other));
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_a_function_did_not_live_to_publish_is_published_in_its_trace() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let made = create(store, document("acme", 1, "A plan")).await;
        let mut change = update(&made, |document| document.title = "Second".to_owned());
        let told = message("acme", 7);
        change.outbox = vec![told.clone()];
        let function: TraceContext = "00-4bf92f3577b34da6a3ce929d0e0e4736-53995c3f42cd8ad8-01".parse().unwrap();
        trace::within(Some(function), store.document_commit(&change)).await.unwrap();
        let claimed = fixture.relay.outbox_claim(10, 0, 0).await.unwrap();
        let expected = Message { traceparent: Some(function.to_string()), ..told.message };
        assert_eq!(claimed.iter().map(|entry| &entry.message).collect::<Vec<_>>(), [&expected]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_stale_change_names_the_present_revision_and_does_nothing() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let made = create(store, document("acme", 1, "A plan")).await;
        let second = update(&made, |document| document.title = "Second".to_owned());
        store.document_commit(&second).await.unwrap();

        let mut stale = update(&made, |document| {
            document.title = "Stale".to_owned();
            document.grants = vec![grant("user:grace", Role::Viewer)];
        });
        stale.outbox = vec![message("acme", 7)];
        stale.idempotency = Some(record("key", "hash", at(100)));
        stale.hidden_from = vec!["user:alan".parse().unwrap()];
        let error = store.document_commit(&stale).await.unwrap_err();
        assert!(matches!(error, CommitError::Stale { current: Some(2) }), "{error:?}");
        assert_eq!(store.document_get(&tenant("acme"), id(1)).await.unwrap(), Some(second.document));
        let key = stale.idempotency.unwrap().key;
        assert_eq!(store.idempotency_get(&tenant("acme"), &key, at(0)).await.unwrap(), None);

        let nowhere = update(&document("acme", 9, "Not there"), |_| ());
        let error = store.document_commit(&nowhere).await.unwrap_err();
        assert!(matches!(error, CommitError::Stale { current: None }), "{error:?}");
        let twice = store.document_commit(&creation(document("acme", 1, "Again"))).await.unwrap_err();
        assert!(matches!(twice, CommitError::Stale { current: Some(2) }), "{twice:?}");
        fixture
    })
    .await;
}

#[tokio::test]
async fn versions_are_paged_and_the_oldest_is_dropped() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let acme = tenant("acme");
        let mut current = create(store, document("acme", 1, "v1")).await;
        // The third has the number at which the first is too old.
        for number in [2, VERSIONS_MAX + 1] {
            let mut commit = update(&current, |document| {
                document.version = number;
                document.content = content('b');
            });
            commit.version = Some(Version {
                number,
                content: content('b'),
                title: format!("v{number}"),
                created_by: "grace".parse().unwrap(),
                created_at: commit.document.updated_at,
            });
            store.document_commit(&commit).await.unwrap();
            if number == 2 {
                let version = store.document_version_get(&acme, id(1), 2).await.unwrap();
                assert_eq!(version, commit.version);
                let first = store.document_versions(&acme, id(1), Some(2), 10).await.unwrap();
                assert_eq!(first.iter().map(|version| version.number).collect::<Vec<_>>(), [1]);
            }
            current = commit.document;
        }
        let all = store.document_versions(&acme, id(1), None, 10).await.unwrap();
        assert_eq!(all.iter().map(|version| version.number).collect::<Vec<_>>(), [VERSIONS_MAX + 1, 2]);
        assert_eq!(store.document_versions(&acme, id(1), None, 1).await.unwrap(), all[..1]);
        assert_eq!(store.document_version_get(&acme, id(1), 1).await.unwrap(), None);
        assert_eq!(store.document_version_get(&acme, id(1), u32::MAX).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_remembered_until_it_expires() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let acme = tenant("acme");
        let mut first = creation(document("acme", 1, "A plan"));
        first.idempotency = Some(record("key", "hash", at(100)));
        store.document_commit(&first).await.unwrap();
        let key = first.idempotency.clone().unwrap().key;
        assert_eq!(store.idempotency_get(&acme, &key, at(99)).await.unwrap(), first.idempotency);
        assert_eq!(store.idempotency_get(&acme, &key, at(100)).await.unwrap(), None);

        let mut early = creation(document("acme", 2, "Too early"));
        early.idempotency = Some(record("key", "other", at(200)));
        let error = store.document_commit(&early).await.unwrap_err();
        assert!(matches!(error, CommitError::IdempotencyKeyTaken), "{error:?}");
        assert_eq!(store.document_get(&acme, id(2)).await.unwrap(), None);

        // The commit's moment is the document's: by then the first answer is over.
        early.document.updated_at = at(101);
        store.document_commit(&early).await.unwrap();
        assert_eq!(store.idempotency_get(&acme, &key, at(101)).await.unwrap(), early.idempotency);
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_same_request_sent_again_is_told_so_rather_than_stale() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let made = create(store, document("acme", 1, "A plan")).await;
        let mut change = update(&made, |document| document.title = "B".to_owned());
        change.idempotency = Some(record("key", "hash", at(100)));
        store.document_commit(&change).await.unwrap();
        let error = store.document_commit(&change).await.unwrap_err();
        assert!(matches!(error, CommitError::IdempotencyKeyTaken), "{error:?}");
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_defect_of_the_caller_is_refused() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut wrong = creation(document("acme", 1, "A plan"));
        wrong.document.revision = 3;
        let mut foreign = creation(document("acme", 1, "A plan"));
        foreign.outbox = vec![message("globex", 1)];
        for commit in [wrong, foreign] {
            match store.document_commit(&commit).await.unwrap_err() {
                CommitError::Port(error) => assert_eq!(error.kind, PortErrorKind::Corrupt),
                other => panic!("{other:?}"),
            }
        }
        let ids = (0..1001).map(id).collect::<Vec<_>>();
        let error = store.document_get_many(&tenant("acme"), &ids).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Corrupt);
        fixture
    })
    .await;
}
