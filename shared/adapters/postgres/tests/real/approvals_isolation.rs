//! Of approvals, too, nothing crosses a tenant, and nobody may do more than they need: above all not to the record.

use crate::ai_fixture::ask;
use crate::approvals_fixture::{
    all_of, change, commit, create, decided, ending, id, place, readers, to_decide, user, waiting,
};
use crate::fixture::{Fixture, at, everywhere, tenant};
use crate::workflow_fixture::{acme, now};
use octavo_domain_approvals::{
    Approval, ApprovalStore, Committed, Counts, Event, EventKind, LinkUse, Mailbox, NamedCalendar, Substitution,
};
use octavo_domain_calendar::{Calendar, Zone};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

const TABLES: [&str; 7] =
    ["approval", "approval_seat", "approval_part", "approval_event", "approval_link", "substitution", "calendar"];

/// A row of acme's in every table; the approval, which is open and awaited.
async fn fill(fixture: &Fixture) -> Approval {
    let store = &fixture.store;
    let (_, asked) = waiting(store, 1, now()).await;
    let made = create(store, asked).await;
    let mut decision = change(&made, vec![decided(2, "bob")], |_| ());
    decision.link = Some(LinkUse { nonce: Uuid::from_u128(1), expires_at: now() + chrono::TimeDelta::days(1) });
    let made = commit(store, &decision).await;
    let substitution = Substitution {
        id: Uuid::from_u128(1),
        user: user("bob"),
        substitute: user("eve"),
        from: now().date_naive(),
        to: now().date_naive(),
        zone: Zone::utc(),
        categories: Vec::new(),
        created_by: user("bob"),
        created_at: at(0),
    };
    store.substitution_put(&acme(), &substitution).await.unwrap();
    let calendar = Calendar { zone: Zone::utc(), hours: BTreeMap::new(), holidays: BTreeMap::new() };
    let named = NamedCalendar { name: "default".to_owned(), calendar, updated_at: at(0) };
    store.calendar_put(&acme(), &named).await.unwrap();
    made
}

async fn refusal(connection: &mut PgConnection, sql: &str) -> String {
    let error = connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_err();
    error.into_database_error().unwrap().code().unwrap().into_owned()
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    ask(connection, format!("select count(*) from {table}")).await
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
                "update approval set body = ''",
                "update approval_seat set barred = '{}'",
                "delete from approval_seat",
                "update substitution set substitute = 'mallory'",
                "delete from substitution",
                "update calendar set body = ''",
                "delete from calendar",
            ] {
                assert_eq!(app.execute(sql).await.unwrap().rows_affected(), 0, "{sql} after {begin}");
            }
            app.execute("rollback").await.unwrap();
        }
        for sql in [
            "insert into approval (tenant, id, seq, body, requester, execution_id, token_hash, title_key, created_at, awaited)
                 values ('acme', gen_random_uuid(), 1, '', 'm', gen_random_uuid(), '', '', now(), false)",
            "insert into approval_seat values ('acme', '00000000-0000-0000-0000-000000000001', 'user:m', '', '{}', now())",
            "insert into approval_part values ('acme', 'm', now(), '00000000-0000-0000-0000-000000000001')",
            "insert into approval_event values ('acme', '00000000-0000-0000-0000-000000000001', 9, now(), 'm', '{}')",
            "insert into approval_link values ('acme', gen_random_uuid(), now())",
            "insert into substitution values
                 ('acme', gen_random_uuid(), 'bob', 'm', now(), now(), 'UTC', '{}', 'm', now())",
            "insert into calendar values ('acme', 'x', '{}', now())",
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
async fn what_happened_is_never_changed_and_never_deleted() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut app = fixture.app().await;
        for sql in [
            "update approval_event set body = ''",
            "update approval_event set actor = 'mallory'",
            "delete from approval_event",
            "truncate approval_event",
            "insert into approval_event select tenant, approval_id, number, at, actor, '{}' from approval_event
                 on conflict (tenant, approval_id, number) do update set body = ''",
            "delete from approval",
            "update approval set requester = 'mallory'",
            "update approval set token_hash = ''",
            "update approval set created_at = now()",
            "update approval_part set user_id = 'mallory'",
            "delete from approval_part",
            "delete from approval_link",
            "update approval_link set expires_at = now()",
            "alter table approval_event disable row level security",
            "alter table workflow_task disable trigger approval_task_gone",
            "truncate approval cascade",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        // Nor is a number of the record used twice.
        app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
        let twice =
            "insert into approval_event select tenant, approval_id, number, at, actor, '{}' from approval_event";
        assert_eq!(refusal(&mut app, twice).await, "23505");
        app.execute("rollback").await.unwrap();
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_relay_learns_whose_work_is_due_and_nothing_of_what_is_in_it() {
    everywhere(|fixture| async move {
        let made = fill(&fixture).await;
        let mut relay = fixture.relay_connection().await;
        assert_eq!(ask::<i64>(&mut relay, "select count(id) from approval").await, 1);
        for sql in [
            "select body from approval",
            "select requester from approval",
            "select title_key from approval",
            "update approval set body = ''",
            "update approval set outcome = 'APPROVED'",
            "update approval set seq = 9",
            "delete from approval",
            "select from approval_seat",
            "select from approval_event",
            "delete from approval_event",
            "select from approval_part",
            "select substitute from substitution",
            "update substitution set to_day = now()",
            "select from calendar",
            "insert into approval_link values ('acme', gen_random_uuid(), now())",
        ] {
            assert_eq!(refusal(&mut relay, sql).await, "42501", "{sql}");
        }
        for sql in ["delete from approval_link", "delete from substitution"] {
            assert_eq!(relay.execute(sql).await.unwrap().rows_affected(), 0, "{sql}: it may still be used");
        }
        commit(&fixture.store, &ending(&made, "bob")).await;
        assert_eq!(ask::<i64>(&mut relay, "select count(id) from approval").await, 0, "what has ended is never due");
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_ports_show_and_take_nothing_of_another_tenant() {
    everywhere(|fixture| async move {
        let made = fill(&fixture).await;
        let (store, globex) = (&fixture.store, &tenant("globex"));
        assert_eq!(store.approval_get(globex, id(1)).await.unwrap(), None);
        assert!(!store.approval_awaited(globex, id(1)).await.unwrap());
        assert_eq!(store.approval_events(globex, id(1), 0, 9).await.unwrap(), []);
        for mailbox in [
            Mailbox::All,
            to_decide("bob", &["user:bob"]),
            Mailbox::RequestedBy(user("ada")),
            Mailbox::TakenPartBy(user("bob")),
        ] {
            assert_eq!(crate::approvals_fixture::listed(store, &all_of(mailbox.clone())).await, [1], "{mailbox:?}");
            assert_eq!(store.approval_list(globex, &all_of(mailbox)).await.unwrap(), []);
        }
        let (bob, as_bob) = (user("bob"), readers(&["user:bob"]));
        assert_eq!(store.approval_counts(globex, &bob, &as_bob).await.unwrap(), Counts::default());
        assert_eq!(store.approval_counts(&acme(), &bob, &as_bob).await.unwrap().mine, 1);
        assert_eq!(store.substitutions(globex, None).await.unwrap(), []);
        assert_eq!(store.substitutions(globex, Some(&user("bob"))).await.unwrap(), []);
        assert_eq!(store.substitution_get(globex, Uuid::from_u128(1)).await.unwrap(), None);
        assert_eq!(store.substitutions_by(globex, &[user("eve")], now()).await.unwrap(), []);
        assert_eq!(store.substitutions_of(globex, &[user("bob")], now()).await.unwrap(), []);
        assert!(!store.substitution_delete(globex, Uuid::from_u128(1)).await.unwrap());
        assert_eq!(store.calendars(globex).await.unwrap(), []);

        // Not changed, not answered; the same id and the same nonce are free in another tenant.
        let end = ending(&made, "bob");
        assert_eq!(store.approval_commit(globex, &end).await.unwrap(), Committed::Stale);
        let mut theirs = made.clone();
        theirs.seq = 1;
        let mut theirs = crate::approvals_fixture::creation(theirs);
        theirs.link = Some(LinkUse { nonce: Uuid::from_u128(1), expires_at: at(0) });
        theirs.events = vec![Event {
            number: 1,
            at: at(1),
            actor: None,
            on_behalf_of: None,
            place: place(),
            kind: EventKind::Requested,
        }];
        assert_eq!(store.approval_commit(globex, &theirs).await.unwrap(), Committed::Done { execution: None });
        assert!(!store.approval_awaited(globex, id(1)).await.unwrap(), "the task is acme's");
        let mut theirs_ended = ending(&theirs.approval, "bob");
        theirs_ended.approval.origin.token.clone_from(&made.origin.token);
        let done = store.approval_commit(globex, &theirs_ended).await.unwrap();
        assert_eq!(done, Committed::Done { execution: None });
        assert!(store.approval_awaited(&acme(), id(1)).await.unwrap(), "acme's still waits");
        assert_eq!(store.approval_get(&acme(), id(1)).await.unwrap(), Some(made));
        fixture
    })
    .await;
}
