//! Synonyms and saved searches.

use crate::ai_fixture::ask;
use crate::fixture::{Fixture, at, everywhere, id, message, tenant};
use chrono::TimeDelta;
use octavo_adapters_postgres::{DueSavedSearches, Postgres};
use octavo_domain_kernel::{Clock, DocumentId, DueWork, PortErrorKind};
use octavo_domain_search::{
    Cadence, RunCommit, RunFound, SAVED_MAX, SavedSearch, SavedSearchId, SavedSearchStore, SavedWakeBody,
    SearchStateStore, StoredSynonyms, SynonymRules, SynonymStore, TOLD_MAX,
};
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};
use std::collections::BTreeSet;
use uuid::Uuid;

fn synonyms(revision: i64, other: &str) -> StoredSynonyms {
    let rules = SynonymRules { equivalents: vec![vec!["car".to_owned(), other.to_owned()]], one_way: Vec::new() };
    StoredSynonyms { revision, rules, updated_at: at(revision), updated_by: "root".parse().unwrap() }
}

pub(crate) fn saved(number: u128, owner: &str) -> SavedSearch {
    SavedSearch {
        id: SavedSearchId(Uuid::from_u128(number)),
        owner: owner.parse().unwrap(),
        groups: BTreeSet::from(["legal".parse().unwrap()]),
        name: format!("Näme {number}"),
        search: serde_json::from_value(json!({"text": "le\u{0}ase", "filters": {"shared_with_me": true}})).unwrap(),
        notify: Cadence::Daily,
        created_at: at(0),
        runs: 0,
        last_run_at: None,
        next_run_at: at(86_400),
        told: 0,
    }
}

fn run(number: u128, seen_runs: i64, told: &[u128]) -> RunCommit {
    RunCommit {
        id: SavedSearchId(Uuid::from_u128(number)),
        seen_runs,
        at: at(100 + seen_runs),
        next_run_at: at(200 + seen_runs),
        found: RunFound { told: told.iter().map(|&number| id(number)).collect(), messages: Vec::new(), groups: None },
    }
}

async fn untold(store: &Postgres, number: u128, documents: &[u128]) -> Vec<DocumentId> {
    let documents: Vec<DocumentId> = documents.iter().map(|&number| id(number)).collect();
    store.saved_untold(&tenant("acme"), SavedSearchId(Uuid::from_u128(number)), &documents).await.unwrap()
}

#[tokio::test]
async fn synonyms_are_set_one_after_the_other_and_searches_know_the_revision() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let state = async || store.search_state(&acme, &["user:ada".parse().unwrap()]).await.unwrap().synonyms;
        assert_eq!((store.synonyms_get(&acme).await.unwrap(), state().await), (None, 0));
        assert!(!store.synonyms_put(&acme, &synonyms(2, "wagon")).await.unwrap(), "there is no first one");
        assert!(store.synonyms_put(&acme, &synonyms(1, "wagon")).await.unwrap());
        assert!(!store.synonyms_put(&acme, &synonyms(1, "other")).await.unwrap());
        assert_eq!((store.synonyms_get(&acme).await.unwrap(), state().await), (Some(synonyms(1, "wagon")), 1));
        let (one, two) = (synonyms(2, "one"), synonyms(2, "two"));
        let (one, two) = tokio::join!(store.synonyms_put(&acme, &one), store.synonyms_put(&acme, &two));
        assert_ne!(one.unwrap(), two.unwrap(), "of two at once one is first");
        assert_eq!(state().await, 2);
        assert_eq!(store.synonyms_get(&tenant("umbrella")).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_saved_search_comes_back_as_it_was_saved_and_there_are_so_many() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let first = saved(1, "ada");
        store.saved_put(&acme, &first).await.unwrap();
        assert_eq!(store.saved_get(&acme, first.id).await.unwrap(), Some(first.clone()));
        let other = SavedSearch { name: "changed".to_owned(), ..first.clone() };
        store.saved_put(&acme, &other).await.unwrap();
        assert_eq!(store.saved_get(&acme, first.id).await.unwrap(), Some(first.clone()), "it was saved before");

        // Many at once: no more than there may be.
        let more: Vec<SavedSearch> = (2..=SAVED_MAX as u128 + 5).map(|number| saved(number, "ada")).collect();
        let puts = futures::future::join_all(more.iter().map(|saved| store.saved_put(&acme, saved))).await;
        let refused = puts.into_iter().filter_map(Result::err).map(|error| error.kind).collect::<Vec<_>>();
        assert_eq!(refused, [PortErrorKind::Conflict; 5]);
        assert_eq!(store.saved_list(&acme, &"ada".parse().unwrap()).await.unwrap().len(), SAVED_MAX);
        store.saved_put(&acme, &first).await.expect("it is there, so that it needs no room");
        store.saved_put(&acme, &saved(1000, "bob")).await.expect("others have room of their own");

        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        assert!(!store.saved_delete(&acme, &bob, first.id).await.unwrap());
        assert!(!store.saved_delete(&tenant("umbrella"), &ada, first.id).await.unwrap());
        assert!(store.saved_delete(&acme, &ada, first.id).await.unwrap());
        assert!(!store.saved_delete(&acme, &ada, first.id).await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_run_is_committed_once_with_what_it_tells() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        store.saved_put(&acme, &saved(1, "ada")).await.unwrap();
        assert_eq!(untold(store, 1, &[3, 2, 1]).await, [id(3), id(2), id(1)]);
        let mut first = run(1, 0, &[1, 2]);
        first.found.messages = vec![message("acme", 77)];
        first.found.groups = Some(BTreeSet::new());
        let second = run(1, 0, &[2, 3]);
        let (one, two) = tokio::join!(store.saved_commit(&acme, &first), store.saved_commit(&acme, &second));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_ne!(one, two, "of two at once one is first");
        let mut admin = fixture.admin().await;
        let outbox: i64 = ask(&mut admin, "select count(*) from outbox".to_owned()).await;
        assert_eq!(outbox, i64::from(one), "what was not committed tells nothing");
        let after = store.saved_get(&acme, first.id).await.unwrap().unwrap();
        assert_eq!((after.runs, after.told, after.last_run_at, after.next_run_at), (1, 2, Some(at(100)), at(200)));
        assert_eq!(after.groups.is_empty(), one);
        assert_eq!(untold(store, 1, &[3, 2, 1]).await.len(), 1);

        let mut wrong = run(1, 1, &[4]);
        wrong.found.messages = vec![message("umbrella", 78)];
        assert_eq!(store.saved_commit(&acme, &wrong).await.unwrap_err().kind, PortErrorKind::Corrupt);
        assert_eq!(untold(store, 1, &[4]).await, [id(4)], "nothing of it took effect");
        store.saved_published(&acme, &[Uuid::from_u128(77)]).await.unwrap();
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from outbox".to_owned()).await, 0);

        assert!(store.saved_delete(&acme, &"ada".parse().unwrap(), first.id).await.unwrap());
        assert_eq!(ask::<i64>(&mut admin, "select count(*) from search_told".to_owned()).await, 0);
        assert!(!store.saved_commit(&acme, &run(1, 1, &[5])).await.unwrap(), "it is gone");
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_oldest_that_was_told_is_forgotten_beyond_the_limit() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        store.saved_put(&acme, &saved(1, "ada")).await.unwrap();
        assert!(store.saved_commit(&acme, &run(1, 0, &[1, 2])).await.unwrap());
        let many: Vec<u128> = (10..10 + TOLD_MAX as u128).collect();
        assert!(store.saved_commit(&acme, &run(1, 1, &many)).await.unwrap());
        assert_eq!(untold(store, 1, &[1, 2, 10, 11]).await, [id(1), id(2)]);
        fixture
    })
    .await;
}

/// Which saved searches the bell rings for.
async fn rings(fixture: &Fixture) -> Vec<(String, u128)> {
    let due = DueSavedSearches(fixture.relay.clone()).due_claim(100, 1000).await.unwrap();
    let mut rung: Vec<(String, u128)> = due
        .entries
        .iter()
        .map(|entry| {
            assert_eq!((entry.queue.as_str(), entry.message.kind.as_str()), ("search", "search.saved_wake"));
            let body: SavedWakeBody = serde_json::from_value(entry.message.body.clone()).unwrap();
            (entry.message.tenant.to_string(), body.saved.0.as_u128())
        })
        .collect();
    rung.sort();
    rung
}

#[tokio::test]
async fn the_bell_rings_for_what_is_due_of_every_tenant() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let now = octavo_adapters_system::SystemClock.now();
        let due = |number: u128, next_run_at| SavedSearch { next_run_at, ..saved(number, "ada") };
        store.saved_put(&tenant("acme"), &due(1, now - TimeDelta::hours(1))).await.unwrap();
        store.saved_put(&tenant("umbrella"), &due(2, now - TimeDelta::hours(2))).await.unwrap();
        store.saved_put(&tenant("acme"), &due(3, now + TimeDelta::hours(1))).await.unwrap();
        assert_eq!(rings(&fixture).await, [("acme".to_owned(), 1), ("umbrella".to_owned(), 2)]);
        assert_eq!(rings(&fixture).await, [], "both are held");
        let mut admin = fixture.admin().await;
        let again =
            |number: u128| format!("update search_saved set wake_at = now() where id = '{}'", Uuid::from_u128(number));
        admin.execute(sqlx::AssertSqlSafe(again(1))).await.unwrap();
        assert_eq!(rings(&fixture).await, [("acme".to_owned(), 1)], "nobody has done it");

        let mut commit = run(1, 0, &[]);
        commit.next_run_at = now + TimeDelta::days(1);
        assert!(store.saved_commit(&tenant("acme"), &commit).await.unwrap());
        let next = DueSavedSearches(fixture.relay.clone()).due_claim(100, 1000).await.unwrap().next_at.unwrap();
        assert!(next <= now + TimeDelta::minutes(5), "that of umbrella is held for a minute: {next}");
        // Put off by whoever saw the present number only.
        let id = SavedSearchId(Uuid::from_u128(1));
        store.saved_put_off(&tenant("acme"), id, 0, now - TimeDelta::hours(1)).await.unwrap();
        assert_eq!(rings(&fixture).await, []);
        store.saved_put_off(&tenant("acme"), id, 1, now - TimeDelta::hours(1)).await.unwrap();
        assert_eq!(rings(&fixture).await, [("acme".to_owned(), 1)]);
        fixture
    })
    .await;
}

/// The SQLSTATE of a refusal.
async fn refusal(connection: &mut PgConnection, sql: &'static str) -> String {
    let error = connection.execute(sql).await.unwrap_err();
    error.into_database_error().unwrap().code().unwrap().into_owned()
}

#[tokio::test]
async fn nothing_crosses_a_tenant_and_the_relay_learns_only_what_is_due() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        store.synonyms_put(&acme, &synonyms(1, "wagon")).await.unwrap();
        store.saved_put(&acme, &saved(1, "ada")).await.unwrap();
        assert!(store.saved_commit(&acme, &run(1, 0, &[1])).await.unwrap());
        crate::search_analytics::fill(store).await;
        let tables = ["search_synonyms", "search_saved", "search_told", "search_query_day", "search_click"];
        let (mut admin, mut app) = (fixture.admin().await, fixture.app().await);
        for named in [None, Some("umbrella")] {
            if let Some(named) = named {
                app.execute(sqlx::AssertSqlSafe(format!("set octavo.tenant = '{named}'"))).await.unwrap();
            }
            for table in tables {
                let count = format!("select count(*) from {table}");
                assert!(ask::<i64>(&mut admin, count.clone()).await > 0, "{table} must hold something");
                assert_eq!(ask::<i64>(&mut app, count).await, 0, "{table} {named:?}");
            }
        }
        let foreign = "insert into search_told (tenant, saved_id, document_id, told_at) \
                       values ('acme', gen_random_uuid(), gen_random_uuid(), now())";
        assert_eq!(refusal(&mut app, foreign).await, "42501");
        let mut relay = fixture.relay_connection().await;
        for sql in [
            "select search from search_saved",
            "select rules from search_synonyms",
            "select count(*) from search_told",
            "update search_saved set owner = 'eve'",
            "delete from search_saved",
        ] {
            assert_eq!(refusal(&mut relay, sql).await, "42501", "{sql}");
        }
        let seen: i64 = ask(&mut relay, "select count(text) from search_query_day".to_owned()).await;
        assert_eq!(seen, 0, "what is not over is not seen");
        relay.close().await.unwrap();
        fixture
    })
    .await;
}
