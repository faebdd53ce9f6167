//! Inboxes.

use crate::fixture::{at, everywhere, tenant};
use futures::future::join_all;
use octavo_adapters_postgres::Postgres;
use octavo_domain_kernel::{PortErrorKind, UserId};
use octavo_domain_notify::{INBOX_MAX, InboxPage, InboxPosition, InboxStore, Mark, NewNotification};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, Row};
use uuid::Uuid;

pub(crate) fn news(title: &str, key: Option<&str>) -> NewNotification {
    NewNotification {
        category: "document.shared".to_owned(),
        title: title.to_owned(),
        text: "Größe ẞ".to_owned(),
        link: Some("/documents/1".to_owned()),
        data: json!({"z": 1, "a": ["\u{0}", 1.5]}).as_object().unwrap().clone(),
        dedupe_key: key.map(str::to_owned),
    }
}

fn ada() -> UserId {
    "ada".parse().unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn add(store: &Postgres, number: u128) {
    let title = number.to_string();
    assert!(store.inbox_add(&tenant("acme"), &ada(), id(number), &news(&title, None), at(0)).await.unwrap().is_some());
}

async fn list(store: &Postgres, before: Option<u128>, archived: bool, limit: u16) -> InboxPage {
    let before = before.map(|number| InboxPosition { id: id(number) });
    store.inbox_list(&tenant("acme"), &ada(), before, archived, limit).await.unwrap()
}

fn numbers(page: &InboxPage) -> Vec<u128> {
    page.notifications.iter().map(|notification| notification.id.as_u128()).collect()
}

async fn mark(store: &Postgres, ids: Option<&[u128]>, mark: Mark, seconds: i64) -> u32 {
    let ids = ids.map(|ids| ids.iter().copied().map(id).collect::<Vec<_>>());
    store.inbox_mark(&tenant("acme"), &ada(), ids.as_deref(), mark, at(seconds)).await.unwrap()
}

#[tokio::test]
async fn an_inbox_is_listed_newest_first_a_page_at_a_time() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let empty = list(store, None, true, 10).await;
        assert_eq!((numbers(&empty), empty.more, empty.unread), (vec![], false, 0));
        let added =
            store.inbox_add(&tenant("acme"), &ada(), id(1), &news("One", Some("k")), at(0)).await.unwrap().unwrap();
        for number in [2, 3] {
            add(store, number).await;
        }
        let page = list(store, None, false, 2).await;
        assert_eq!((numbers(&page), page.more, page.unread), (vec![3, 2], true, 3));
        let page = list(store, Some(2), false, 2).await;
        assert_eq!((numbers(&page), page.more, page.unread), (vec![1], false, 3));
        assert_eq!(page.notifications[0], added);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_with_one_key_are_one_for_each_user_also_at_once() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let adding = (1..=8_u128).map(|number| {
            let acme = &acme;
            async move { store.inbox_add(acme, &ada(), id(number), &news("One", Some("key")), at(0)).await.unwrap() }
        });
        assert_eq!(join_all(adding).await.iter().flatten().count(), 1);
        assert_eq!(store.inbox_unread(&acme, &ada()).await.unwrap(), 1);
        let bob = "bob".parse().unwrap();
        assert!(store.inbox_add(&acme, &bob, id(1), &news("One", Some("key")), at(0)).await.unwrap().is_some());
        let globex = tenant("globex");
        assert!(store.inbox_add(&globex, &ada(), id(1), &news("One", Some("key")), at(0)).await.unwrap().is_some());
        // Without a key each is its own; the same id twice is one.
        add(store, 20).await;
        add(store, 21).await;
        assert_eq!(store.inbox_add(&acme, &ada(), id(21), &news("x", None), at(0)).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test]
async fn marks_keep_their_first_time_and_the_count_follows() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for number in 1..=4 {
            add(store, number).await;
        }
        assert_eq!(mark(store, Some(&[1, 99]), Mark::Seen, 1).await, 4, "what was seen is unread");
        assert_eq!(mark(store, Some(&[1, 2]), Mark::Read, 2).await, 2);
        assert_eq!(mark(store, Some(&[1, 3]), Mark::Read, 3).await, 1);
        let page = list(store, None, false, 10).await;
        let [four, three, two, one] = &page.notifications[..] else { panic!("four") };
        assert_eq!((one.seen_at, one.read_at), (Some(at(1)), Some(at(2))));
        assert_eq!((two.seen_at, two.read_at), (Some(at(2)), Some(at(2))));
        assert_eq!((three.seen_at, three.read_at), (Some(at(3)), Some(at(3))));
        assert_eq!((four.seen_at, four.read_at), (None, None));

        assert_eq!(mark(store, Some(&[2]), Mark::Unread, 4).await, 2);
        assert_eq!(mark(store, Some(&[4]), Mark::Archived, 5).await, 1);
        assert_eq!(mark(store, Some(&[4]), Mark::Unread, 6).await, 1, "what is put away never counts");
        assert_eq!(numbers(&list(store, None, false, 10).await), [3, 2, 1]);
        let all = list(store, None, true, 10).await;
        assert_eq!((numbers(&all), all.unread), (vec![4, 3, 2, 1], 1));
        assert_eq!(all.notifications[0].archived_at, Some(at(5)));

        assert_eq!(mark(store, None, Mark::Read, 7).await, 0);
        let all = list(store, None, true, 10).await;
        assert_eq!(all.notifications[0].read_at, None, "all means what is not put away");
        assert_eq!(all.notifications[2].read_at, Some(at(7)));
        assert_eq!(mark(store, None, Mark::Archived, 8).await, 0);
        assert_eq!(numbers(&list(store, None, false, 10).await), [0; 0]);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_inbox_lets_the_oldest_read_ones_go_first() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut app = fixture.app().await;
        app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
        let fill = format!(
            "insert into notification (tenant, user_id, id, category, title, text, data, created_at) \
             select 'acme', 'ada', lpad(to_hex(n), 32, '0')::uuid, 'c', 't', '', '{{}}', now() \
             from generate_series(1, {INBOX_MAX}) n"
        );
        app.execute(AssertSqlSafe(fill)).await.unwrap();
        app.execute("commit").await.unwrap();
        mark(store, Some(&[500, 501]), Mark::Read, 1).await;
        let count = async || -> i64 {
            let mut admin = fixture.admin().await;
            admin.fetch_one("select count(*) from notification").await.unwrap().get(0)
        };
        let gone = async |number: u128| !numbers(&list(store, Some(number + 1), true, 1).await).contains(&number);
        add(store, 2_001).await;
        assert!(gone(500).await && !gone(501).await && !gone(1).await);
        add(store, 2_002).await;
        add(store, 2_003).await;
        assert!(gone(501).await && gone(1).await && !gone(2).await, "then the oldest");
        assert_eq!(count().await, i64::from(INBOX_MAX));
        let adding = (3_001..=3_008_u128).map(|number| {
            let acme = &acme;
            async move { store.inbox_add(acme, &ada(), id(number), &news("x", None), at(0)).await.unwrap() }
        });
        assert_eq!(join_all(adding).await.iter().flatten().count(), 8);
        assert_eq!(count().await, i64::from(INBOX_MAX), "also when many come at once");
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_may_not_be_delivered_is_refused_before_and_in_the_database() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut link = news("x", None);
        link.link = Some("https://elsewhere.test".to_owned());
        for bad in [news("", None), news(&"x".repeat(201), None), news("a\u{0}b", None), link] {
            let error = store.inbox_add(&acme, &ada(), id(1), &bad, at(0)).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Corrupt, "{error}");
        }
        let ids = vec![id(1); 1_001];
        let error = store.inbox_mark(&acme, &ada(), Some(&ids), Mark::Read, at(0)).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Corrupt);
        let mut app = fixture.app().await;
        for (column, value) in [
            ("title", "repeat('x', 201)"),
            ("category", "''"),
            ("text", "repeat('x', 4001)"),
            ("dedupe_key", "repeat('x', 256)"),
            ("data", "json_build_object('a', repeat('x', 16384))"),
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            app.execute(
                "insert into notification (tenant, user_id, id, category, title, text, data, created_at) \
                 values ('acme', 'ada', gen_random_uuid(), 'c', 't', '', '{}', now())",
            )
            .await
            .unwrap();
            let sql = format!(
                "insert into notification (tenant, user_id, id, created_at, {column}{}) \
                 select 'acme', 'bob', gen_random_uuid(), now(), {value}{}",
                others(column, ""),
                others(column, "value")
            );
            let error = app.execute(AssertSqlSafe(sql)).await.unwrap_err().into_database_error().unwrap();
            assert_eq!(error.code().unwrap(), "23514", "{column}");
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}

/// The columns that must be there beside `column`, or good values of them.
fn others(column: &str, what: &str) -> String {
    [("category", "'c'"), ("title", "'t'"), ("text", "''"), ("data", "'{}'::json")]
        .into_iter()
        .filter(|(name, _)| *name != column)
        .map(|(name, value)| format!(", {}", if what.is_empty() { name } else { value }))
        .collect()
}
