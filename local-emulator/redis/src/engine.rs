//! The one executor: every command, script and transaction runs here, one after another, under one lock.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::blocking::{BlockRequest, Blocking, Waiter};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::keyspace::{DATABASES, Db, Watched};
use crate::options::Options;
use crate::persistence::Journal;
use crate::pubsub::PubSub;
use crate::reply::Reply;
use crate::scripting::Scripting;
use crate::session::{Mode, Session};
use crate::subcommands;
use crate::table::{Command, flag, lookup};

/// Keys that the expiry task removes under one hold of the lock.
const EXPIRED_PER_ROUND: usize = 500;

/// What a command leaves in the log.
#[derive(Debug)]
enum Effect {
    /// The command as it was sent.
    Verbatim,
    /// Other commands, that do the same whenever they are replayed.
    Instead(Vec<Vec<Bytes>>),
}

/// What CLIENT LIST tells of a connection.
#[derive(Debug, Default, Clone)]
pub(crate) struct ClientInfo {
    pub(crate) address: String,
    pub(crate) name: Bytes,
    pub(crate) db: usize,
    pub(crate) protocol: u8,
    pub(crate) library: Bytes,
    pub(crate) library_version: Bytes,
    pub(crate) connected_ms: u64,
}

/// Counters that INFO tells.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: u64,
    pub(crate) commands: u64,
    pub(crate) expired: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

pub(crate) struct Engine {
    pub(crate) dbs: Vec<Db>,
    pub(crate) watched: Watched,
    pub(crate) pubsub: PubSub,
    pub(crate) blocking: Blocking,
    pub(crate) scripting: Option<Box<Scripting>>,
    pub(crate) journal: Option<Journal>,
    pub(crate) clients: BTreeMap<u64, ClientInfo>,
    pub(crate) options: Arc<Options>,
    pub(crate) counters: Counters,
    pub(crate) maxmemory_bytes: usize,
    /// The time of the present command; it stands still while a script or a transaction runs.
    pub(crate) now_ms: u64,
    pub(crate) started_ms: u64,
    /// Counts changes of data.
    pub(crate) dirty: u64,
    effect: Effect,
    served: Vec<(oneshot::Sender<Reply>, Reply)>,
    /// The log could not be written: writes are refused until it can.
    pub(crate) journal_failed: bool,
    pub(crate) replaying: bool,
}

impl Engine {
    pub(crate) fn new(options: Arc<Options>) -> Self {
        let now_ms = options.clock.now_ms();
        Self {
            dbs: std::iter::repeat_with(Db::default).take(DATABASES).collect(),
            watched: Watched::default(),
            pubsub: PubSub::default(),
            blocking: Blocking::default(),
            scripting: Some(Box::default()),
            journal: None,
            clients: BTreeMap::new(),
            counters: Counters::default(),
            maxmemory_bytes: options.maxmemory_bytes,
            options,
            now_ms,
            started_ms: now_ms,
            dirty: 0,
            effect: Effect::Verbatim,
            served: Vec::new(),
            journal_failed: false,
            replaying: false,
        }
    }

    /// Runs what a client sent, and then whoever waited for what it did. [`Reply::Pending`] means that the caller takes
    /// [`Self::take_block_request`] and waits.
    pub(crate) fn run(&mut self, session: &mut Session, args: &[Bytes]) -> Reply {
        self.now_ms = self.options.clock.now_ms();
        let reply = self.dispatch(session, args);
        self.finish();
        reply
    }

    fn dispatch(&mut self, session: &mut Session, args: &[Bytes]) -> Reply {
        self.counters.commands += 1;
        match self.admit(session, args) {
            Err(fault) => {
                if let Some(transaction) = &mut session.transaction {
                    transaction.failed = true;
                }
                fault.into()
            }
            Ok(command) => {
                if !command.is(flag::IMMEDIATE)
                    && let Some(transaction) = &mut session.transaction
                {
                    transaction.commands.push(args.to_vec());
                    return Reply::Status("QUEUED");
                }
                self.call(session, command, args)
            }
        }
    }

    /// Looks a command up and checks all that can be told before it runs.
    pub(crate) fn admit(&mut self, session: &Session, args: &[Bytes]) -> Result<&'static Command, Fault> {
        let command = lookup(&args[0]);
        if !session.authenticated && !command.is_some_and(|c| c.is(flag::STRANGER)) {
            return Err(Fault::text("NOAUTH Authentication required."));
        }
        let command = command.ok_or_else(|| unknown(args))?;
        command.check_arity(args)?;
        if command.is(flag::CONTAINER) {
            subcommands::check(command.name, args)?;
        }
        if session.mode == Mode::Replay {
            return Ok(command);
        }
        let in_script = matches!(session.mode, Mode::Script | Mode::ReadOnlyScript);
        // A script speaks RESP2 whatever its client speaks; whether the client may run one was asked before.
        if session.protocol < 3 && session.subscriptions > 0 && !in_script && !command.is(flag::WHILE_SUBSCRIBED) {
            return Err(Fault::text(format!(
                "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
                command.name
            )));
        }
        if in_script && command.is(flag::NO_SCRIPT) {
            return Err(Fault::text("ERR This Redis command is not allowed from script"));
        }
        if session.mode == Mode::ReadOnlyScript && (command.is(flag::WRITE) || command.is(flag::MAY_REPLICATE)) {
            return Err(Fault::text("ERR Write commands are not allowed from read-only scripts."));
        }
        if command.is(flag::WRITE) && self.journal_failed {
            return Err(Fault::text("MISCONF Errors writing to the AOF file: the append-only log cannot be written"));
        }
        if command.is(flag::MEMORY) && self.maxmemory_bytes > 0 && self.used_bytes() > self.maxmemory_bytes {
            return Err(Fault::OutOfMemory);
        }
        Ok(command)
    }

    /// Runs an admitted command and logs what it did.
    pub(crate) fn call(&mut self, session: &mut Session, command: &Command, args: &[Bytes]) -> Reply {
        let dirty = self.dirty;
        let outer = std::mem::replace(&mut self.effect, Effect::Verbatim);
        let result = (command.handler)(&mut Ctx { engine: self, session }, args);
        let effect = std::mem::replace(&mut self.effect, outer);
        if command.is(flag::WRITE) && self.dirty != dirty {
            match effect {
                Effect::Verbatim => self.log(session.db, args),
                Effect::Instead(commands) => commands.iter().for_each(|args| self.log(session.db, args)),
            }
        }
        result.unwrap_or_else(Reply::from)
    }

    /// The present command is logged as these instead.
    pub(crate) fn log_instead(&mut self, commands: Vec<Vec<Bytes>>) {
        match &mut self.effect {
            Effect::Instead(all) => all.extend(commands),
            Effect::Verbatim => self.effect = Effect::Instead(commands),
        }
    }

    fn log(&mut self, db: usize, args: &[Bytes]) {
        if let Some(journal) = &mut self.journal {
            journal.append(db, args);
        }
    }

    /// Closes the unit of one client command: what it logged stands or falls together, and its waiters are served.
    pub(crate) fn finish(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.end_unit();
        }
        while let Some(ids) = self.blocking.next_ready() {
            for id in ids {
                self.serve(id);
                if let Some(journal) = &mut self.journal {
                    journal.end_unit();
                }
            }
        }
    }

    fn serve(&mut self, id: u64) {
        let Some(waiter) = self.blocking.get(id) else { return };
        if waiter.reply.is_closed() {
            self.blocking.remove(id);
            return;
        }
        let (db, protocol, args) = (waiter.db, waiter.protocol, waiter.args.clone());
        let mut session = Session::internal(db, Mode::Client);
        // Some commands answer in another shape in RESP3.
        session.protocol = protocol;
        let Some(command) = lookup(&args[0]) else { return };
        let reply = self.call(&mut session, command, &args);
        self.blocking.request = None;
        let still_waits = match &reply {
            Reply::Pending => true,
            // A key of another type is not what the client waits for: it goes on waiting.
            Reply::Error(text) => text.starts_with("WRONGTYPE"),
            _ => false,
        };
        if !still_waits && let Some(waiter) = self.blocking.remove(id) {
            self.served.push((waiter.reply, reply));
        }
    }

    pub(crate) fn take_block_request(&mut self) -> Option<BlockRequest> {
        self.blocking.request.take()
    }

    /// Lets a client wait; the receiver gets its reply.
    pub(crate) fn wait(&mut self, session: &Session, request: BlockRequest) -> (u64, oneshot::Receiver<Reply>) {
        let (sender, receiver) = oneshot::channel();
        let (db, protocol) = (session.db, session.protocol);
        let waiter = Waiter { db, protocol, keys: request.keys, args: request.args, reply: sender };
        (self.blocking.add(waiter), receiver)
    }

    /// Writes the log and only then lets go of the replies of clients that waited: what was answered is never lost.
    /// On an error nothing may be answered.
    pub(crate) fn settle(&mut self) -> std::io::Result<()> {
        if let Some(journal) = &mut self.journal {
            if let Err(error) = journal.flush() {
                self.journal_failed = true;
                self.served.clear();
                return Err(error);
            }
            self.journal_failed = false;
            if journal.wants_rewrite()
                && let Err(error) = journal.rewrite(&self.dbs)
            {
                tracing::warn!(%error, "the append-only log could not be rewritten");
            }
        }
        for (sender, reply) in self.served.drain(..) {
            // The client may have gone in this instant; as with a reply that was written to a dead socket, the item is
            // gone with it.
            let _ = sender.send(reply);
        }
        Ok(())
    }

    /// Removes a key whose end has come, and logs it.
    pub(crate) fn expire(&mut self, db: usize, key: &[u8]) {
        if self.dbs[db].remove(key).is_some() {
            self.counters.expired += 1;
            self.touch(db, key);
            self.log(db, &[Bytes::from_static(b"DEL"), Bytes::copy_from_slice(key)]);
        }
    }

    /// One round of active expiry; `true` when there is more to do.
    pub(crate) fn expire_round(&mut self) -> bool {
        self.now_ms = self.options.clock.now_ms();
        let mut removed = 0;
        for db in 0..self.dbs.len() {
            while removed < EXPIRED_PER_ROUND
                && let Some(key) = self.dbs[db].next_due(self.now_ms)
            {
                self.expire(db, &key);
                removed += 1;
                self.finish();
            }
        }
        removed == EXPIRED_PER_ROUND
    }

    /// Tells all who watch or wait that a key has changed.
    pub(crate) fn touch(&mut self, db: usize, key: &[u8]) {
        self.dirty += 1;
        self.watched.touch(db, key);
        self.blocking.touch(db, key);
    }

    pub(crate) fn used_bytes(&self) -> usize {
        self.dbs.iter().map(Db::used_bytes).sum()
    }

    /// Forgets everything about a connection.
    pub(crate) fn leave(&mut self, session: &mut Session) {
        for watch in session.watching.drain(..) {
            self.watched.remove(watch.db, &watch.key);
        }
        self.pubsub.remove_client(session.id);
        self.clients.remove(&session.id);
    }
}

fn unknown(args: &[Bytes]) -> Fault {
    const SHOWN_BYTES: usize = 128;
    let shown = |bytes: &[u8], most: usize| String::from_utf8_lossy(&bytes[..bytes.len().min(most)]).into_owned();
    let mut rest = String::new();
    for arg in &args[1..] {
        if rest.len() >= SHOWN_BYTES {
            break;
        }
        let part = shown(arg, SHOWN_BYTES - rest.len());
        rest.push_str(&format!("'{part}' "));
    }
    Fault::text(format!("ERR unknown command '{}', with args beginning with: {rest}", shown(&args[0], SHOWN_BYTES)))
}
