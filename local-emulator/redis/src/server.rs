//! Starting, accepting, stopping.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::Connection;
use crate::engine::{ClientInfo, Engine};
use crate::options::Options;
use crate::outbox::Outbox;
use crate::persistence::{Journal, ReplayError, replay};
use crate::session::Session;

/// How often keys whose end has come are looked for.
const EXPIRY_INTERVAL: Duration = Duration::from_millis(100);

/// How often the log is synced to the disk.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the folder of the append-only log is used by another server")]
    Locked,
    #[error("the append-only log cannot be opened")]
    Journal(#[source] io::Error),
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// A running server. Stops when dropped; [`Server::shutdown`] also waits for the end and for the disk.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    password: Option<String>,
    stop: CancellationToken,
    tasks: TaskTracker,
    engine: Shared,
}

/// The engine behind its lock.
#[derive(Clone)]
struct Shared(Arc<Mutex<Engine>>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Server {
    /// Loads the log, if there is one, and listens. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, or when the log is damaged or in use.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let options = Arc::new(options);
        let address = options.listen;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let loading = Arc::clone(&options);
        let engine = tokio::task::spawn_blocking(move || load(&loading))
            .await
            .map_err(|error| StartError::Journal(io::Error::other(error)))??;
        let engine = Shared(Arc::new(Mutex::new(engine)));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(accept(listener, engine.clone(), Arc::clone(&options), stop.clone(), tasks.clone()));
        tasks.spawn(expire(engine.clone(), stop.clone()));
        tasks.spawn(sync(engine.clone(), stop.clone()));
        Ok(Self { address, password: options.password.clone(), stop, tasks, engine })
    }

    /// Where it listens, with the real port.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// `redis://[:password@]host:port/`
    pub fn url(&self) -> String {
        let login = self.password.as_ref().map(|password| format!(":{}@", percent(password))).unwrap_or_default();
        format!("redis://{login}{}/", self.address)
    }

    /// Disconnects everybody, and returns when the log is on the disk and the port is free.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let syncer = self.engine.0.lock().journal.as_ref().map(Journal::syncer);
        if let Some(syncer) = syncer {
            match tokio::task::spawn_blocking(move || syncer.sync()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the append-only log could not be synced"),
                Err(error) => tracing::error!(%error, "the sync of the append-only log was lost"),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Percent-encodes what a URL's password cannot hold.
fn percent(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}

fn load(options: &Arc<Options>) -> Result<Engine, StartError> {
    let mut engine = Engine::new(Arc::clone(options));
    let Some(folder) = &options.persist else { return Ok(engine) };
    let lock = Journal::lock(folder).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => StartError::Locked,
        _ => StartError::Journal(error),
    })?;
    let good = replay(&mut engine, &Journal::path_in(folder))?;
    while engine.expire_round() {}
    let mut journal = Journal::open(folder, good, lock).map_err(StartError::Journal)?;
    if good > 0 {
        journal.rewrite(&engine.dbs).map_err(StartError::Journal)?;
    }
    engine.journal = Some(journal);
    Ok(engine)
}

async fn accept(
    listener: TcpListener,
    engine: Shared,
    options: Arc<Options>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let mut next_id = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, for instance: the next attempt may do better, but not at once.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(EXPIRY_INTERVAL).await;
                continue;
            }
        };
        next_id += 1;
        match welcome(stream, peer, next_id, &engine, &options) {
            Ok(connection) => {
                tasks.spawn(connection.serve(stop.clone()));
            }
            Err(mut refused) => {
                tasks.spawn(async move {
                    let _ = refused.write_all(b"-ERR max number of clients reached\r\n").await;
                });
            }
        }
    }
}

/// Registers a client; hands the stream back when there are too many.
fn welcome(
    stream: TcpStream,
    peer: SocketAddr,
    id: u64,
    engine: &Shared,
    options: &Arc<Options>,
) -> Result<Connection, TcpStream> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no delay could not be set");
    }
    let mut session = Session::new(id, Arc::new(Outbox::new(options.subscriber_buffer_bytes_max)));
    session.authenticated = options.password.is_none();
    let mut locked = engine.0.lock();
    if locked.clients.len() >= options.clients_max {
        return Err(stream);
    }
    locked.counters.connections += 1;
    let connected_ms = options.clock.now_ms();
    let info = ClientInfo { address: peer.to_string(), protocol: 2, connected_ms, ..ClientInfo::default() };
    locked.clients.insert(id, info);
    drop(locked);
    Ok(Connection::new(stream, Arc::clone(&engine.0), Arc::clone(options), session))
}

async fn expire(engine: Shared, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(EXPIRY_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        loop {
            if !expire_once(&engine) {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// One round under one hold of the lock; `true` when there is more to do.
fn expire_once(engine: &Shared) -> bool {
    let mut engine = engine.0.lock();
    let more = engine.expire_round();
    if let Err(error) = engine.settle() {
        tracing::error!(%error, "the append-only log cannot be written");
        return false;
    }
    more
}

async fn sync(engine: Shared, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(SYNC_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let Some(syncer) = engine.0.lock().journal.as_ref().map(Journal::syncer) else { return };
        match tokio::task::spawn_blocking(move || syncer.sync()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the append-only log could not be synced"),
            Err(error) => tracing::error!(%error, "the sync of the append-only log was lost"),
        }
    }
}
