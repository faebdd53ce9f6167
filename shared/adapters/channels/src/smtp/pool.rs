//! Connections that are kept for the next mail.

use super::connection::{Connection, Refused};
use super::server::Server;
use super::verdict::{Stage, Trouble};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Duration, Instant};

/// Connections at a time: mail servers have limits of that order for one client (Postfix: 50).
pub(super) const CONNECTIONS_MAX: usize = 16;
/// How long one that is not used is kept. Postfix closes after 100 s by itself, others sooner.
const IDLE_TIME: Duration = Duration::from_secs(20);
/// Mails on one connection: some servers refuse more (Exim, Exchange: 1,000 and fewer).
const MAILS_MAX: u32 = 100;

/// Connections to one server.
pub(super) struct Pool {
    server: Server,
    idle: Mutex<Vec<Idle>>,
    open: Semaphore,
}

struct Idle {
    connection: Connection,
    since: Instant,
    mails: u32,
}

/// A connection that is somebody's alone. Closed when it is dropped; [`Pool::give_back`] keeps it.
pub(super) struct Lent<'a> {
    pub(super) connection: Connection,
    /// It was used before: the server may have closed it meanwhile.
    pub(super) used: bool,
    mails: u32,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(super) fn new(server: Server) -> Self {
        Self { server, idle: Mutex::default(), open: Semaphore::new(CONNECTIONS_MAX) }
    }

    /// One that is kept, or a new one. Waits while all are in use.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, Refused> {
        let permit = self.open.acquire().await;
        let permit = permit.map_err(|_| (Stage::Greeting, Trouble::broken("no connections any more")))?;
        let (kept, old) = self.kept();
        for idle in old {
            // Whoever waits for the mail does not wait for goodbyes.
            tokio::spawn(tokio::time::timeout(IDLE_TIME, idle.connection.close()));
        }
        if let Some(Idle { connection, mails, .. }) = kept {
            return Ok(Lent { connection, used: true, mails, _permit: permit });
        }
        let connection = Connection::open(&self.server).await?;
        Ok(Lent { connection, used: false, mails: 0, _permit: permit })
    }

    /// The one that was used last, and those that are too old.
    fn kept(&self) -> (Option<Idle>, Vec<Idle>) {
        let mut idle = self.idle();
        let fresh = idle.partition_point(|idle| idle.since.elapsed() > IDLE_TIME);
        let old: Vec<Idle> = idle.drain(..fresh).collect();
        (idle.pop(), old)
    }

    /// Keeps one that is ready for the next mail.
    pub(super) fn give_back(&self, lent: Lent<'_>) {
        let mails = lent.mails + 1;
        if mails < MAILS_MAX {
            self.idle().push(Idle { connection: lent.connection, since: Instant::now(), mails });
        } else {
            tokio::spawn(tokio::time::timeout(IDLE_TIME, lent.connection.close()));
        }
    }

    /// Forgets those that are kept: the server went away.
    pub(super) fn forget(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
