//! Rooms: nothing typed is lost, whoever compacts at the same time.

use crate::fixture::{Fixture, create, document, everywhere, id, tenant};
use bytes::Bytes;
use chrono::Duration;
use futures::future::join_all;
use octavo_adapters_postgres::Rooms;
use octavo_adapters_system::SystemClock;
use octavo_domain_collaboration::{LoadedRoom, RoomSave, RoomStore, RoomUpdate};
use octavo_domain_kernel::{Clock, PortErrorKind};
use sqlx::{Executor, Row};
use std::collections::BTreeSet;

pub(crate) fn rooms(fixture: &Fixture) -> Rooms {
    Rooms::new(fixture.store.clone(), fixture.relay.clone())
}

pub(crate) fn typed(number: u128, text: &str) -> RoomUpdate {
    RoomUpdate { document: id(number), update: text.to_owned().into(), by: "ada".parse().unwrap() }
}

fn save(version: u32, state_vector: &'static str, seconds: i64) -> RoomSave {
    let at = SystemClock.now() + Duration::seconds(seconds);
    RoomSave { version, state_vector: Bytes::from_static(state_vector.as_bytes()), at }
}

fn texts(room: &LoadedRoom) -> Vec<&str> {
    room.updates.iter().map(|update| std::str::from_utf8(&update.update).unwrap()).collect()
}

#[tokio::test]
async fn what_is_appended_comes_back_in_its_order() {
    everywhere(|fixture| async move {
        let (rooms, acme) = (rooms(&fixture), tenant("acme"));
        assert_eq!(rooms.room_load(&acme, id(1)).await.unwrap(), LoadedRoom::default());
        assert_eq!(rooms.room_append(&acme, &[]).await.unwrap(), [0; 0]);
        let ids = rooms.room_append(&acme, &[typed(1, "a"), typed(2, "x"), typed(1, "b")]).await.unwrap();
        let later = rooms.room_append(&acme, &[typed(1, "c")]).await.unwrap();
        let room = rooms.room_load(&acme, id(1)).await.unwrap();
        assert_eq!(texts(&room), ["a", "b", "c"]);
        assert_eq!(room.updates.iter().map(|update| update.id).collect::<Vec<_>>(), [ids[0], ids[2], later[0]]);
        assert_eq!(room.updates[0].by.as_str(), "ada");
        let other = rooms.room_load(&acme, id(2)).await.unwrap();
        assert_eq!((texts(&other), other.updates[0].id), (vec!["x"], ids[1]));
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_compaction_takes_exactly_what_it_merged_and_the_second_of_two_is_told() {
    everywhere(|fixture| async move {
        let (rooms, acme) = (rooms(&fixture), tenant("acme"));
        let ids = rooms.room_append(&acme, &[typed(1, "a"), typed(1, "b"), typed(1, "c")]).await.unwrap();
        let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
        assert!(rooms.room_compact(&acme, id(1), &one, &ids[..2]).await.unwrap());
        let room = rooms.room_load(&acme, id(1)).await.unwrap();
        assert_eq!((room.snapshot.as_deref(), texts(&room)), (Some(&b"one"[..]), vec!["c"]));
        // What it merged is not all there any more: nothing is changed.
        assert!(!rooms.room_compact(&acme, id(1), &two, &ids).await.unwrap());
        assert_eq!(rooms.room_load(&acme, id(1)).await.unwrap(), room);
        // Of another room, nothing either.
        assert!(!rooms.room_compact(&acme, id(2), &two, &ids[2..]).await.unwrap());
        assert_eq!(rooms.room_compact(&acme, id(1), &two, &[]).await.unwrap_err().kind, PortErrorKind::Corrupt);
        assert!(rooms.room_compact(&acme, id(1), &two, &[ids[2], ids[2]]).await.unwrap());
        let room = rooms.room_load(&acme, id(1)).await.unwrap();
        assert_eq!((room.snapshot.as_deref(), room.updates.len()), (Some(&b"two"[..]), 0));
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_many_writers_and_many_compactors_every_update_is_there_once() {
    everywhere(|fixture| async move {
        let (rooms, acme) = (&rooms(&fixture), &tenant("acme"));
        let write = |writer: usize| async move {
            for turn in 0..20 {
                // Two rooms in opposite orders: they must not wait for each other.
                let mut updates = vec![typed(1, &format!("{writer}.{turn};")), typed(2, "x")];
                if writer.is_multiple_of(2) {
                    updates.reverse();
                }
                rooms.room_append(acme, &updates).await.unwrap();
            }
        };
        // A room's text is the set of its updates: here simply their concatenation.
        let compact = || async move {
            for _ in 0..20 {
                let room = rooms.room_load(acme, id(1)).await.unwrap();
                let merged = room.updates.iter().map(|update| update.id).collect::<Vec<_>>();
                if merged.is_empty() {
                    continue;
                }
                let snapshot = room.snapshot.iter().chain(room.updates.iter().map(|update| &update.update));
                let snapshot = snapshot.flat_map(|bytes| bytes.to_vec()).collect::<Vec<_>>();
                match rooms.room_compact(acme, id(1), &snapshot.into(), &merged).await {
                    Ok(_) => {}
                    Err(error) => assert!(error.is_retryable(), "{error}"),
                }
            }
        };
        tokio::join!(join_all((0..4).map(write)), join_all((0..3).map(|_| compact())));
        let room = rooms.room_load(acme, id(1)).await.unwrap();
        let all = room.snapshot.iter().chain(room.updates.iter().map(|update| &update.update));
        let all = String::from_utf8(all.flat_map(|bytes| bytes.to_vec()).collect()).unwrap();
        let found = all.split_terminator(';').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(found.len(), 80, "{all}");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 80, "{all}");
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_room_knows_its_version_and_an_older_one_changes_nothing() {
    everywhere(|fixture| async move {
        let (rooms, acme) = (rooms(&fixture), tenant("acme"));
        rooms.room_saved(&acme, id(1), &save(3, "three", 0)).await.unwrap();
        rooms.room_saved(&acme, id(1), &save(2, "two", 0)).await.unwrap();
        let room = rooms.room_load(&acme, id(1)).await.unwrap();
        assert_eq!((room.version, room.saved.as_deref()), (3, Some(&b"three"[..])));
        rooms.room_saved(&acme, id(1), &save(3, "three again", 0)).await.unwrap();
        assert_eq!(rooms.room_load(&acme, id(1)).await.unwrap().saved.as_deref(), Some(&b"three again"[..]));
        fixture
    })
    .await;
}

#[tokio::test]
async fn rooms_that_wait_to_be_written_are_named_across_tenants_until_they_are() {
    everywhere(|fixture| async move {
        let (rooms, acme, globex) = (rooms(&fixture), tenant("acme"), tenant("globex"));
        rooms.room_append(&acme, &[typed(1, "a")]).await.unwrap();
        rooms.room_append(&globex, &[typed(1, "b")]).await.unwrap();
        rooms.room_saved(&acme, id(9), &save(1, "sv", 0)).await.unwrap();
        let (past, future) = (SystemClock.now() - Duration::hours(1), SystemClock.now() + Duration::hours(1));
        assert_eq!(rooms.room_unsaved(past, 10).await.unwrap(), []);
        let waiting = [(acme.clone(), id(1)), (globex.clone(), id(1))];
        assert_eq!(rooms.room_unsaved(future, 10).await.unwrap(), waiting);
        assert_eq!(rooms.room_unsaved(future, 1).await.unwrap(), waiting[..1], "the oldest first");

        // Typed after the moment that was saved: still to be written.
        rooms.room_saved(&acme, id(1), &save(1, "sv", -3_600)).await.unwrap();
        assert_eq!(rooms.room_unsaved(future, 10).await.unwrap().len(), 2);
        rooms.room_saved(&acme, id(1), &save(2, "sv", 3_600)).await.unwrap();
        assert_eq!(rooms.room_unsaved(future, 10).await.unwrap(), waiting[1..]);
        rooms.room_append(&acme, &[typed(1, "c")]).await.unwrap();
        assert_eq!(rooms.room_unsaved(future, 10).await.unwrap().len(), 2, "typed on");
        // An older version does not make it look written.
        rooms.room_saved(&acme, id(1), &save(1, "sv", 7_200)).await.unwrap();
        assert_eq!(rooms.room_unsaved(future, 10).await.unwrap().len(), 2);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_or_too_much_is_refused_before_and_in_the_database() {
    everywhere(|fixture| async move {
        let (rooms, acme) = (rooms(&fixture), tenant("acme"));
        let many = vec![typed(1, "a"); 1_001];
        assert_eq!(rooms.room_append(&acme, &many).await.unwrap_err().kind, PortErrorKind::Corrupt);
        let large = RoomUpdate { update: vec![0; 33_554_433].into(), ..typed(1, "") };
        for bad in [typed(1, ""), large] {
            let all = [typed(1, "good"), bad];
            assert_eq!(rooms.room_append(&acme, &all).await.unwrap_err().kind, PortErrorKind::Corrupt);
        }
        assert_eq!(rooms.room_load(&acme, id(1)).await.unwrap(), LoadedRoom::default(), "all or none");
        let mut app = fixture.app().await;
        for sql in [
            "insert into room_update (tenant, document_id, update, by_user) values ('acme', gen_random_uuid(), '', 'a')",
            "insert into room_update (tenant, document_id, update, by_user) \
             values ('acme', gen_random_uuid(), decode(repeat('00', 33554433), 'hex'), 'a')",
            "insert into room_snapshot (tenant, document_id, snapshot) values ('acme', gen_random_uuid(), '')",
            "insert into room (tenant, document_id, version) values ('acme', gen_random_uuid(), -1)",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            let error = app.execute(sql).await.unwrap_err().into_database_error().unwrap();
            assert_eq!(error.code().unwrap(), "23514", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_append_waits_neither_for_the_document_nor_for_a_compaction() {
    everywhere(|fixture| async move {
        let (rooms, acme) = (rooms(&fixture), tenant("acme"));
        create(&fixture.store, document("acme", 1, "A plan")).await;
        let ids = rooms.room_append(&acme, &[typed(1, "a")]).await.unwrap();
        assert!(rooms.room_compact(&acme, id(1), &Bytes::from_static(b"a"), &ids).await.unwrap());
        let ids = rooms.room_append(&acme, &[typed(1, "b")]).await.unwrap();
        let mut admin = fixture.admin().await;
        admin.execute("begin; select from document for update").await.unwrap();
        admin.execute("delete from room_update; update room_snapshot set snapshot = 'b'").await.unwrap();
        rooms.room_append(&acme, &[typed(1, "c")]).await.unwrap();
        admin.execute("rollback").await.unwrap();
        assert!(rooms.room_compact(&acme, id(1), &Bytes::from_static(b"ab"), &ids).await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_room_goes_with_its_document_and_no_other_does() {
    everywhere(|fixture| async move {
        let rooms = rooms(&fixture);
        for name in ["acme", "globex"] {
            create(&fixture.store, document(name, 1, "A plan")).await;
            create(&fixture.store, document(name, 2, "Another")).await;
            for number in [1, 2] {
                let ids = rooms.room_append(&tenant(name), &[typed(number, "a")]).await.unwrap();
                let snapshot = Bytes::from_static(b"a");
                assert!(rooms.room_compact(&tenant(name), id(number), &snapshot, &ids).await.unwrap());
                rooms.room_append(&tenant(name), &[typed(number, "b")]).await.unwrap();
                crate::comments::remark(&fixture.store, name, number, number).await;
            }
        }
        let mut admin = fixture.admin().await;
        admin.execute("delete from document where tenant = 'acme' and id::text like '%1'").await.unwrap();
        for table in ["room", "room_snapshot", "room_update", "document_comment"] {
            let sql = format!("select tenant || right(document_id::text, 1) from {table} order by 1");
            let rows = admin.fetch_all(sqlx::AssertSqlSafe(sql)).await.unwrap();
            let left = rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>();
            assert_eq!(left, ["acme2", "globex1", "globex2"], "{table}");
        }
        assert_eq!(rooms.room_load(&tenant("acme"), id(1)).await.unwrap(), LoadedRoom::default());
        fixture
    })
    .await;
}
