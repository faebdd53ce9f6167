//! Counts of searches, clicks, and reports.

use crate::ai_fixture::ask;
use crate::fixture::{everywhere, id, tenant};
use chrono::{NaiveDate, TimeDelta};
use octavo_adapters_postgres::Postgres;
use octavo_domain_kernel::{Clock, Outbox};
use octavo_domain_search::{
    AnalyticsRange, CLICKS_SEARCH_MAX, Click, Counted, SearchAnalytics, TEXTS_DAY_MAX, TextFigures,
};
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn counted(on: &str, text: &str, searches: u64, without_results: u64) -> Counted {
    let hits = 10 * (searches - without_results);
    Counted {
        day: day(on),
        text: text.to_owned(),
        searches,
        without_results,
        tolerant: 0,
        hits,
        took: [searches, 0, 0, 0, 0],
    }
}

fn click(search: u128, on: &str, text: &str, document: u128, position: u32) -> Click {
    Click {
        search: Uuid::from_u128(search),
        searched_at: format!("{on}T12:00:00Z").parse().unwrap(),
        text: text.to_owned(),
        document: id(document),
        position,
    }
}

/// Something of acme's in both tables.
pub(crate) async fn fill(store: &Postgres) {
    let acme = tenant("acme");
    let today = octavo_adapters_system::SystemClock.now().date_naive().to_string();
    store.analytics_add(&acme, &[counted(&today, "secret", 1, 0)]).await.unwrap();
    store.analytics_click(&acme, &click(1, &today, "secret", 1, 1)).await.unwrap();
}

const RANGE: (&str, &str) = ("2026-11-01", "2026-11-30");

async fn report(store: &Postgres) -> octavo_domain_search::AnalyticsFound {
    let range = AnalyticsRange { from: day(RANGE.0), to: day(RANGE.1) };
    store.analytics(&tenant("acme"), range).await.unwrap()
}

fn names(texts: &[TextFigures]) -> Vec<(&str, u64)> {
    texts.iter().map(|text| (text.text.as_str(), text.totals.searches)).collect()
}

#[tokio::test]
async fn counts_add_up_by_day_and_by_text() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let first = [
            counted("2026-11-10", "lease", 3, 0),
            counted("2026-11-10", "rent", 2, 2),
            counted("2026-11-11", "", 1, 0),
            counted("2026-12-01", "later", 9, 0),
        ];
        store.analytics_add(&acme, &first).await.unwrap();
        // Many at once, of the same texts in other orders.
        let more: Vec<[Counted; 2]> = (0..10)
            .map(|turn| {
                let (a, b) = (counted("2026-11-10", "lease", 1, 0), counted("2026-11-11", "rent", 1, 1));
                if turn % 2 == 0 { [a, b] } else { [b, a] }
            })
            .collect();
        for added in futures::future::join_all(more.iter().map(|counts| store.analytics_add(&acme, counts))).await {
            added.unwrap();
        }
        store.analytics_add(&tenant("umbrella"), &first).await.unwrap();
        for (search, document, position) in [(1, 1, 2), (1, 2, 7), (1, 1, 2), (2, 1, 3)] {
            let click = click(search, "2026-11-10", "lease", document, position);
            store.analytics_click(&acme, &click).await.unwrap();
        }
        store.analytics_click(&acme, &click(3, "2026-11-12", "nobody counted", 1, 1)).await.unwrap();

        let found = report(store).await;
        let totals = found.totals;
        assert_eq!((totals.searches, totals.without_results, totals.clicked), (26, 12, 3));
        assert_eq!((found.took, found.other), ([26, 0, 0, 0, 0], 0));
        let days: Vec<_> = found.days.iter().map(|day| (day.day, day.totals.searches, day.totals.clicked)).collect();
        assert_eq!(days, [(day("2026-11-10"), 15, 2), (day("2026-11-11"), 11, 0), (day("2026-11-12"), 0, 1)]);
        assert_eq!(found.days[0].totals.mean_position, Some(4.0));
        assert_eq!(names(&found.top), [("lease", 13), ("rent", 12), ("", 1)]);
        assert_eq!(names(&found.missing), [("rent", 12)]);
        let lease = &found.top[0];
        assert_eq!((lease.totals.clicked, lease.totals.mean_position, lease.mean_hits), (2, Some(4.0), 10.0));
        fixture
    })
    .await;
}

#[tokio::test]
async fn texts_beyond_the_limit_of_a_day_are_counted_together() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let text = |number: u32| format!("text {number:05}");
        let many: Vec<Counted> =
            (0..TEXTS_DAY_MAX - 1).map(|number| counted("2026-11-10", &text(number), 1, 0)).collect();
        store.analytics_add(&acme, &many).await.unwrap();
        let more = [
            counted("2026-11-10", "rare", 1, 1),
            counted("2026-11-10", "often", 5, 0),
            counted("2026-11-10", &text(7), 2, 0),
            counted("2026-11-11", "rare", 1, 0),
        ];
        store.analytics_add(&acme, &more).await.unwrap();
        let found = report(store).await;
        assert_eq!((found.other, found.totals.searches), (1, u64::from(TEXTS_DAY_MAX - 1) + 9));
        assert_eq!(names(&found.top[..3]), [("often", 5), ("text 00007", 3), ("rare", 1)]);
        store.analytics_add(&acme, &[counted("2026-11-10", "rare", 4, 0)]).await.unwrap();
        assert_eq!(report(store).await.other, 5, "a day that is full stays so");
        let mut admin = fixture.admin().await;
        let rows: i64 =
            ask(&mut admin, "select count(*) from search_query_day where day = '2026-11-10'".to_owned()).await;
        assert_eq!(rows, i64::from(TEXTS_DAY_MAX) + 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_search_has_so_many_clicks() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        for document in 0..CLICKS_SEARCH_MAX + 3 {
            let click = click(1, "2026-11-10", "lease", document.into(), document + 1);
            store.analytics_click(&acme, &click).await.unwrap();
        }
        let mut admin = fixture.admin().await;
        let rows: i64 = ask(&mut admin, "select count(*) from search_click".to_owned()).await;
        assert_eq!(rows, i64::from(CLICKS_SEARCH_MAX));
        // And a tenant on a day.
        let fill = "insert into search_click (tenant, day, search_id, document_id, text, position) \
                    select 'acme', '2026-11-10', gen_random_uuid(), gen_random_uuid(), '', 1 \
                    from generate_series(1, 9980)";
        sqlx::Executor::execute(&mut admin, fill).await.unwrap();
        store.analytics_click(&acme, &click(2, "2026-11-10", "lease", 1, 1)).await.unwrap();
        store.analytics_click(&acme, &click(2, "2026-11-11", "lease", 1, 1)).await.unwrap();
        let rows: i64 = ask(&mut admin, "select count(*) from search_click".to_owned()).await;
        assert_eq!(rows, 10_001, "one of another day, and none of the full one");
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_is_old_is_swept() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let today = octavo_adapters_system::SystemClock.now().date_naive();
        // A day of grace on each side: the server's day may be another one than the machine's.
        for (days, number) in [(0, 1), (89, 2), (92, 3), (400, 4)] {
            let on = (today - TimeDelta::days(days)).to_string();
            store.analytics_add(&acme, &[counted(&on, "lease", 1, 0)]).await.unwrap();
            store.analytics_click(&acme, &click(number, &on, "lease", 1, 1)).await.unwrap();
        }
        fixture.relay.sweep().await.unwrap();
        let mut admin = fixture.admin().await;
        for table in ["search_query_day", "search_click"] {
            let rows: i64 = ask(&mut admin, format!("select count(*) from {table}")).await;
            assert_eq!(rows, 2, "{table}");
        }
        fixture
    })
    .await;
}
