//! The server is away, and comes back.

use crate::fixture::{Fixture, create, creation, document, id, message, tenant, update};
use local_emulator_postgres::{Durability, Options, Server, State, testing};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD, prepare_for_tests};
use octavo_domain_documents::{CommitError, DocumentStore};
use octavo_domain_kernel::PortErrorKind;
use octavo_testing::faults::{Proxy, address_of};
use sqlx::{Connection, Executor, Row};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Waits but shortly, so that the test of an absence is short.
fn impatient() -> PoolOptions {
    PoolOptions { acquire_timeout: Duration::from_millis(300), ..PoolOptions::default() }
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

fn throwaway(folder: &TempDir) -> Options {
    let mut options = Options::new(folder.path().join("data"));
    options.durability = Durability::Off;
    options
}

#[tokio::test]
async fn a_store_survives_a_restart_of_the_server() {
    let folder = folder();
    let mut server_options = throwaway(&folder);
    let server = Server::start(server_options.clone()).await.unwrap();
    // The same port again, which is what a restart in production means.
    server_options.port = server.address().port();
    prepare_for_tests(&server.admin_url()).await.unwrap();
    let url = server.url_as("postgres", TEST_APP_LOGIN, TEST_PASSWORD);
    let store = Postgres::connect_lazy(&url, &PoolOptions::default()).unwrap();
    let made = create(&store, document("acme", 1, "A plan")).await;
    let acme = tenant("acme");
    // Several connections, all of which die below.
    let reads = (0..4).map(|_| store.document_get(&acme, id(1)));
    for read in futures::future::join_all(reads).await {
        assert_eq!(read.unwrap().as_ref(), Some(&made));
    }
    server.stop().await.unwrap();

    let began = Instant::now();
    let other = Postgres::connect_lazy(&url, &impatient()).unwrap();
    let error = other.document_get(&acme, id(1)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(other.ping().await.is_err());
    assert!(began.elapsed() < PoolOptions::default().acquire_timeout, "a dead server must not hold callers for long");

    let server = Server::start(server_options).await.unwrap();
    assert_eq!(store.document_get(&acme, id(1)).await.unwrap(), Some(made), "the first call after it is back");
    store.ping().await.unwrap();
    store.close().await;
    other.close().await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_is_unavailable_soon_and_is_used_again_when_it_is_back() {
    let fixture = Fixture::on(testing::server().await).await;
    let proxy = Proxy::start(address_of(&fixture.database.url).await).await;
    let url = proxy.url(&fixture.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD));
    // A busy machine needs a while to connect.
    let options = PoolOptions { connections_max: 1, acquire_timeout: Duration::from_secs(2), ..PoolOptions::default() };
    let store = Postgres::connect_lazy(&url, &options).unwrap();
    let again = Duration::from_millis(20);
    let answers = async || {
        while store.ping().await.is_err() {
            tokio::time::sleep(again).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), answers()).await.expect("the server answers");
    proxy.black_hole().await;
    let began = Instant::now();
    let error = store.document_get(&tenant("acme"), id(1)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(began.elapsed() < Duration::from_secs(30), "soon");
    proxy.pass().await;
    tokio::time::timeout(Duration::from_secs(60), answers()).await.expect("the server answers again");
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_a_wrong_password_is_denied() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let store = Postgres::connect_lazy(&format!("postgres://a:b@127.0.0.1:{port}/octavo"), &impatient()).unwrap();
    assert_eq!(store.ping().await.unwrap_err().kind, PortErrorKind::Unavailable);

    let database = testing::empty_database().await;
    let store = Postgres::connect_lazy(&database.url_as("nobody", "wrong"), &PoolOptions::default()).unwrap();
    assert_eq!(store.ping().await.unwrap_err().kind, PortErrorKind::Denied);

    let Err(error) = Postgres::connect_lazy("mysql://x", &PoolOptions::default()) else {
        panic!("that is no PostgreSQL")
    };
    assert!(error.to_string().contains("postgres://LOGIN"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_the_server_was_killed_and_nothing_is_there_by_half() {
    let folder = folder();
    let server = Server::start(throwaway(&folder)).await.unwrap();
    prepare_for_tests(&server.admin_url()).await.unwrap();
    let url = server.url_as("postgres", TEST_APP_LOGIN, TEST_PASSWORD);
    let store = &Postgres::connect_lazy(&url, &PoolOptions::default()).unwrap();
    let acme = &tenant("acme");
    let is_back = &AtomicBool::new(false);
    let write = |worker: u128| async move {
        let mut acknowledged = Vec::new();
        // Until ten more were written after the server came back.
        let mut left = 10;
        for number in worker * 1_000_000.. {
            let mut commit = creation(document("acme", 1 + number, "A plan"));
            commit.outbox = vec![message("acme", 1 + number)];
            let was_back = is_back.load(Ordering::SeqCst);
            // A failure may be one: most do not even see it, because nothing had begun on their connection.
            if store.document_commit(&commit).await.is_ok() {
                acknowledged.push(commit.document.id);
                left -= u32::from(was_back);
            }
            if left == 0 {
                break;
            }
        }
        acknowledged
    };
    let crash = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut state = server.state();
        let State::Ready { pid: killed } = *state.borrow() else { panic!("not ready") };
        kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
        let back = state.wait_for(|state| matches!(state, State::Ready { pid } if *pid != killed));
        tokio::time::timeout(Duration::from_secs(90), back).await.expect("started again").unwrap();
        is_back.store(true, Ordering::SeqCst);
    };
    let all = async { tokio::join!(write(1), write(2), write(3), crash) };
    let (one, two, three, ()) = tokio::time::timeout(Duration::from_secs(180), all).await.expect("all is well again");
    let acknowledged = [one, two, three].concat();
    for ids in acknowledged.chunks(500) {
        assert_eq!(store.document_get_many(acme, ids).await.unwrap().len(), ids.len());
    }
    let mut admin = sqlx::PgConnection::connect(&server.admin_url()).await.unwrap();
    let row = admin
        .fetch_one(
            "select (select count(*) from document), (select count(*) from document_version), \
             (select count(*) from outbox)",
        )
        .await
        .unwrap();
    let [documents, versions, messages] = [0, 1, 2].map(|column| row.get::<i64, _>(column));
    assert!(documents as usize >= acknowledged.len());
    assert_eq!((documents, documents), (versions, messages));
    store.close().await;
}

#[tokio::test]
async fn a_statement_that_waits_too_long_is_a_timeout() {
    let fixture = Fixture::on(testing::server().await).await;
    let made = create(&fixture.store, document("acme", 1, "A plan")).await;
    let mut admin = fixture.admin().await;
    admin.execute("begin; select * from document for update").await.unwrap();
    // Longer than a statement that does not wait takes on a busy machine: the last one here is to be made.
    let options = PoolOptions { statement_timeout: Duration::from_millis(2_500), ..PoolOptions::default() };
    let url = fixture.database.url_as(TEST_APP_LOGIN, TEST_PASSWORD);
    let store = Postgres::connect_lazy(&url, &options).unwrap();
    match store.document_commit(&update(&made, |_| ())).await.unwrap_err() {
        CommitError::Port(error) => assert_eq!(error.kind, PortErrorKind::Timeout, "{error}"),
        other => panic!("{other:?}"),
    }
    admin.execute("rollback").await.unwrap();
    store.document_commit(&update(&made, |_| ())).await.unwrap();
    store.close().await;
    fixture.close().await;
}
