//! Generated documents in the making: the fence, what is kept, and that nothing crosses a tenant.

use crate::fixture::{Fixture, at, everywhere, tenant};
use futures::future::join_all;
use octavo_adapters_postgres::Postgres;
use octavo_domain_documents::{DocumentStore, IdempotencyKey};
use octavo_domain_generate::{
    ACTIVE_MAX, CreateError, Creation, Generation, GenerationId, GenerationStore, KEPT_MAX, Order, Outcome, Outline,
    Paid, Remembered, Section, Source, SourcesWanted, Status, Transition, Trouble, Written, step_message,
};
use octavo_domain_kernel::{DocumentId, Outbox, PortErrorKind, Principal};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, Row};
use uuid::Uuid;

fn order() -> Order {
    Order {
        title: Some("Größe ẞ 𝔘".to_owned()),
        instructions: "Tell\nall".to_owned(),
        template: None,
        outline: Outline::Planned { sections: 2 },
        sources: SourcesWanted {
            query: Some("tea".to_owned()),
            filters: json!({"tags": {"any": ["z", "a"]}}),
            documents: vec![DocumentId(Uuid::from_u128(3))],
            max: 4,
        },
        model: "auto".to_owned(),
        language: Some("de".to_owned()),
        tags: vec!["plan".to_owned()],
        shares: Vec::new(),
    }
}

pub(crate) fn generation(tenant_name: &str, number: u128) -> Generation {
    let principal = Principal {
        tenant: tenant(tenant_name),
        user: "ada".parse().unwrap(),
        name: Some("Ada".to_owned()),
        groups: ["legal".parse().unwrap()].into(),
        roles: ["admin".to_owned()].into(),
        api_key: Some(Uuid::from_u128(77)),
    };
    let (id, document) = (GenerationId(Uuid::from_u128(number)), DocumentId(Uuid::from_u128(number + 1_000)));
    Generation::new(id, document, &principal, order(), at(0), Some("00-trace".to_owned()))
}

pub(crate) fn creation(generation: Generation) -> Creation {
    let outbox = vec![step_message(octavo_testing::ids::unique(), at(0), &generation)];
    Creation { generation, outbox, remembered: None }
}

async fn create(store: &Postgres, generation: Generation) -> Generation {
    store.generation_create(&creation(generation.clone())).await.unwrap();
    generation
}

fn paid(number: u128) -> Paid {
    let (provider, model) = ("openai".to_owned(), "small".to_owned());
    Paid { call: Uuid::from_u128(number), provider, model, input_tokens: 10, output_tokens: 5 }
}

fn source() -> Source {
    Source {
        number: 1,
        document: DocumentId(Uuid::from_u128(3)),
        version: 2,
        title: "Tea".to_owned(),
        hash: "a".repeat(64).parse().unwrap(),
        chars: 12,
        suspicious: vec!["role_header".to_owned()],
    }
}

fn written(text: &str, call: u128) -> Outcome {
    Outcome::Written(Written { text: text.to_owned(), cut: true, paid: paid(call) })
}

/// Decides, and says whether the store took it.
async fn advance(store: &Postgres, read: &Generation, outcome: Outcome) -> (bool, Generation) {
    let transition = read.advance(outcome, at(9)).unwrap();
    commit(store, transition).await
}

async fn commit(store: &Postgres, transition: Transition) -> (bool, Generation) {
    let message = step_message(octavo_testing::ids::unique(), at(9), &transition.generation);
    let outbox = if transition.goes_on() { vec![message] } else { Vec::new() };
    let change = transition.with(outbox);
    let made = store.generation_change(&change.generation.tenant, &change).await.unwrap();
    (made, change.generation)
}

/// One whose two sections are planned.
async fn outlined(store: &Postgres, number: u128) -> Generation {
    let made = create(store, generation("acme", number)).await;
    let (_, gathered) = advance(store, &made, Outcome::Gathered(vec![source()])).await;
    let sections = vec![Section::planned("One", "first"), Section::planned("Two", "")];
    let plan = Outcome::Outlined { title: None, sections, paid: paid(1) };
    advance(store, &gathered, plan).await.1
}

async fn get(store: &Postgres, generation: &Generation) -> Generation {
    store.generation_get(&generation.tenant, generation.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_step_comes_back_as_it_was_decided() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mut state = create(store, generation("acme", 1)).await;
        assert_eq!(get(store, &state).await, state);
        let sections = vec![Section::planned("One", "first"), Section::planned("Two", "")];
        for outcome in [
            Outcome::Gathered(vec![source()]),
            Outcome::Postponed(Trouble { code: "AI_0009".to_owned(), message: "later".to_owned() }),
            Outcome::Outlined { title: Some("Planned".to_owned()), sections, paid: paid(1) },
            written("Text of one: ẞ", 2),
            written("Text of two", 3),
            Outcome::Assembled,
        ] {
            let (made, next) = advance(store, &state, outcome).await;
            assert!(made);
            assert_eq!(get(store, &next).await, next);
            state = next;
        }
        assert_eq!(state.status, Status::Done);
        assert_eq!(state.paid().map(|paid| paid.call.as_u128()).collect::<Vec<_>>(), [1, 2, 3]);
        // One message of the creation, one for each step but the last; none for the one that was postponed.
        assert_eq!(fixture.relay.outbox_claim(100, 0, 1_000).await.unwrap().len(), 5);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_do_one_step_exactly_one_is_stored() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let read = outlined(store, 1).await;
        let workers = (0..12_u128).map(|number| {
            let read = &read;
            async move { advance(store, read, written(&format!("by {number}"), number)).await }
        });
        let results = join_all(workers).await;
        let winners: Vec<&Generation> =
            results.iter().filter(|(made, _)| *made).map(|(_, generation)| generation).collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(get(store, &read).await, *winners[0]);
        // Creation, outline and section are told of, and of this step its one winner.
        assert_eq!(fixture.relay.outbox_claim(100, 0, 1_000).await.unwrap().len(), 4);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_in_between_takes_the_step_away() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let read = outlined(store, 1).await;
        let (cancelled, _) = commit(store, read.cancel(at(9)).unwrap().unwrap()).await;
        assert!(cancelled);
        let (made, _) = advance(store, &read, written("too late", 2)).await;
        assert!(!made);
        let stored = get(store, &read).await;
        assert_eq!((stored.status, stored.sections_done()), (Status::Cancelled, 0));
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_same_request_at_the_same_time_makes_one() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let remembered = Remembered {
            key: "key".to_owned(),
            request_hash: "hash".to_owned(),
            status: 202,
            answer: json!({"id": "x"}),
            expires_at: at(100),
        };
        let keyed = |number| Creation { remembered: Some(remembered.clone()), ..creation(generation("acme", number)) };
        store.generation_create(&keyed(1)).await.unwrap();
        let error = store.generation_create(&keyed(2)).await.unwrap_err();
        assert!(matches!(error, CreateError::KeyTaken), "{error:?}");
        assert_eq!(store.generation_get(&tenant("acme"), GenerationId(Uuid::from_u128(2))).await.unwrap(), None);
        // Kept where the other features keep theirs: one key is one request, whatever it is of.
        let key = IdempotencyKey { user: "ada".parse().unwrap(), key: "key".to_owned() };
        let record = store.idempotency_get(&tenant("acme"), &key, at(0)).await.unwrap().unwrap();
        assert_eq!((record.status, record.answer), (202, json!({"id": "x"})));
        fixture
    })
    .await;
}

#[tokio::test]
async fn somebody_has_so_many_under_way_and_so_many_kept() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for number in 0..u128::from(ACTIVE_MAX) {
            create(store, generation("acme", 1 + number)).await;
        }
        let error = store.generation_create(&creation(generation("acme", 500))).await.unwrap_err();
        assert!(matches!(error, CreateError::TooMany), "{error:?}");
        // Another's are not counted.
        create(store, generation("globex", 500)).await;
        let first = get(store, &generation("acme", 1)).await;
        commit(store, first.cancel(at(9)).unwrap().unwrap()).await;
        create(store, generation("acme", 500)).await;

        let mut admin = fixture.admin().await;
        let kept = i64::from(KEPT_MAX);
        let copy = format!(
            "insert into generation select tenant, ('00000000-0000-0000-0001-' || lpad(n::text, 12, '0'))::uuid, user_id, \
                 step, status, title, requester, wanted, sources, outlined_by, tries, retries, trouble, document_id, \
                 traceparent, created_at, updated_at \
             from generation, generate_series(1, {kept}) n where status = 'cancelled'"
        );
        admin.execute(AssertSqlSafe(copy)).await.unwrap();
        let second = get(store, &generation("acme", 2)).await;
        commit(store, second.cancel(at(9)).unwrap().unwrap()).await;
        let latest = Uuid::from_u128(2_u128 << 100).as_u128();
        create(store, generation("acme", latest)).await;
        let count = |status: &'static str| format!("select count(*) from generation where tenant = 'acme' and status {status}");
        let ended: i64 = admin.fetch_one(AssertSqlSafe(count("= 'cancelled'"))).await.unwrap().get(0);
        let active: i64 = admin.fetch_one(AssertSqlSafe(count("<> 'cancelled'"))).await.unwrap().get(0);
        assert_eq!(ended, kept - 1, "the oldest that have ended are forgotten");
        assert_eq!(active, i64::from(ACTIVE_MAX), "what is under way never is");
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_listing_is_somebodys_own_newest_first() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for number in 1..=3 {
            create(store, generation("acme", number)).await;
        }
        let read = outlined(store, 4).await;
        let (_, half) = advance(store, &read, written("Text", 2)).await;
        let (acme, ada) = (tenant("acme"), "ada".parse().unwrap());
        let page = store.generation_list(&acme, &ada, None, 2).await.unwrap();
        assert_eq!(page.iter().map(|summary| summary.id.0.as_u128()).collect::<Vec<_>>(), [4, 3]);
        assert_eq!((page[0].progress, page[0].status), (half.progress(), Status::Writing));
        let next = store.generation_list(&acme, &ada, Some(page[1].id), 10).await.unwrap();
        assert_eq!(next.iter().map(|summary| summary.id.0.as_u128()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(store.generation_list(&acme, &"alan".parse().unwrap(), None, 10).await.unwrap(), []);
        assert_eq!(store.generation_list(&tenant("globex"), &ada, None, 10).await.unwrap(), []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn nothing_crosses_a_tenant() {
    async fn count(fixture: &Fixture, begin: &'static str, table: &str) -> i64 {
        let mut app = fixture.app().await;
        app.execute(begin).await.unwrap();
        app.fetch_one(AssertSqlSafe(format!("select count(*) from {table}"))).await.unwrap().get(0)
    }
    everywhere(|fixture| async move {
        let read = outlined(&fixture.store, 1).await;
        for table in ["generation", "generation_section"] {
            assert!(count(&fixture, "begin; set local octavo.tenant = 'acme'", table).await > 0);
            for begin in ["begin", "begin; set local octavo.tenant = 'globex'"] {
                assert_eq!(count(&fixture, begin, table).await, 0, "{table} after {begin}");
            }
        }
        assert_eq!(fixture.store.generation_get(&tenant("globex"), read.id).await.unwrap(), None);
        let mut foreign = read.cancel(at(9)).unwrap().unwrap().with(Vec::new());
        let error = fixture.store.generation_change(&tenant("globex"), &foreign).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Corrupt);
        foreign.generation.tenant = tenant("globex");
        assert!(!fixture.store.generation_change(&tenant("globex"), &foreign).await.unwrap());
        assert_eq!(get(&fixture.store, &read).await, read);

        let mut app = fixture.app().await;
        for sql in [
            "update generation set wanted = '{}'",
            "update generation set user_id = 'eve'",
            "update generation_section set heading = 'x'",
            "delete from generation_section",
            "truncate generation",
        ] {
            app.execute("begin; set local octavo.tenant = 'acme'").await.unwrap();
            let error = app.execute(sql).await.unwrap_err();
            assert_eq!(error.into_database_error().unwrap().code().unwrap(), "42501", "{sql}");
            app.execute("rollback").await.unwrap();
        }
        fixture
    })
    .await;
}
