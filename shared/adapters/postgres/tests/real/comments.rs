//! Remarks on documents.

use crate::fixture::{at, everywhere, id, tenant};
use futures::future::join_all;
use octavo_adapters_postgres::Postgres;
use octavo_domain_collaboration::{COMMENTS_MAX, Comment, CommentStore, NewComment};
use octavo_domain_kernel::PortErrorKind;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

fn new(number: u128, document: u128, parent: Option<u128>) -> NewComment {
    NewComment {
        id: Uuid::from_u128(number),
        document: id(document),
        parent: parent.map(Uuid::from_u128),
        author: "ada".parse().unwrap(),
        text: "Größe ẞ 𝔘?\nYes.".to_owned(),
        anchor: Some("AAE=".to_owned()),
        at: at(0),
    }
}

/// A comment of ada's.
pub(crate) async fn remark(store: &Postgres, tenant_name: &str, document: u128, number: u128) -> Comment {
    store.comment_add(&tenant(tenant_name), &new(number, document, None)).await.unwrap()
}

async fn numbers(store: &Postgres, document: u128, after: Option<u128>, limit: u16) -> Vec<u128> {
    let listed = store.comment_list(&tenant("acme"), id(document), after.map(Uuid::from_u128), limit).await.unwrap();
    listed.iter().map(|comment| comment.id.as_u128()).collect()
}

#[tokio::test]
async fn comments_come_oldest_first_a_page_at_a_time() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        for number in [3, 1, 2] {
            remark(store, "acme", 1, number).await;
        }
        remark(store, "acme", 2, 9).await;
        let answer = store.comment_add(&acme, &new(4, 1, Some(1))).await.unwrap();
        assert_eq!(numbers(store, 1, None, 200).await, [1, 2, 3, 4]);
        assert_eq!(numbers(store, 1, None, 2).await, [1, 2]);
        assert_eq!(numbers(store, 1, Some(2), 2).await, [3, 4]);
        let all = store.comment_list(&acme, id(1), None, 200).await.unwrap();
        assert_eq!(all[3], answer);
        assert_eq!(answer.parent, Some(Uuid::from_u128(1)));
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_thread_knows_who_wrote_in_it() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let said = remark(store, "acme", 1, 1).await;
        remark(store, "acme", 1, 2).await;
        for (number, author) in [(3, "bob"), (4, "cyd"), (5, "bob")] {
            let answer = NewComment { author: author.parse().unwrap(), ..new(number, 1, Some(1)) };
            store.comment_add(&acme, &answer).await.unwrap();
        }
        let authors = store.comment_participants(&acme, id(1), said.id).await.unwrap();
        assert_eq!(authors.iter().map(|author| author.as_str()).collect::<Vec<_>>(), ["ada", "bob", "cyd"]);
        assert_eq!(store.comment_count(&acme, id(1)).await.unwrap(), 5);
        assert_eq!(store.comment_get(&acme, id(1), said.id).await.unwrap(), Some(said.clone()));
        assert_eq!(store.comment_get(&acme, id(2), said.id).await.unwrap(), None);
        let globex = tenant("globex");
        assert_eq!(store.comment_get(&globex, id(1), said.id).await.unwrap(), None);
        assert_eq!(store.comment_participants(&globex, id(1), said.id).await.unwrap(), []);
        assert_eq!(store.comment_count(&globex, id(1)).await.unwrap(), 0);
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_answer_needs_a_comment_of_the_same_document_that_is_none_itself() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        remark(store, "acme", 1, 1).await;
        remark(store, "acme", 2, 2).await;
        store.comment_add(&acme, &new(3, 1, Some(1))).await.unwrap();
        for parent in [2, 3, 4, 7] {
            let error = store.comment_add(&acme, &new(4, 1, Some(parent))).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::NotFound, "{parent}: {error}");
        }
        let error = store.comment_add(&tenant("globex"), &new(4, 1, Some(1))).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::NotFound, "another tenant's");
        assert_eq!(store.comment_add(&acme, &new(1, 1, None)).await.unwrap_err().kind, PortErrorKind::Conflict);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_matter_is_settled_once_and_opened_again() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        remark(store, "acme", 1, 1).await;
        let (bob, cyd) = ("bob".parse().unwrap(), "cyd".parse().unwrap());
        let one = Uuid::from_u128(1);
        let settled = store.comment_resolve(&acme, id(1), one, Some(&bob), at(1)).await.unwrap().unwrap();
        assert_eq!((settled.resolved_at, settled.resolved_by.as_ref()), (Some(at(1)), Some(&bob)));
        let again = store.comment_resolve(&acme, id(1), one, Some(&cyd), at(2)).await.unwrap().unwrap();
        assert_eq!(again, settled, "the first who settled it");
        let open = store.comment_resolve(&acme, id(1), one, None, at(3)).await.unwrap().unwrap();
        assert_eq!((open.resolved_at, open.resolved_by), (None, None));
        assert_eq!(store.comment_resolve(&acme, id(2), one, Some(&bob), at(4)).await.unwrap(), None);
        assert_eq!(store.comment_resolve(&tenant("globex"), id(1), one, Some(&bob), at(4)).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_deleted_by_its_author_with_its_answers() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        for number in [1, 2] {
            remark(store, "acme", 1, number).await;
        }
        let mut answer = new(3, 1, Some(1));
        answer.author = "bob".parse().unwrap();
        store.comment_add(&acme, &answer).await.unwrap();
        let one = Uuid::from_u128(1);
        assert!(!store.comment_delete(&acme, id(1), one, &bob).await.unwrap(), "not bob's");
        assert!(!store.comment_delete(&acme, id(2), one, &ada).await.unwrap(), "not of that document");
        assert!(!store.comment_delete(&tenant("globex"), id(1), one, &ada).await.unwrap());
        assert_eq!(numbers(store, 1, None, 200).await, [1, 2, 3]);
        assert!(store.comment_delete(&acme, id(1), one, &ada).await.unwrap());
        assert_eq!(numbers(store, 1, None, 200).await, [2]);
        assert!(!store.comment_delete(&acme, id(1), one, &ada).await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_has_so_many_comments_and_not_one_more() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut app = fixture.app().await;
        app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
        let fill = format!(
            "insert into document_comment (tenant, document_id, id, author, text, created_at) \
             select 'acme', '{}', gen_random_uuid(), 'ada', 'x', now() from generate_series(1, {})",
            id(1),
            COMMENTS_MAX - 2
        );
        app.execute(AssertSqlSafe(fill)).await.unwrap();
        app.execute("commit").await.unwrap();
        let results = join_all((1..=8_u128).map(|number| {
            let new = new(number, 1, None);
            let acme = &acme;
            async move { store.comment_add(acme, &new).await }
        }))
        .await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2);
        for error in results.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
        }
        remark(store, "acme", 2, 1).await;
        fixture
    })
    .await;
}
