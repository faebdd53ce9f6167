//! Substitutions and calendars.

use crate::ai_fixture::ask;
use crate::approvals_fixture::user;
use crate::fixture::{at, everywhere, tenant};
use crate::workflow_fixture::acme;
use chrono::{NaiveDate, TimeDelta};
use futures::future::join_all;
use octavo_adapters_postgres::Postgres;
use octavo_domain_approvals::{ApprovalStore, NamedCalendar, Substitution};
use octavo_domain_kernel::{Outbox, PortErrorKind};
use serde_json::json;
use uuid::Uuid;

/// The day of the fixed moment, and so many after it.
fn day(days: i64) -> NaiveDate {
    (at(0) + TimeDelta::days(days)).date_naive()
}

fn substitution(number: u128, who: (&str, &str), days: (i64, i64)) -> Substitution {
    Substitution {
        id: Uuid::from_u128(number),
        user: user(who.0),
        substitute: user(who.1),
        from: day(days.0),
        to: day(days.1),
        zone: "Europe/Vienna".parse().unwrap(),
        categories: vec!["contract".to_owned()],
        created_by: user("root"),
        created_at: at(0),
    }
}

fn numbers(found: &[Substitution]) -> Vec<u128> {
    found.iter().map(|found| found.id.as_u128()).collect()
}

async fn around(store: &Postgres, substitutes: &[&str], away: &[&str]) -> (Vec<u128>, Vec<u128>) {
    let users = |names: &[&str]| names.iter().map(|name| user(name)).collect::<Vec<_>>();
    let by = store.substitutions_by(&acme(), &users(substitutes), at(0)).await.unwrap();
    let of = store.substitutions_of(&acme(), &users(away), at(0)).await.unwrap();
    (numbers(&by), numbers(&of))
}

#[tokio::test]
async fn a_substitution_is_kept_found_and_deleted() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for (number, who, days) in [
            (1, ("ada", "bob"), (-10, -3)),
            (2, ("ada", "bob"), (-10, -2)),
            (3, ("ada", "eve"), (0, 5)),
            (4, ("zoe", "bob"), (2, 9)),
            (5, ("zoe", "ada"), (3, 9)),
        ] {
            store.substitution_put(&acme(), &substitution(number, who, days)).await.unwrap();
        }
        let kept = store.substitution_get(&acme(), Uuid::from_u128(3)).await.unwrap();
        assert_eq!(kept, Some(substitution(3, ("ada", "eve"), (0, 5))));
        assert_eq!(store.substitution_get(&acme(), Uuid::from_u128(9)).await.unwrap(), None);
        assert_eq!(around(store, &["bob"], &["ada"]).await, (vec![2, 4], vec![2, 3]));
        assert_eq!(around(store, &["eve", "ada", "bob"], &[]).await, (vec![2, 3, 4], vec![]));
        assert_eq!(numbers(&store.substitutions(&acme(), Some(&user("ada"))).await.unwrap()), [1, 2, 3, 5]);
        assert_eq!(numbers(&store.substitutions(&acme(), None).await.unwrap()), [1, 2, 3, 4, 5]);
        // Kept anew, it is as it was kept last.
        let moved = Substitution { categories: Vec::new(), ..substitution(3, ("ada", "zoe"), (20, 21)) };
        store.substitution_put(&acme(), &moved).await.unwrap();
        assert_eq!(store.substitution_get(&acme(), moved.id).await.unwrap(), Some(moved.clone()));
        assert_eq!(around(store, &["eve"], &["ada"]).await, (vec![], vec![2]));
        assert!(store.substitution_delete(&acme(), moved.id).await.unwrap());
        assert!(!store.substitution_delete(&acme(), moved.id).await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_so_many_substitutions_that_are_not_over() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut admin = fixture.admin().await;
        // By the database's own day, which is what it goes by.
        let today: NaiveDate = ask(&mut admin, "select (now() at time zone 'UTC')::date").await;
        let of = |number: u128, from: i64, to: i64| Substitution {
            from: today + TimeDelta::days(from),
            to: today + TimeDelta::days(to),
            ..substitution(number, ("ada", "bob"), (0, 0))
        };
        for number in 1..=98 {
            store.substitution_put(&acme(), &of(number, 0, 3)).await.unwrap();
        }
        store.substitution_put(&acme(), &of(200, -9, -2)).await.unwrap();
        let more: Vec<_> = (301..=306).map(|number| of(number, 1, 2)).collect();
        let ours = &acme();
        let kept = join_all(more.iter().map(|more| store.substitution_put(ours, more))).await;
        assert_eq!(kept.iter().filter(|kept| kept.is_ok()).count(), 2);
        let refused = kept.into_iter().find_map(Result::err).unwrap();
        assert_eq!(refused.kind, PortErrorKind::Conflict);
        // One that is kept anew needs no more room; another person has their own.
        store.substitution_put(&acme(), &of(1, 0, 4)).await.unwrap();
        let other = Substitution { user: user("eve"), ..of(400, 0, 1) };
        store.substitution_put(&acme(), &other).await.unwrap();
        store.substitution_put(&tenant("globex"), &of(500, 0, 1)).await.unwrap();
        // Those that were over two years ago are forgotten.
        store.substitution_put(&acme(), &of(600, -900, -740)).await.unwrap();
        let kept = "select count(*) from substitution";
        let before: i64 = ask(&mut admin, kept).await;
        fixture.relay.sweep().await.unwrap();
        assert_eq!(ask::<i64>(&mut admin, kept).await, before - 1);
        assert_eq!(store.substitution_get(&acme(), Uuid::from_u128(600)).await.unwrap(), None);
        fixture
    })
    .await;
}

fn calendar(name: &str, holiday: &str) -> NamedCalendar {
    let calendar = serde_json::from_value(json!({
        "zone": "Europe/Vienna",
        "hours": { "monday": [{ "from": "09:00:00", "to": "12:00:00" }, { "from": "13:00:00", "to": "00:00:00" }] },
        "holidays": { "2026-12-25": holiday },
    }))
    .unwrap();
    NamedCalendar { name: name.to_owned(), calendar, updated_at: at(0) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_has_calendars_up_to_a_limit() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        assert_eq!(store.calendars(&acme()).await.unwrap(), []);
        for (name, holiday) in [("vienna", "Christtag\u{0}"), ("default", "Christmas"), ("vienna", "Christtag")] {
            store.calendar_put(&acme(), &calendar(name, holiday)).await.unwrap();
        }
        let expected = vec![calendar("default", "Christmas"), calendar("vienna", "Christtag")];
        assert_eq!(store.calendars(&acme()).await.unwrap(), expected);
        assert_eq!(store.calendar_get(&acme(), "vienna").await.unwrap(), Some(expected[1].clone()));
        for missing in ["rome", "nul\0"] {
            assert_eq!(store.calendar_get(&acme(), missing).await.unwrap(), None);
            assert!(!store.calendar_delete(&acme(), missing).await.unwrap());
        }
        assert_eq!(store.calendars(&tenant("globex")).await.unwrap(), []);
        assert_eq!(store.calendar_get(&tenant("globex"), "vienna").await.unwrap(), None);
        assert!(!store.calendar_delete(&tenant("globex"), "vienna").await.unwrap());
        for number in 0..97 {
            store.calendar_put(&acme(), &calendar(&format!("c{number}"), "x")).await.unwrap();
        }
        let more: Vec<_> = (0..4).map(|number| calendar(&format!("more{number}"), "x")).collect();
        let ours = &acme();
        let kept = join_all(more.iter().map(|more| store.calendar_put(ours, more))).await;
        assert_eq!(kept.iter().filter(|kept| kept.is_ok()).count(), 1);
        store.calendar_put(&acme(), &calendar("default", "still")).await.unwrap();
        assert!(store.calendar_delete(&acme(), "vienna").await.unwrap());
        store.calendar_put(&acme(), &calendar("rome", "there is room")).await.unwrap();
        fixture
    })
    .await;
}
