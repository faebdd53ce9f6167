//! A whole life of executions behind PgBouncer in transaction mode, an old one that knows nothing of prepared statements.

use crate::fixture::{Fixture, tenant};
use crate::pgbouncer::start;
use crate::workflow_fixture::{Machine, token_of};
use futures::future::join_all;
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache, TEST_APP_LOGIN, TEST_PASSWORD};
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::{
    Answered, Committed, ExecutionQuery, ExecutionReads, ExecutionStore, Freshness,
};
use octavo_domain_workflow::machine::{Event, Signal};
use octavo_testing::engines;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executions_of_two_tenants_from_start_to_end_over_few_connections() {
    let Some(program) = engines::optional("PgBouncer, as a program,", "OCTAVO_TEST_PGBOUNCER") else { return };
    let fixture = Fixture::on(testing::server().await).await;
    let server = fixture.database.url.split_once('@').unwrap().1.split_once('/').unwrap().0;
    let folder = tempfile::tempdir().unwrap();
    let (_bouncer, address) = start(&program, folder.path(), server);
    let url = format!("postgres://{TEST_APP_LOGIN}:{TEST_PASSWORD}@{address}/{}", fixture.database.name);
    let options = PoolOptions { statement_cache: StatementCache::Off, connections_max: 12, ..PoolOptions::default() };
    let store = &Postgres::connect_lazy(&url, &options).unwrap();
    let machine = &Machine::token();
    let work = (0..12).map(|worker| async move {
        let names = if worker % 2 == 0 { ["acme", "globex"] } else { ["globex", "acme"] };
        let [mine, theirs] = names.map(tenant);
        for turn in 0..10 {
            let now = crate::workflow_fixture::now();
            let begun = machine.begin(machine.execution(&format!("{worker}-{turn}"), now));
            assert_eq!(store.execution_commit(&mine, &begun, None).await.unwrap(), Committed::Done);
            assert_eq!(store.execution_load(&theirs, begun.id, now).await.unwrap(), None);
            assert_eq!(store.tasks_claim(&theirs, begun.id, "w", now, now, 1).await.unwrap(), []);
            assert_eq!(store.tasks_claim(&mine, begun.id, "w", now, now, 1).await.unwrap().len(), 1);
            let loaded = store.execution_load(&mine, begun.id, now).await.unwrap().unwrap();
            let started = Signal { frame: 1, turn: 1, event: Event::TaskStarted { worker: None } };
            let mut change = machine.settle(loaded, vec![started], now);
            change.tasks_accepted = vec![(1, 1)];
            assert_eq!(store.execution_commit(&mine, &change, None).await.unwrap(), Committed::Done);

            let (token, event) = (token_of(&begun.tasks[0]), Event::TaskSucceeded { output: json!(turn) });
            assert_eq!(store.token_heartbeat(&mine, token, now).await.unwrap(), Answered::Taken(begun.id));
            assert_eq!(store.token_answer(&theirs, token, &event, now).await.unwrap(), Answered::Gone);
            assert_eq!(store.token_answer(&mine, token, &event, now).await.unwrap(), Answered::Taken(begun.id));
            let loaded = store.execution_load(&mine, begun.id, now).await.unwrap().unwrap();
            let ended = machine.settle(loaded, Vec::new(), now);
            assert_eq!(store.execution_commit(&mine, &ended, None).await.unwrap(), Committed::Done);
            let view = store.execution_get(&mine, begun.id).await.unwrap().unwrap();
            assert_eq!((view.status, view.output), (Status::Succeeded, Some(json!(turn))));
            assert_eq!(store.execution_find(&theirs, &view.started.arn).await.unwrap(), None);
        }
    });
    join_all(work).await;
    for name in ["acme", "globex"] {
        let query = ExecutionQuery { limit: 1_000, ..ExecutionQuery::default() };
        let found = store.execution_list(&tenant(name), &query, &Freshness::Latest).await.unwrap();
        assert_eq!(found.len(), 60);
    }
    store.close().await;
    fixture.close().await;
}
