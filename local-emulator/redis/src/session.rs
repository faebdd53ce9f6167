//! What the server remembers of one connection.

use std::sync::Arc;

use bytes::Bytes;

use crate::outbox::Outbox;

/// One connection's state between commands.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) db: usize,
    /// RESP version, 2 or 3.
    pub(crate) protocol: u8,
    pub(crate) authenticated: bool,
    pub(crate) name: Bytes,
    /// Present between MULTI and EXEC.
    pub(crate) transaction: Option<Transaction>,
    pub(crate) watching: Vec<Watch>,
    /// Channels, patterns and shard channels that it listens to.
    pub(crate) subscriptions: usize,
    pub(crate) outbox: Arc<Outbox>,
    /// Whether the connection ends after this reply.
    pub(crate) closing: bool,
    pub(crate) mode: Mode,
}

/// On whose behalf a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Client,
    /// Between EXEC and its end: nothing blocks.
    Exec,
    Script,
    ReadOnlyScript,
    /// The log is replayed: nothing is refused for memory, nothing expires.
    Replay,
}

/// Commands that wait for EXEC.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) commands: Vec<Vec<Bytes>>,
    /// One of them was refused: EXEC will refuse all.
    pub(crate) failed: bool,
}

/// A key that must not change before EXEC.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) db: usize,
    pub(crate) key: Bytes,
    pub(crate) touched: u64,
}

impl Session {
    pub(crate) fn new(id: u64, outbox: Arc<Outbox>) -> Self {
        Self {
            id,
            db: 0,
            protocol: 2,
            authenticated: true,
            name: Bytes::new(),
            transaction: None,
            watching: Vec::new(),
            subscriptions: 0,
            outbox,
            closing: false,
            mode: Mode::Client,
        }
    }

    /// A session without a connection: for the log's replay and for commands that waited.
    pub(crate) fn internal(db: usize, mode: Mode) -> Self {
        let mut session = Self::new(0, Arc::new(Outbox::new(0)));
        session.db = db;
        session.mode = mode;
        session
    }

    /// Whether a command may wait for a key here.
    pub(crate) fn may_block(&self) -> bool {
        self.mode == Mode::Client
    }
}
