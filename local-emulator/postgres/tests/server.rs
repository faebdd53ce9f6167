//! A server's life: started, stopped, crashed, orphaned.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use local_emulator_postgres::{Durability, Error, Find, Options, Server, State};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything here may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(90);
/// Tells the child process of a test which folder to use.
const CHILD_DATA: &str = "OCTAVO_TEST_CHILD_DATA";
/// Set to 1, binaries are fetched from the network.
const FETCH: &str = "OCTAVO_TEST_FETCH";

/// A temporary folder that the server's account may enter, also when we are root.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

fn options(folder: &Path) -> Options {
    let mut options = Options::new(folder.join("data"));
    options.durability = Durability::Off;
    options
}

fn pid(server: &Server) -> Pid {
    match *server.state().borrow() {
        State::Ready { pid } => Pid::from_raw(pid),
        ref other => panic!("{other:?}"),
    }
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn is_gone(pid: Pid) -> bool {
    // A zombie is gone too: the first process of some containers leaves them.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    kill(pid, None).is_err() || stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('Z'))
}

async fn number(url: &str, sql: &'static str) -> Result<i32, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let row = connection.fetch_one(AssertSqlSafe(sql)).await?;
    connection.close().await?;
    row.try_get(0)
}

#[tokio::test]
async fn what_was_written_survives_a_stop_and_a_start() {
    let folder = folder();
    let mut options = options(folder.path());
    options.durability = Durability::On;
    let server = Server::start(options.clone()).await.unwrap();
    assert!(server.create_database("octavo", None).await.unwrap());
    assert!(!server.create_database("octavo", None).await.unwrap(), "there was one already");
    let mut connection = PgConnection::connect(&server.url("octavo")).await.unwrap();
    connection.execute("create table kept as select 42 as answer").await.unwrap();
    connection.close().await.unwrap();
    let first = pid(&server);
    server.stop().await.unwrap();
    assert!(is_gone(first));

    let server = Server::start(options).await.unwrap();
    assert_eq!(number(&server.url("octavo"), "select answer from kept").await.unwrap(), 42);
    assert_eq!(number(&server.admin_url(), "select 1 where current_setting('fsync') = 'on'").await.unwrap(), 1);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_password_is_needed() {
    let folder = folder();
    let server = Server::start(options(folder.path())).await.unwrap();
    let wrong = server.url_as("postgres", "postgres", "wrong");
    let error = number(&wrong, "select 1").await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "28P01", "{error}");
    let password = folder.path().join("data/password");
    assert_eq!(password.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!format!("{server:?}").contains(&std::fs::read_to_string(password).unwrap()));
}

#[tokio::test]
async fn a_crash_is_followed_by_a_restart_on_the_same_port() {
    let folder = folder();
    let server = Server::start(options(folder.path())).await.unwrap();
    let url = server.admin_url();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("create table kept as select 42 as answer").await.unwrap();
    let first = pid(&server);
    kill(first, Signal::SIGKILL).unwrap();

    let mut state = server.state();
    let again = state.wait_for(|state| matches!(state, State::Ready { pid } if *pid != first.as_raw()));
    tokio::time::timeout(DEADLINE, again).await.expect("ready again").unwrap();
    assert_eq!(number(&url, "select answer from kept").await.unwrap(), 42);
    let lines = server.log_lines();
    assert!(lines.iter().any(|line| line.contains("ended by signal 9")), "{lines:?}");
}

#[tokio::test]
async fn a_folder_serves_one_server() {
    let folder = folder();
    let server = Server::start(options(folder.path())).await.unwrap();
    assert!(matches!(Server::start(options(folder.path())).await, Err(Error::InUse { .. })));
    let first = pid(&server);
    drop(server);
    assert!(is_gone(first));
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let folder = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = options(folder.path());
    options.port = taken.local_addr().unwrap().port();
    match Server::start(options.clone()).await.unwrap_err() {
        Error::Start { log } => {
            assert!(log.contains(&format!("port {}", options.port)) || log.contains("in use"), "{log}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn data_of_another_version_is_not_touched() {
    let folder = folder();
    let cluster = folder.path().join("data/cluster");
    std::fs::create_dir_all(&cluster).unwrap();
    std::fs::write(cluster.join("PG_VERSION"), "9\n").unwrap();
    let mut options = options(folder.path());
    options.find = Find::Installed;
    let error = Server::start(options).await.unwrap_err();
    assert!(matches!(error, Error::VersionMismatch { cluster: 9, .. }), "{error}");
    assert_eq!(std::fs::read_to_string(cluster.join("PG_VERSION")).unwrap(), "9\n");
}

#[tokio::test]
async fn below_a_folder_that_the_account_may_not_enter_the_cluster_lies_elsewhere() {
    if !Uid::effective().is_root() {
        println!("skipped: only root changes the account");
        return;
    }
    let (closed, open) = (folder(), folder());
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut options = options(closed.path());
    options.elsewhere = open.path().to_owned();
    let server = Server::start(options.clone()).await.unwrap();
    server.create_database("octavo", None).await.unwrap();
    server.stop().await.unwrap();
    assert!(!options.data.join("cluster").exists());

    // Found again, and gone with the rest.
    options.remove_data = true;
    let server = Server::start(options.clone()).await.unwrap();
    assert!(!server.create_database("octavo", None).await.unwrap(), "it was there already");
    assert_eq!(open.path().read_dir().unwrap().count(), 1);
    server.stop().await.unwrap();
    assert!(!options.data.exists());
    assert_eq!(open.path().read_dir().unwrap().count(), 0);

    options.elsewhere = closed.path().join("also-closed");
    let error = Server::start(options).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&closed.path().display().to_string()), "{error}");
}

/// Not a test: what `start_child` runs in a process of its own. Without its variable it does nothing.
#[tokio::test]
async fn child() {
    #[expect(clippy::disallowed_methods, reason = "how the parent test speaks to this process")]
    let Ok(data) = std::env::var(CHILD_DATA) else { return };
    let mut options = Options::new(&data);
    options.remove_data = data.ends_with("removed");
    let server = Server::start(options).await.unwrap();
    println!("server {}", pid(&server));
    std::future::pending::<()>().await;
}

/// Starts a process that starts a server in `data`: the process, and the server's pid.
fn start_child(data: &Path) -> (std::process::Child, Pid) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD_DATA, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let pid = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("server ").and_then(|(_, pid)| pid.trim().parse().ok()))
        .expect("the child says its server's pid");
    (child, Pid::from_raw(pid))
}

#[tokio::test]
async fn nothing_stays_when_the_owner_is_killed_and_the_next_one_starts() {
    let folder = folder();
    let data = folder.path().join("data");
    let (mut owner, postgres) = start_child(&data);
    owner.kill().unwrap();
    owner.wait().unwrap();

    // At once, while the old server is still going away.
    let server = Server::start(Options::new(&data)).await.unwrap();
    assert!(is_gone(postgres));
    assert_eq!(number(&server.admin_url(), "select 1").await.unwrap(), 1);
    server.stop().await.unwrap();
}

#[test]
fn a_throwaway_folder_goes_when_the_owner_is_killed() {
    let folder = folder();
    let data = folder.path().join("removed");
    let (mut owner, postgres) = start_child(&data);
    assert!(data.join("cluster").exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_until("the server ends", || is_gone(postgres));
    wait_until("the folder is removed", || !data.exists());
}

/// Needs a network and about 30 MB: `OCTAVO_TEST_FETCH=1 cargo test -p local-emulator-postgres fetched`.
#[tokio::test]
async fn fetched_binaries_run() {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings: whether there is a network is told here")]
    if std::env::var(FETCH).as_deref() != Ok("1") {
        println!("skipped: binaries from the network (set {FETCH}=1)");
        return;
    }
    let folder = folder();
    let mut options = options(folder.path());
    options.cache = Some(folder.path().join("cache"));
    options.major = Some(17);
    let server = Server::start(options).await.unwrap();
    assert_eq!(server.binaries().major, 17);
    assert!(server.binaries().folder.starts_with(folder.path().canonicalize().unwrap()));
    assert_eq!(number(&server.admin_url(), "select 1").await.unwrap(), 1);
}

#[tokio::test]
async fn a_replica_follows_and_refuses_to_write() {
    let (folder, other) = (folder(), folder());
    let server = Server::start(options(folder.path())).await.unwrap();
    let replica = server.start_replica(options(other.path())).await.unwrap();
    let mut connection = PgConnection::connect(&server.admin_url()).await.unwrap();
    connection.execute("create table t as select 42 as n").await.unwrap();
    let deadline = Instant::now() + DEADLINE;
    loop {
        match number(&replica.admin_url(), "select n from t").await {
            Ok(found) => break assert_eq!(found, 42),
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = number(&replica.admin_url(), "insert into t values (1) returning n").await.unwrap_err();
    assert_eq!(error.into_database_error().unwrap().code().as_deref(), Some("25006"), "read only");
    replica.stop().await.unwrap();
    server.stop().await.unwrap();
}
