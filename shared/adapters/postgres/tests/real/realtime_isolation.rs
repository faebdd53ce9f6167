//! Of rooms, comments and inboxes, too, nothing crosses a tenant, and nobody may do more than they need.

use crate::comments::remark;
use crate::fixture::{Fixture, at, everywhere, id, tenant};
use crate::inbox::news;
use crate::rooms::{rooms, typed};
use bytes::Bytes;
use octavo_domain_collaboration::CommentStore;
use octavo_domain_collaboration::{LoadedRoom, RoomStore};
use octavo_domain_notify::{InboxStore, Mark};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use uuid::Uuid;

const TABLES: [&str; 5] = ["room", "room_snapshot", "room_update", "document_comment", "notification"];

async fn fill(fixture: &Fixture) {
    let (rooms, acme) = (rooms(fixture), tenant("acme"));
    let ids = rooms.room_append(&acme, &[typed(1, "secret"), typed(1, "more")]).await.unwrap();
    assert!(rooms.room_compact(&acme, id(1), &Bytes::from_static(b"secret"), &ids[..1]).await.unwrap());
    remark(&fixture.store, "acme", 1, 1).await;
    let ada = "ada".parse().unwrap();
    fixture.store.inbox_add(&acme, &ada, Uuid::from_u128(1), &news("Secret", Some("key")), at(0)).await.unwrap();
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    connection.fetch_one(AssertSqlSafe(format!("select count(*) from {table}"))).await.unwrap().get(0)
}

async fn refusal(connection: &mut PgConnection, sql: &'static str) -> String {
    let error = connection.execute(sql).await.unwrap_err();
    error.into_database_error().unwrap().code().unwrap().into_owned()
}

#[tokio::test]
async fn without_a_tenant_or_with_another_nothing_is_seen_or_changed() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut admin = fixture.admin().await;
        for table in TABLES {
            assert!(count(&mut admin, table).await > 0, "{table} must hold something for this to prove anything");
        }
        let mut app = fixture.app().await;
        for begin in ["begin", "begin; set local octavo.tenant = 'globex'", "begin; set local octavo.tenant = ''"] {
            app.execute(begin).await.unwrap();
            for table in TABLES {
                assert_eq!(count(&mut app, table).await, 0, "{table} after {begin}");
            }
            for sql in [
                "update room set version = 9",
                "update room_snapshot set snapshot = 'x'",
                "delete from room_update",
                "delete from document_comment",
                "update document_comment set resolved_at = now(), resolved_by = 'mallory'",
                "update notification set read_at = now()",
                "delete from notification",
            ] {
                assert_eq!(app.execute(sql).await.unwrap().rows_affected(), 0, "{sql} after {begin}");
            }
            app.execute("rollback").await.unwrap();
        }
        for sql in [
            "insert into room (tenant, document_id) values ('acme', gen_random_uuid())",
            "insert into room_snapshot (tenant, document_id, snapshot) values ('acme', gen_random_uuid(), 'x')",
            "insert into room_update (tenant, document_id, update, by_user) \
             values ('acme', gen_random_uuid(), 'x', 'mallory')",
            "insert into document_comment (tenant, document_id, id, author, text, created_at) \
             values ('acme', gen_random_uuid(), gen_random_uuid(), 'mallory', 'x', now())",
            "insert into notification (tenant, user_id, id, category, title, text, data, created_at) \
             values ('acme', 'ada', gen_random_uuid(), 'c', 'Click here', '', '{}', now())",
        ] {
            app.execute("begin; set local octavo.tenant = 'globex'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_ports_keep_two_tenants_with_equal_ids_apart() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let (rooms, store, acme, globex) = (rooms(&fixture), &fixture.store, tenant("acme"), tenant("globex"));
        let ada = "ada".parse().unwrap();
        let room = rooms.room_load(&acme, id(1)).await.unwrap();
        assert_eq!(rooms.room_load(&globex, id(1)).await.unwrap(), LoadedRoom::default());
        let merged = [room.updates[0].id];
        assert!(!rooms.room_compact(&globex, id(1), &Bytes::from_static(b"x"), &merged).await.unwrap());
        rooms.room_append(&globex, &[typed(1, "theirs")]).await.unwrap();
        assert_eq!(rooms.room_load(&acme, id(1)).await.unwrap(), room);

        assert_eq!(store.comment_list(&globex, id(1), None, 10).await.unwrap(), []);
        assert_eq!(store.inbox_unread(&globex, &ada).await.unwrap(), 0);
        let page = store.inbox_list(&globex, &ada, None, true, 10).await.unwrap();
        assert_eq!((page.notifications.len(), page.unread), (0, 0));
        let one = [Uuid::from_u128(1)];
        assert_eq!(store.inbox_mark(&globex, &ada, Some(&one), Mark::Read, at(1)).await.unwrap(), 0);
        assert_eq!(store.inbox_unread(&acme, &ada).await.unwrap(), 1);
        // Nor another user of the same tenant.
        let bob = "bob".parse().unwrap();
        assert_eq!(store.inbox_mark(&acme, &bob, Some(&one), Mark::Read, at(1)).await.unwrap(), 0);
        assert_eq!(store.inbox_mark(&acme, &bob, None, Mark::Archived, at(1)).await.unwrap(), 0);
        assert_eq!(store.inbox_unread(&acme, &ada).await.unwrap(), 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_groups_may_do_no_more_than_they_need() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut app = fixture.app().await;
        for sql in [
            "update room_update set update = 'x'",
            "update document_comment set text = 'x'",
            "update document_comment set author = 'mallory'",
            "update notification set title = 'x'",
            "truncate room_update",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        let mut relay = fixture.relay_connection().await;
        let names = relay.fetch_all("select tenant, document_id from room").await.unwrap();
        assert_eq!(names.len(), 1, "it waits to be written");
        for sql in [
            "select saved from room",
            "select version from room",
            "update room set unsaved_since = null",
            "select * from room_update",
            "select * from room_snapshot",
            "select * from document_comment",
            "select * from notification",
        ] {
            assert_eq!(refusal(&mut relay, sql).await, "42501", "{sql}");
        }
        let mut admin = fixture.admin().await;
        admin.execute("update room set unsaved_since = null").await.unwrap();
        assert_eq!(relay.fetch_all("select tenant from room").await.unwrap().len(), 0, "only those that wait");
        fixture
    })
    .await;
}
