//! Of notifications, too, nothing crosses a tenant, and nobody may do more than they need.

use crate::ai_fixture::ask;
use crate::fixture::{Fixture, everywhere, tenant};
use crate::notify_fixture::{
    WORKER, acme, at, attempt, close, closed, event, gathered, id, outcome, plan, planned, start, user,
};
use crate::notify_messages::suppression;
use crate::notify_settings::{person, target, template};
use octavo_domain_notify::{
    Address, AttemptStatus, CallbackNews, Channel, Closed, Event, Matter, MessageQuery, MessageStatus, NotifyStore,
    People, Preferences, Settings, Started,
};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

const TABLES: [&str; 12] = [
    "person",
    "person_group",
    "notify_event",
    "notify_message",
    "notify_attempt",
    "notify_digest",
    "notify_digest_item",
    "notify_suppression",
    "notify_preference",
    "notify_settings",
    "notify_template",
    "notify_target",
];

/// A mail that was sent (101), one that is held (102), a digest that is open (103).
async fn fill(fixture: &Fixture) {
    let (store, event) = (&fixture.store, Event { key: Some("secret".to_owned()), ..event(1) });
    let mut held = planned(&event, 102, "ada", Channel::Email);
    held.message.category = "other".to_owned();
    plan(store, &event, &[planned(&event, 101, "ada", Channel::Email), held]).await;
    let two = crate::notify_fixture::event(2);
    plan(store, &two, &[gathered(&two, 103, "ada", "daily", at(600))]).await;
    start(store, id(101), WORKER, &attempt(1, "smtp", 3)).await;
    let sent = Closed { attempt: Some(outcome(AttemptStatus::Accepted, 4)), ..closed(id(101), MessageStatus::Sent) };
    close(store, WORKER, &[sent], 4).await;
    store.person_put(&acme(), &person("ada", &["legal"])).await.unwrap();
    store.suppression_put(&acme(), &suppression("ada@acme.example", None)).await.unwrap();
    store.preferences_put(&acme(), &user("ada"), &Preferences::default(), at(1)).await.unwrap();
    store.settings_put(&acme(), &Settings::default(), 0, &user("ada"), at(1)).await.unwrap();
    store.template_put(&acme(), &template("digest", "de", 1)).await.unwrap();
    store.target_put(&acme(), &target("ops")).await.unwrap();
}

async fn everything(admin: &mut PgConnection) -> String {
    let mut all = String::new();
    for table in TABLES {
        let rows = format!(
            "select coalesce(string_agg(t::text, ' ' order by t::text), '') from {table} t where tenant = 'acme'"
        );
        all.push_str(&ask::<String>(admin, rows).await);
    }
    all
}

#[tokio::test]
async fn without_a_tenant_or_with_another_nothing_is_seen_or_changed() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let mut admin = fixture.admin().await;
        for table in TABLES {
            let count: i64 = ask(&mut admin, format!("select count(*) from {table}")).await;
            assert!(count > 0, "{table} must hold something for this to prove anything");
        }
        let mut app = fixture.app().await;
        for begin in ["begin", "begin; set local octavo.tenant = 'globex'", "begin; set local octavo.tenant = ''"] {
            app.execute(begin).await.unwrap();
            for table in TABLES {
                let count: i64 = ask(&mut app, format!("select count(*) from {table}")).await;
                assert_eq!(count, 0, "{table} after {begin}");
            }
            for sql in [
                "update notify_message set status = 'planned'",
                "update notify_attempt set status = 'delivered'",
                "update notify_event set planned_at = null",
                "delete from notify_digest",
                "delete from notify_suppression",
                "update notify_target set sealed = ''",
                "update person set email = 'mallory@globex.example'",
            ] {
                assert_eq!(app.execute(sql).await.unwrap().rows_affected(), 0, "{sql} after {begin}");
            }
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}

/// Every method, with another tenant's ids and keys.
#[tokio::test]
async fn no_method_reads_or_changes_anything_of_another_tenant() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let (store, globex) = (&fixture.store, &tenant("globex"));
        let mut admin = fixture.admin().await;
        let before = everything(&mut admin).await;
        let (ada, ids) = (user("ada"), [id(101), id(102), id(103)]);

        assert!(!store.event_known(globex, id(1)).await.unwrap());
        assert_eq!(store.event_get(globex, id(1)).await.unwrap(), None);
        assert_eq!(store.event_list(globex, None, None, 10).await.unwrap(), []);
        assert_eq!(store.message_get(globex, id(101)).await.unwrap(), None);
        assert_eq!(
            store.message_list(globex, &MessageQuery { limit: 10, ..MessageQuery::default() }).await.unwrap(),
            []
        );
        assert_eq!(store.messages_claim(globex, &ids, WORKER, at(900), at(960)).await.unwrap(), []);
        let address = Address("ada@acme.example".to_owned());
        let next = attempt(1, "smtp", 5);
        assert_eq!(store.attempt_start(globex, id(102), WORKER, &next, &address).await.unwrap(), Started::No);
        let over = closed(id(102), MessageStatus::Failed);
        assert!(store.messages_close(globex, WORKER, &[over], at(5)).await.unwrap().is_empty());
        assert!(!store.message_retry(globex, id(101), at(5)).await.unwrap());
        let news = |message| CallbackNews {
            message,
            provider: "smtp".to_owned(),
            provider_id: Some("p-1".to_owned()),
            status: AttemptStatus::Bounced,
            code: None,
            detail: None,
            suppress: None,
            at: at(9),
        };
        assert_eq!(store.callbacks_take(globex, &[news(Some(id(101))), news(None)]).await.unwrap(), 0);
        let since = store.messages_since(globex, &ada, "document.shared", Channel::Email, at(0)).await.unwrap();
        assert_eq!(since, 0);
        let matter = Matter::Approval { approval: id(1), seat: None };
        assert!(!store.matter_stands(globex, &matter, None).await.unwrap());
        assert_eq!(store.suppressions_of(globex, &[(Channel::Email, address.clone())]).await.unwrap(), []);
        assert_eq!(store.suppression_list(globex, None, 10).await.unwrap(), []);
        assert!(!store.suppression_delete(globex, Channel::Email, &address).await.unwrap());
        assert_eq!(store.preferences_get(globex, std::slice::from_ref(&ada)).await.unwrap(), []);
        assert_eq!(store.settings_get(globex).await.unwrap(), (Settings::default(), 0));
        assert_eq!(store.settings_put(globex, &Settings::default(), 1, &ada, at(1)).await.unwrap(), None);
        assert_eq!(store.templates(globex, None).await.unwrap(), []);
        assert!(!store.template_put(globex, &template("digest", "de", 2)).await.unwrap());
        assert!(!store.template_delete(globex, "digest", "de").await.unwrap());
        assert_eq!(store.targets(globex, None).await.unwrap(), []);
        assert!(!store.target_delete(globex, "ops").await.unwrap());
        assert_eq!(store.person_get(globex, &ada).await.unwrap(), None);
        assert_eq!(store.people_list(globex, None, 10).await.unwrap(), []);
        assert_eq!(store.people_of(globex, &["legal".parse().unwrap()], 10).await.unwrap(), []);
        assert!(!store.person_delete(globex, &ada).await.unwrap());

        // The same ids, keys and names are theirs as well.
        let theirs = Event { key: Some("secret".to_owned()), ..event(1) };
        assert_eq!(store.event_accept(globex, &theirs, at(1)).await.unwrap(), id(1));
        let both = [planned(&theirs, 101, "ada", Channel::Email), gathered(&theirs, 103, "ada", "daily", at(600))];
        let claims = store.event_plan(globex, &theirs, &both, at(2), WORKER, at(60)).await.unwrap();
        assert_eq!(claims.len(), 1);
        assert_eq!(store.messages_claim(globex, &ids, WORKER, at(900), at(960)).await.unwrap().len(), 2);
        store.person_put(globex, &person("ada", &["legal"])).await.unwrap();
        store.suppression_put(globex, &suppression("ada@acme.example", None)).await.unwrap();
        store.preferences_put(globex, &ada, &Preferences::default(), at(5)).await.unwrap();
        assert_eq!(store.settings_put(globex, &Settings::default(), 0, &ada, at(1)).await.unwrap(), Some(1));
        assert!(store.template_put(globex, &template("digest", "de", 1)).await.unwrap());
        store.target_put(globex, &target("ops")).await.unwrap();
        assert_eq!(everything(&mut admin).await, before);
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_groups_may_do_no_more_than_they_need() {
    everywhere(|fixture| async move {
        fill(&fixture).await;
        let refusal = async |connection: &mut PgConnection, sql: &str| -> String {
            let error = connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_err();
            error.into_database_error().unwrap().code().unwrap().into_owned()
        };
        let mut app = fixture.app().await;
        for sql in [
            "delete from notify_message",
            "delete from notify_event",
            "delete from notify_attempt",
            "delete from notify_digest_item",
            "update notify_message set recipient = '{}'",
            "update notify_event set body = '{}'",
            "update notify_attempt set provider = 'x'",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            assert_eq!(refusal(&mut app, sql).await, "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        let mut relay = fixture.relay_connection().await;
        let seen: i64 = ask(&mut relay, "select count(id) from notify_message").await;
        assert_eq!(seen, 3, "whose they are");
        for sql in [
            "select recipient from notify_message",
            "select address from notify_message",
            "select status from notify_message",
            "update notify_message set status = 'sent'",
            "select body from notify_event",
            "select detail from notify_attempt",
            "select * from notify_digest",
            "select * from notify_suppression",
            "select * from notify_preference",
            "select * from notify_settings",
            "select * from notify_template",
            "select * from notify_target",
            "select * from person",
            "select * from person_group",
        ] {
            assert_eq!(refusal(&mut relay, sql).await, "42501", "{sql}");
        }
        for sql in [
            "delete from notify_message",
            "delete from notify_event",
            "delete from notify_attempt",
            "delete from notify_digest_item",
        ] {
            assert_eq!(relay.execute(sql).await.unwrap().rows_affected(), 0, "{sql}: none is old enough");
        }
        fixture
    })
    .await;
}
