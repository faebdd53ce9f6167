//! The server is away, and comes back.

use crate::fixture::{create, document, id, tenant};
use local_emulator_postgres::{Durability, Options, Server};
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD, prepare_for_tests};
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::PortErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

/// Short, so that the test of an absence is.
const ACQUIRE: Duration = Duration::from_millis(500);

fn options() -> PoolOptions {
    PoolOptions { acquire_timeout: ACQUIRE, ..PoolOptions::default() }
}

#[tokio::test]
async fn a_store_survives_a_restart_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let mut server_options = Options::new(folder.path().join("data"));
    server_options.durability = Durability::Off;
    let server = Server::start(server_options.clone()).await.unwrap();
    // The same port again, which is what a restart in production means.
    server_options.port = server.address().port();
    prepare_for_tests(&server.admin_url()).await.unwrap();
    let url = server.url_as("postgres", TEST_APP_LOGIN, TEST_PASSWORD);
    let store = Postgres::connect_lazy(&url, &options()).unwrap();
    let made = create(&store, document("acme", 1, "A plan")).await;
    let acme = tenant("acme");
    // Several connections, all of which die below.
    let reads = (0..4).map(|_| store.document_get(&acme, id(1)));
    for read in futures::future::join_all(reads).await {
        assert_eq!(read.unwrap().as_ref(), Some(&made));
    }
    server.stop().await.unwrap();

    let began = Instant::now();
    let error = store.document_get(&acme, id(1)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable, "{error}");
    assert!(store.ping().await.is_err());
    assert!(began.elapsed() < ACQUIRE * 8, "a dead server must not hold callers for long");

    let server = Server::start(server_options).await.unwrap();
    assert_eq!(store.document_get(&acme, id(1)).await.unwrap(), Some(made), "the first call after it is back");
    store.ping().await.unwrap();
    store.close().await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_a_wrong_password_is_denied() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let store = Postgres::connect_lazy(&format!("postgres://a:b@127.0.0.1:{port}/octavo"), &options()).unwrap();
    assert_eq!(store.ping().await.unwrap_err().kind, PortErrorKind::Unavailable);

    let database = local_emulator_postgres::testing::empty_database().await;
    let store = Postgres::connect_lazy(&database.url_as("nobody", "wrong"), &options()).unwrap();
    assert_eq!(store.ping().await.unwrap_err().kind, PortErrorKind::Denied);

    let Err(error) = Postgres::connect_lazy("mysql://x", &options()) else { panic!("that is no PostgreSQL") };
    assert!(error.to_string().contains("postgres://LOGIN"), "{error}");
}
