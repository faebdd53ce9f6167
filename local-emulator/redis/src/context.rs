//! What a handler works with: the keys of the session's database, and a way to say what has changed.

use bytes::Bytes;

use crate::blocking::BlockRequest;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::keyspace::{Db, Entry};
use crate::reply::Reply;
use crate::session::{Mode, Session};
use crate::types::{Kind, Value};

/// A handler's view of the server while its command runs.
pub(crate) struct Ctx<'a> {
    pub(crate) engine: &'a mut Engine,
    pub(crate) session: &'a mut Session,
}

impl Ctx<'_> {
    /// Milliseconds since 1970; the same during one command, script or transaction.
    pub(crate) fn now_ms(&self) -> u64 {
        self.engine.now_ms
    }

    pub(crate) fn db(&self) -> &Db {
        &self.engine.dbs[self.session.db]
    }

    pub(crate) fn db_mut(&mut self) -> &mut Db {
        &mut self.engine.dbs[self.session.db]
    }

    /// The key's index, if it is there and its end has not come. Valid until the next removal.
    pub(crate) fn find(&mut self, key: &[u8]) -> Option<usize> {
        let db = self.session.db;
        let index = self.engine.dbs[db].index_of(key)?;
        let expire_ms = self.engine.dbs[db].at(index)?.1.expire_ms;
        // While the log is replayed nothing expires: the log has its own DEL for that.
        if expire_ms > 0 && expire_ms <= self.engine.now_ms && !self.engine.replaying {
            self.engine.expire(db, key);
            return None;
        }
        Some(index)
    }

    pub(crate) fn entry(&mut self, key: &[u8]) -> Option<&Entry> {
        let index = self.find(key)?;
        self.db().at(index).map(|(_, entry)| entry)
    }

    pub(crate) fn exists(&mut self, key: &[u8]) -> bool {
        self.find(key).is_some()
    }

    /// The value, if it is there and of this kind.
    pub(crate) fn read<K: Kind>(&mut self, key: &[u8]) -> Result<Option<&K>, Fault> {
        let index = self.find(key);
        match index {
            Some(_) => self.engine.counters.hits += 1,
            None => self.engine.counters.misses += 1,
        }
        match index.and_then(|index| self.db().at(index)) {
            None => Ok(None),
            Some((_, entry)) => K::of(&entry.value).map(Some).ok_or(Fault::WrongType),
        }
    }

    /// The value to change, if it is there and of this kind. Follow with [`Self::changed`].
    pub(crate) fn edit<K: Kind>(&mut self, key: &[u8]) -> Result<Option<&mut K>, Fault> {
        match self.find(key) {
            None => Ok(None),
            Some(index) => match self.db_mut().value_mut(index) {
                None => Ok(None),
                Some(value) => K::of_mut(value).map(Some).ok_or(Fault::WrongType),
            },
        }
    }

    /// The value to change, made where there is none. Follow with [`Self::changed`], also when nothing was put in.
    pub(crate) fn edit_or_make<K: Kind>(&mut self, key: &[u8]) -> Result<&mut K, Fault> {
        let index = match self.find(key) {
            Some(index) => index,
            None => self.db_mut().insert(key, K::vacant(), 0),
        };
        let value = self.db_mut().value_mut(index).ok_or(Fault::NoSuchKey)?;
        K::of_mut(value).ok_or(Fault::WrongType)
    }

    /// A value was changed: accounts for its size, removes it when nothing is left in it, wakes who waits.
    pub(crate) fn changed(&mut self, key: &[u8]) {
        let db = self.session.db;
        if let Some(index) = self.engine.dbs[db].index_of(key) {
            let vacant = self.engine.dbs[db].at(index).is_some_and(|(_, entry)| entry.value.is_vacant());
            if vacant {
                self.engine.dbs[db].remove(key);
            } else {
                self.engine.dbs[db].account(index);
            }
        }
        self.engine.touch(db, key);
    }

    /// Stores a value in place of what was there; `expire_ms` 0 for never.
    pub(crate) fn store(&mut self, key: &[u8], value: Value, expire_ms: u64) {
        let db = self.session.db;
        if value.is_vacant() {
            self.engine.dbs[db].remove(key);
        } else {
            self.engine.dbs[db].insert(key, value, expire_ms);
        }
        self.engine.touch(db, key);
    }

    /// Removes a key; `false` when there was none.
    pub(crate) fn delete(&mut self, key: &[u8]) -> bool {
        if self.find(key).is_none() {
            return false;
        }
        let db = self.session.db;
        self.engine.dbs[db].remove(key);
        self.engine.touch(db, key);
        true
    }

    /// Sets when an existing key ends, 0 for never; a moment in the past removes it.
    pub(crate) fn set_expiry(&mut self, key: &[u8], expire_ms: u64) {
        if expire_ms > 0 && expire_ms <= self.now_ms() && !self.engine.replaying {
            self.delete(key);
            self.log_instead(vec![vec![Bytes::from_static(b"DEL"), Bytes::copy_from_slice(key)]]);
        } else if let Some(index) = self.find(key) {
            self.db_mut().set_expiry(index, expire_ms);
            let db = self.session.db;
            self.engine.touch(db, key);
        }
    }

    /// The present command is logged as these instead of as it was sent.
    pub(crate) fn log_instead(&mut self, commands: Vec<Vec<Bytes>>) {
        if self.engine.journal.is_some() {
            self.engine.log_instead(commands);
        }
    }

    /// Lets the client wait for one of the keys; inside a transaction or a script, answers at once as after the timeout.
    pub(crate) fn block(
        &mut self,
        keys: impl IntoIterator<Item = Bytes>,
        args: Vec<Bytes>,
        timeout_ms: Option<u64>,
        on_timeout: Reply,
    ) -> Reply {
        if !self.session.may_block() {
            return on_timeout;
        }
        let keys = keys.into_iter().collect();
        self.engine.blocking.request = Some(BlockRequest { keys, args, timeout_ms, on_timeout });
        Reply::Pending
    }

    pub(crate) fn in_script(&self) -> bool {
        matches!(self.session.mode, Mode::Script | Mode::ReadOnlyScript)
    }
}
