//! The server hangs, in the middle of a transaction or at its end: the caller is told in time what it may believe, the
//! connection is given up, and the same write once more ends where one write would have ended.

use crate::ai_fixture::{self, ask};
use crate::fixture::{Fixture, at, creation, document, message, record, tenant};
use crate::workflow_fixture::{Machine, acme, now};
use crate::{approvals_fixture, generations, notify_fixture};
use chrono::Duration as Span;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD};
use octavo_domain_ai::ports::Ledger;
use octavo_domain_approvals::{ApprovalStore, Committed as ApprovalCommitted};
use octavo_domain_documents::{Commit, CommitError, DocumentStore};
use octavo_domain_generate::{CreateError, GenerationStore};
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_notify::{Channel, NotifyStore};
use octavo_domain_workflow::engine::ports::{Committed, ExecutionStore};
use octavo_testing::faults::{Proxy, address_of};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// How long a statement may run here: long enough that a busy machine begins to wait where it is to.
const STATEMENT: Duration = Duration::from_secs(3);
/// How long a caller may wait: the limit and a second, and a busy machine. Without a limit nobody is ever told.
const TOLD_WITHIN: Duration = Duration::from_secs(25);
/// Between two looks.
const LOOKS_EVERY: Duration = Duration::from_millis(10);
/// What the machine may take for the rest.
const DONE_WITHIN: Duration = Duration::from_secs(60);

/// A write: whether this call of it made it, or one before.
type Write = fn(Postgres) -> BoxFuture<'static, Result<bool, PortError>>;

/// A write, and the row of it that there is once.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    write: Write,
    table: &'static str,
}

const DOCUMENTS: Case = Case {
    name: "a document",
    table: "document",
    write: |store| {
        async move {
            let commit = Commit {
                outbox: vec![message("acme", 1)],
                idempotency: Some(record("key", &"ab".repeat(32), at(3_600))),
                ..creation(document("acme", 1, "A plan"))
            };
            match store.document_commit(&commit).await {
                Ok(_) => Ok(true),
                Err(CommitError::Port(error)) => Err(error),
                Err(CommitError::Stale { .. } | CommitError::IdempotencyKeyTaken) => Ok(false),
            }
        }
        .boxed()
    },
};
const LEDGER: Case = Case {
    name: "a call of the ledger",
    table: "ai_call",
    write: |store| {
        async move { Ok(store.call_insert(&tenant("acme"), &[ai_fixture::call("acme", 1, 1)]).await?[0]) }.boxed()
    },
};
const GENERATIONS: Case = Case {
    name: "a generation",
    table: "generation",
    write: |store| {
        async move {
            match store.generation_create(&generations::creation(generations::generation("acme", 1))).await {
                Ok(()) => Ok(true),
                Err(CreateError::Port(error)) if error.kind == PortErrorKind::Conflict => Ok(false),
                Err(CreateError::Port(error)) => Err(error),
                Err(other) => panic!("{other}"),
            }
        }
        .boxed()
    },
};
const APPROVALS: Case = Case {
    name: "an approval",
    table: "approval",
    write: |store| {
        async move {
            let commit = approvals_fixture::creation(approvals_fixture::approval(1, "Approve this", &["user:bob"]));
            Ok(matches!(store.approval_commit(&acme(), &commit).await?, ApprovalCommitted::Done { .. }))
        }
        .boxed()
    },
};
const MESSAGES: Case = Case {
    name: "a message",
    table: "notify_message",
    write: |store| {
        async move {
            let event = notify_fixture::event(1);
            let planned = [notify_fixture::planned(&event, 1, "ada", Channel::Email)];
            let until = event.at + Span::minutes(1);
            let held = store.event_plan(&acme(), &event, &planned, event.at, notify_fixture::WORKER, until).await?;
            Ok(!held.is_empty())
        }
        .boxed()
    },
};
const EXECUTIONS: Case = Case {
    name: "an execution",
    table: "workflow_running",
    write: |store| {
        async move {
            // A name of its own is its own the second time, whatever the execution is called inside.
            let machine = Machine::wait();
            let change = machine.begin(machine.execution("one", now()));
            Ok(store.execution_commit(&acme(), &change, None).await? == Committed::Done)
        }
        .boxed()
    },
};

/// A database behind a proxy, and a store with one connection, which must not be lost.
struct Hanging {
    fixture: Fixture,
    proxy: Proxy,
    store: Postgres,
    admin: PgConnection,
}

impl Hanging {
    async fn new() -> Self {
        let fixture = Fixture::on(testing::server().await).await;
        let proxy = Proxy::start(address_of(&fixture.database.url).await).await;
        let url = proxy.url(&fixture.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD));
        let options = PoolOptions { connections_max: 1, statement_timeout: STATEMENT, ..PoolOptions::default() };
        let store = Postgres::connect_lazy(&url, &options).unwrap();
        store.ping().await.unwrap();
        let admin = fixture.admin().await;
        Self { fixture, proxy, store, admin }
    }

    /// Begins a write, and lets the server hang as soon as the write waits for what `held` holds and `given_up` gives.
    async fn hangs(&mut self, case: Case, held: &'static str, given_up: &'static str) -> PortErrorKind {
        self.admin.execute(held).await.unwrap();
        let began = Instant::now();
        let writing = tokio::spawn((case.write)(self.store.clone()));
        let waits =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while ask::<i64>(&mut self.admin, waits).await == 0 {
            assert!(!writing.is_finished(), "{}: {:?} before it waited", case.name, writing.await);
            sleep(LOOKS_EVERY).await;
        }
        self.proxy.black_hole().await;
        // Now it goes on, and nobody hears of it.
        self.admin.execute(given_up).await.unwrap();
        let answer = timeout(DONE_WITHIN, writing).await.expect("a write ends").unwrap();
        let took = began.elapsed();
        assert!(took < TOLD_WITHIN, "{}: told after {took:?}", case.name);
        answer.expect_err("the server hangs").kind
    }

    /// The server answers again: so does the store, with the one connection that it may have, and the same write once more is
    /// made by whichever of the two.
    async fn goes_on(mut self, case: Case, made_before: bool) {
        self.proxy.pass().await;
        let again = async {
            loop {
                match (case.write)(self.store.clone()).await {
                    Ok(made) => return made,
                    Err(error) => assert!(error.is_retryable(), "{}: {error}", case.name),
                }
                sleep(LOOKS_EVERY).await;
            }
        };
        let made =
            timeout(DONE_WITHIN, again).await.unwrap_or_else(|_| panic!("{}: it is never used again", case.name));
        assert_eq!(made, !made_before, "{}", case.name);
        let count = format!("select count(*) from {}", case.table);
        assert_eq!(ask::<i64>(&mut self.admin, count).await, 1, "{}", case.name);
        self.store.close().await;
        self.fixture.close().await;
    }
}

/// In the middle: `busy` is a table that the transaction comes to when it has begun.
async fn in_the_middle(case: Case, held: &'static str) {
    let mut hanging = Hanging::new().await;
    let told = hanging.hangs(case, held, "rollback").await;
    assert_eq!(told, PortErrorKind::Unavailable, "{}: nothing took effect", case.name);
    hanging.goes_on(case, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_middle_of_a_transaction_it_is_unavailable_and_nothing_took_effect() {
    tokio::join!(
        in_the_middle(DOCUMENTS, "begin; lock table outbox in access exclusive mode"),
        in_the_middle(LEDGER, "begin; lock table ai_call in access exclusive mode"),
        in_the_middle(GENERATIONS, "begin; lock table generation in access exclusive mode"),
    );
}

/// At the end: what was written waits for a lock when it is committed, and is committed once it has it.
async fn at_the_end(case: Case) {
    let mut hanging = Hanging::new().await;
    let waits = format!(
        "create function waits() returns trigger language plpgsql as
            $$ begin perform pg_advisory_xact_lock(7); return null; end $$;
         create constraint trigger waits after insert on {} deferrable initially deferred
            for each row execute function waits()",
        case.table
    );
    sqlx::raw_sql(AssertSqlSafe(waits)).execute(&mut hanging.admin).await.unwrap();
    let told = hanging.hangs(case, "select pg_advisory_lock(7)", "select pg_advisory_unlock(7)").await;
    assert_eq!(told, PortErrorKind::Timeout, "{}: nobody knows", case.name);
    // The server knew, and did it.
    let count = format!("select count(*) from {}", case.table);
    let done = async {
        while ask::<i64>(&mut hanging.admin, count.clone()).await == 0 {
            sleep(LOOKS_EVERY).await;
        }
    };
    timeout(DONE_WITHIN, done).await.unwrap_or_else(|_| panic!("{}: it was not committed", case.name));
    hanging.goes_on(case, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_its_end_nobody_knows_and_the_same_write_again_changes_nothing() {
    let cases = [DOCUMENTS, LEDGER, GENERATIONS, APPROVALS, MESSAGES, EXECUTIONS];
    join_all(cases.map(at_the_end)).await;
}

/// How much later everything arrives, and when nobody waits for it any more.
const SLOW: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(100));

/// What is begun and given up (somebody hung up, something beside it failed) must leave no transaction open: the next call on
/// its connection, which is one statement and its own transaction, would be told that it is done and be rolled back later.
#[tokio::test]
async fn a_beginning_that_nobody_waited_for_takes_nothing_with_it() {
    let mut hanging = Hanging::new().await;
    hanging.proxy.delay(SLOW.0).await;
    for _ in 0..3 {
        // On its way to begin: the only connection is there.
        timeout(SLOW.1, hanging.store.document_get(&acme(), crate::fixture::id(1))).await.unwrap_err();
    }
    hanging.proxy.pass().await;
    for case in [APPROVALS, MESSAGES, EXECUTIONS] {
        assert!((case.write)(hanging.store.clone()).await.unwrap(), "{}", case.name);
        let count = format!("select count(*) from {}", case.table);
        assert_eq!(ask::<i64>(&mut hanging.admin, count).await, 1, "{}: it was said to be done", case.name);
    }
    hanging.store.close().await;
    hanging.fixture.close().await;
}
