//! A running server.

use crate::account::Account;
use crate::cluster::{ADMIN, DataFolder, settings};
use crate::find::find;
use crate::guard::Guard;
use crate::log::Log;
use crate::postmaster::outlive_orphan;
use crate::replica::Origin;
use crate::supervise::{Program, State, Supervisor};
use crate::{Binaries, Error, Options};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// How often another free port is tried, when somebody takes the one we found before the server does.
const PORT_ATTEMPTS: u32 = 5;
/// PostgreSQL's code for "there is such a database already".
const DUPLICATE_DATABASE: &str = "42P04";
/// The version that can be told how to copy a template.
const STRATEGY_SINCE: i32 = 150_000;

/// A running PostgreSQL. Dropping it stops it, at the price of blocking the thread for as long as that takes (some tens
/// of milliseconds); [`Server::stop`] does not block.
pub struct Server {
    // In this order they end: the server, what watches over it, then the folder's lock.
    supervisor: Supervisor,
    guard: Option<Guard>,
    folder: Arc<DataFolder>,
    log: Arc<Log>,
    binaries: Binaries,
    address: SocketAddr,
    password: String,
}

impl Server {
    /// Starts a server, and returns when it takes connections. Makes a cluster first if there is none.
    pub async fn start(options: Options) -> Result<Self, Error> {
        Self::start_from(options, None).await
    }

    /// Starts a streaming replica of this server, and returns when it takes connections; it has the same logins. Copies the
    /// cluster first if there is none in the replica's folder. One that was made by another version of this crate may not
    /// allow that.
    pub async fn start_replica(&self, options: Options) -> Result<Self, Error> {
        Self::start_from(options, Some(Origin { address: self.address, password: self.password.clone() })).await
    }

    async fn start_from(options: Options, origin: Option<Origin>) -> Result<Self, Error> {
        let account = Account::to_drop_to()?;
        let folder = {
            let (data, account, elsewhere) = (options.data.clone(), account.clone(), options.elsewhere.clone());
            Arc::new(blocking(move || DataFolder::take(&data, account.as_ref(), &elsewhere)).await?)
        };
        let binaries = find(&options, folder.cluster_major()?).await?;
        let password = {
            let (folder, binaries, account) = (folder.clone(), binaries.clone(), account.clone());
            blocking(move || {
                let password = folder.prepare(&binaries, account.as_ref(), origin.as_ref())?;
                outlive_orphan(folder.cluster());
                Ok(password)
            })
            .await?
        };
        let log = Arc::new(Log::open(&folder.path().join("postgres.log"))?);
        let guard = if options.remove_data || cfg!(not(target_os = "linux")) {
            let remove = if options.remove_data { folder.everything() } else { Vec::new() };
            Some(Guard::start(folder.cluster(), &remove)?)
        } else {
            None
        };
        let mut attempt = 1;
        loop {
            let port = if options.port == 0 { free_port(options.listen)? } else { options.port };
            let program = Program {
                binaries: binaries.clone(),
                account: account.clone(),
                cluster: folder.cluster().to_owned(),
                settings: settings(&options, options.listen, port),
                durability: options.durability,
            };
            let supervisor = Supervisor::start(program, log.clone())?;
            match await_ready(supervisor.state(), &log, &options).await {
                Ok(()) => {
                    let address = SocketAddr::new(options.listen, port);
                    return Ok(Self { supervisor, guard, folder, log, binaries, address, password });
                }
                Err(Error::Start { log: tail })
                    if options.port == 0 && attempt < PORT_ATTEMPTS && tail.contains("Address already in use") =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The installation that runs.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// The data folder, with symbolic links resolved.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The superuser's URL for the database `postgres`.
    pub fn admin_url(&self) -> String {
        self.url("postgres")
    }

    /// The superuser's URL for a database.
    pub fn url(&self, database: &str) -> String {
        self.url_as(database, ADMIN, &self.password)
    }

    /// The URL for a database under another login. The names and the password must need no escaping.
    pub fn url_as(&self, database: &str, login: &str, password: &str) -> String {
        // A server that listens on every address is reached on this machine's own.
        let ip = if self.address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { self.address.ip() };
        let address = SocketAddr::new(ip, self.address.port());
        format!("postgres://{login}:{password}@{address}/{database}")
    }

    /// Makes a database, as a copy of `template` if one is given (nobody may be connected to that). False if there was
    /// one of that name.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<bool, Error> {
        create_database(&self.admin_url(), name, template).await
    }

    /// What it is doing; changes are told.
    pub fn state(&self) -> watch::Receiver<State> {
        self.supervisor.state()
    }

    /// The last lines that it wrote, oldest first.
    pub fn log_lines(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Lines as it writes them; a slow reader misses some and is told how many.
    pub fn follow_log(&self) -> broadcast::Receiver<String> {
        self.log.follow()
    }

    /// Stops it: clients are cut off, what was committed is written.
    pub async fn stop(self) -> Result<(), Error> {
        blocking(move || {
            drop(self);
            Ok(())
        })
        .await
    }
}

impl std::fmt::Debug for Server {
    // Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("version", &self.binaries.version)
            .field("data", &self.folder.path())
            .field("guarded", &self.guard.is_some())
            .finish_non_exhaustive()
    }
}

/// As [`Server::create_database`], on any server.
pub(crate) async fn create_database(admin_url: &str, name: &str, template: Option<&str>) -> Result<bool, Error> {
    // Names cannot be parameters of this statement; so only such as need no quoting.
    for name in std::iter::once(name).chain(template) {
        if !is_plain_name(name) {
            return Err(Error::InvalidName { name: name.to_owned() });
        }
    }
    let mut connection = PgConnection::connect(admin_url).await?;
    // A template with a whole schema is copied as files: by the write-ahead log, which is the default since there is a
    // choice, that takes ten times as long.
    let (template, strategy) = match template {
        Some(template) if version(&mut connection).await? >= STRATEGY_SINCE => (template, " strategy file_copy"),
        template => (template.unwrap_or("template0"), ""),
    };
    let made = connection.execute(AssertSqlSafe(format!("create database {name} template {template}{strategy}"))).await;
    let _ = connection.close().await;
    match made {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(DUPLICATE_DATABASE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// As the server counts: 150004 is 15.4.
async fn version(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("select current_setting('server_version_num')::int").fetch_one(connection).await
}

fn is_plain_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

async fn await_ready(mut state: watch::Receiver<State>, log: &Log, options: &Options) -> Result<(), Error> {
    let settled = state.wait_for(|state| matches!(state, State::Ready { .. } | State::Stopped));
    match tokio::time::timeout(options.start_within, settled).await {
        Ok(Ok(state)) if matches!(*state, State::Ready { .. }) => Ok(()),
        Ok(_) => Err(Error::Start { log: log.tail() }),
        Err(_) => Err(Error::Slow { seconds: options.start_within.as_secs(), log: log.tail() }),
    }
}

/// A port that is free now.
fn free_port(listen: IpAddr) -> Result<u16, Error> {
    TcpListener::bind((listen, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| Error::Io { what: format!("find a free port of {listen}"), source })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::Io { what: "wait for a thread".to_owned(), source: std::io::Error::other(error) })?
}
