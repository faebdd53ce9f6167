//! Behind PgBouncer in transaction mode, an old one that knows nothing of prepared statements.

use crate::ai_fixture::{all_usage, call};
use crate::fixture::{Fixture, creation, document, id, message, tenant};
use futures::future::join_all;
use local_emulator_postgres::testing;
use nix::unistd::Uid;
use octavo_adapters_postgres::{PoolOptions, Postgres, StatementCache, TEST_APP_LOGIN, TEST_PASSWORD};
use octavo_domain_ai::ports::{CallQuery, Ledger};
use octavo_domain_documents::DocumentStore;
use octavo_testing::engines;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long PgBouncer may take to listen.
const START_WITHIN: Duration = Duration::from_secs(60);
/// Connections to the server: fewer than there are clients, so that each transaction gets another one.
const SERVER_CONNECTIONS: u32 = 3;

pub(crate) struct Bouncer(Child);

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn start(program: &str, folder: &std::path::Path, server: &str) -> (Bouncer, SocketAddr) {
    let (host, port) = server.split_once(':').unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = format!(
        "[databases]\n* = host={host} port={port} user={TEST_APP_LOGIN} password={TEST_PASSWORD}\n[pgbouncer]\n\
         listen_addr = 127.0.0.1\nlisten_port = {}\nauth_type = any\npool_mode = transaction\n\
         default_pool_size = {SERVER_CONNECTIONS}\nunix_socket_dir =\n",
        address.port()
    );
    let file = folder.join("pgbouncer.ini");
    std::fs::write(&file, settings).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    if Uid::effective().is_root() {
        command.args(["-u", "nobody"]);
    }
    let child = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let bouncer = Bouncer(child);
    let deadline = Instant::now() + START_WITHIN;
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "PgBouncer does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    (bouncer, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_of_two_tenants_over_few_connections() {
    let Some(program) = engines::optional("PgBouncer, as a program,", "OCTAVO_TEST_PGBOUNCER") else { return };
    let fixture = Fixture::on(testing::server().await).await;
    let server = fixture.database.url.split_once('@').unwrap().1.split_once('/').unwrap().0;
    let folder = tempfile::tempdir().unwrap();
    let (_bouncer, address) = start(&program, folder.path(), server);
    let url = format!("postgres://{TEST_APP_LOGIN}:{TEST_PASSWORD}@{address}/{}", fixture.database.name);
    let options = PoolOptions { statement_cache: StatementCache::Off, connections_max: 12, ..PoolOptions::default() };
    let store = &Postgres::connect_lazy(&url, &options).unwrap();
    let work = (0..12_u128).map(|worker| async move {
        let name = if worker % 2 == 0 { "acme" } else { "globex" };
        for turn in 0..20 {
            let number = worker * 100 + turn + 1;
            let mut commit = creation(document(name, number, "A plan"));
            commit.outbox = vec![message(name, number)];
            store.document_commit(&commit).await.unwrap();
            let found = store.document_get(&tenant(name), id(number)).await.unwrap();
            assert_eq!(found, Some(commit.document));
            let other = if worker % 2 == 0 { "globex" } else { "acme" };
            assert_eq!(store.document_get(&tenant(other), id(number)).await.unwrap(), None);
            store.outbox_published(&tenant(name), &[commit.outbox[0].message.id]).await.unwrap();
            let made = call(name, 0, number as u64);
            assert_eq!(store.call_insert(&tenant(name), std::slice::from_ref(&made)).await.unwrap(), [true]);
            let query = CallQuery { limit: 1_000, ..CallQuery::default() };
            let calls = store.call_list(&tenant(name), &query).await.unwrap().calls;
            assert!(calls.contains(&made) && calls.iter().all(|call| call.tenant == tenant(name)));
            assert_eq!(store.usage(&tenant(name), &all_usage()).await.unwrap().len(), 1);
        }
    });
    join_all(work).await;
    for name in ["acme", "globex"] {
        assert_eq!(store.usage(&tenant(name), &all_usage()).await.unwrap()[0].calls, 6 * 20);
    }
    store.close().await;
    fixture.close().await;
}
