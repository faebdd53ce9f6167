//! The table of commands: the one place that says which there are.

use std::collections::HashMap;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::commands::{
    bits, client, counters, expiry, hashes, keys, list_moves, lists, pubsub, scan, scripts, server, set_algebra, sets,
    sorted_set_ranges as zranges, sorted_sets as zsets, stream_claims, stream_entries, stream_groups, stream_info,
    stream_reads, strings, transactions,
};
use crate::context::Ctx;
use crate::fault::Fault;
use crate::reply::Outcome;

/// What a command is, for the checks before it runs.
pub(crate) mod flag {
    pub(crate) const READ: u16 = 1;
    pub(crate) const WRITE: u16 = 1 << 1;
    /// Refused when the memory is used up.
    pub(crate) const MEMORY: u16 = 1 << 2;
    pub(crate) const NO_SCRIPT: u16 = 1 << 3;
    /// Has subcommands, which `crate::subcommands` lists.
    pub(crate) const CONTAINER: u16 = 1 << 4;
    /// Runs at once inside MULTI instead of being queued.
    pub(crate) const IMMEDIATE: u16 = 1 << 5;
    /// Allowed before authentication.
    pub(crate) const STRANGER: u16 = 1 << 6;
    /// Allowed for a RESP2 client that listens to channels.
    pub(crate) const WHILE_SUBSCRIBED: u16 = 1 << 7;
    pub(crate) const BLOCKING: u16 = 1 << 8;
    pub(crate) const ADMIN: u16 = 1 << 9;
    pub(crate) const PUBSUB: u16 = 1 << 10;
    /// Reaches others without changing a key: refused like a write in a read-only script.
    pub(crate) const MAY_REPLICATE: u16 = 1 << 11;
}

use flag::{
    ADMIN, BLOCKING, CONTAINER, IMMEDIATE, MAY_REPLICATE, MEMORY, NO_SCRIPT, PUBSUB, READ, STRANGER, WHILE_SUBSCRIBED,
    WRITE,
};

pub(crate) type Handler = fn(&mut Ctx<'_>, &[Bytes]) -> Outcome;

/// One command.
pub(crate) struct Command {
    /// In lower case, as errors and COMMAND tell it.
    pub(crate) name: &'static str,
    /// The number of arguments with the name; negative for at least so many.
    pub(crate) arity: i32,
    pub(crate) flags: u16,
    pub(crate) handler: Handler,
    /// First key, last key (negative counts from the end), step.
    pub(crate) keys: (i32, i32, i32),
}

impl Command {
    pub(crate) fn is(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    pub(crate) fn check_arity(&self, args: &[Bytes]) -> Result<(), Fault> {
        let count = i32::try_from(args.len()).unwrap_or(i32::MAX);
        let right = if self.arity < 0 { count >= -self.arity } else { count == self.arity };
        if right { Ok(()) } else { Err(Fault::Arity(self.name.to_owned())) }
    }

    pub(crate) fn flag_words(&self) -> impl Iterator<Item = &'static str> {
        [
            (READ, "readonly"),
            (WRITE, "write"),
            (MEMORY, "denyoom"),
            (NO_SCRIPT, "noscript"),
            (STRANGER, "no_auth"),
            (BLOCKING, "blocking"),
            (ADMIN, "admin"),
            (PUBSUB, "pubsub"),
            (MAY_REPLICATE, "may_replicate"),
        ]
        .into_iter()
        .filter(|(flag, _)| self.is(*flag))
        .map(|(_, word)| word)
    }
}

/// The command of that name, in any case.
pub(crate) fn lookup(name: &[u8]) -> Option<&'static Command> {
    const NAME_BYTES_MAX: usize = 20;
    static BY_NAME: OnceLock<HashMap<&'static [u8], &'static Command, foldhash::fast::RandomState>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| COMMANDS.iter().map(|command| (command.name.as_bytes(), command)).collect());
    let mut lower = [0u8; NAME_BYTES_MAX];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    by_name.get(&*lower).copied()
}

const fn cmd(name: &'static str, arity: i32, flags: u16, handler: Handler, keys: (i32, i32, i32)) -> Command {
    Command { name, arity, flags, handler, keys }
}

const NONE: (i32, i32, i32) = (0, 0, 0);
const ONE: (i32, i32, i32) = (1, 1, 1);
const TWO: (i32, i32, i32) = (1, 2, 1);
const ALL: (i32, i32, i32) = (1, -1, 1);
const PAIRS: (i32, i32, i32) = (1, -1, 2);
const ALL_BUT_LAST: (i32, i32, i32) = (1, -2, 1);
const WM: u16 = WRITE | MEMORY;
const LISTEN: u16 = PUBSUB | NO_SCRIPT | WHILE_SUBSCRIBED;

/// Every command that this server knows; any other is refused as unknown.
#[rustfmt::skip]
pub(crate) static COMMANDS: &[Command] = &[
    // connection and server
    cmd("ping", -1, WHILE_SUBSCRIBED, pubsub::ping, NONE),
    cmd("echo", 2, 0, client::echo, NONE),
    cmd("hello", -1, STRANGER | NO_SCRIPT, client::hello, NONE),
    cmd("auth", -2, STRANGER | NO_SCRIPT, client::auth, NONE),
    cmd("quit", -1, STRANGER | NO_SCRIPT | IMMEDIATE | WHILE_SUBSCRIBED, client::quit, NONE),
    cmd("reset", 1, STRANGER | NO_SCRIPT | IMMEDIATE | WHILE_SUBSCRIBED, client::reset, NONE),
    cmd("select", 2, 0, client::select, NONE),
    cmd("client", -2, NO_SCRIPT | CONTAINER, client::client, NONE),
    cmd("command", -1, CONTAINER, server::command, NONE),
    cmd("config", -2, ADMIN | NO_SCRIPT | CONTAINER, server::config, NONE),
    cmd("info", -1, 0, server::info, NONE),
    cmd("time", 1, 0, server::time, NONE),
    cmd("role", 1, NO_SCRIPT, server::role, NONE),
    cmd("wait", 3, NO_SCRIPT, server::wait, NONE),
    cmd("lastsave", 1, 0, server::lastsave, NONE),
    // keys
    cmd("del", -2, WRITE, keys::del, ALL),
    cmd("unlink", -2, WRITE, keys::del, ALL),
    cmd("exists", -2, READ, keys::exists, ALL),
    cmd("touch", -2, READ, keys::exists, ALL),
    cmd("type", 2, READ, keys::type_of, ONE),
    cmd("rename", 3, WRITE, keys::rename, TWO),
    cmd("renamenx", 3, WRITE, keys::renamenx, TWO),
    cmd("copy", -3, WM, keys::copy, TWO),
    cmd("keys", 2, READ, keys::keys, NONE),
    cmd("scan", -2, READ, scan::scan, NONE),
    cmd("randomkey", 1, READ, keys::randomkey, NONE),
    cmd("dbsize", 1, READ, keys::dbsize, NONE),
    cmd("flushdb", -1, WRITE, keys::flushdb, NONE),
    cmd("flushall", -1, WRITE, keys::flushall, NONE),
    cmd("object", -2, READ | CONTAINER, keys::object, (2, 2, 1)),
    cmd("memory", -2, READ | CONTAINER, keys::memory, (2, 2, 1)),
    cmd("expire", -3, WRITE, expiry::expire, ONE),
    cmd("pexpire", -3, WRITE, expiry::pexpire, ONE),
    cmd("expireat", -3, WRITE, expiry::expireat, ONE),
    cmd("pexpireat", -3, WRITE, expiry::pexpireat, ONE),
    cmd("ttl", 2, READ, expiry::ttl, ONE),
    cmd("pttl", 2, READ, expiry::pttl, ONE),
    cmd("expiretime", 2, READ, expiry::expiretime, ONE),
    cmd("pexpiretime", 2, READ, expiry::pexpiretime, ONE),
    cmd("persist", 2, WRITE, expiry::persist, ONE),
    // strings
    cmd("get", 2, READ, strings::get, ONE),
    cmd("set", -3, WM, strings::set, ONE),
    cmd("setex", 4, WM, strings::setex, ONE),
    cmd("psetex", 4, WM, strings::psetex, ONE),
    cmd("setnx", 3, WM, strings::setnx, ONE),
    cmd("getset", 3, WM, strings::getset, ONE),
    cmd("getdel", 2, WRITE, strings::getdel, ONE),
    cmd("getex", -2, WRITE, strings::getex, ONE),
    cmd("mget", -2, READ, strings::mget, ALL),
    cmd("mset", -3, WM, strings::mset, PAIRS),
    cmd("msetnx", -3, WM, strings::msetnx, PAIRS),
    cmd("append", 3, WM, strings::append, ONE),
    cmd("strlen", 2, READ, strings::strlen, ONE),
    cmd("getrange", 4, READ, strings::getrange, ONE),
    cmd("substr", 4, READ, strings::getrange, ONE),
    cmd("setrange", 4, WM, strings::setrange, ONE),
    cmd("incr", 2, WM, counters::incr, ONE),
    cmd("decr", 2, WM, counters::decr, ONE),
    cmd("incrby", 3, WM, counters::incrby, ONE),
    cmd("decrby", 3, WM, counters::decrby, ONE),
    cmd("incrbyfloat", 3, WM, counters::incrbyfloat, ONE),
    cmd("setbit", 4, WM, bits::setbit, ONE),
    cmd("getbit", 3, READ, bits::getbit, ONE),
    cmd("bitcount", -2, READ, bits::bitcount, ONE),
    // hashes
    cmd("hset", -4, WM, hashes::hset, ONE),
    cmd("hmset", -4, WM, hashes::hmset, ONE),
    cmd("hsetnx", 4, WM, hashes::hsetnx, ONE),
    cmd("hget", 3, READ, hashes::hget, ONE),
    cmd("hmget", -3, READ, hashes::hmget, ONE),
    cmd("hgetall", 2, READ, hashes::hgetall, ONE),
    cmd("hdel", -3, WRITE, hashes::hdel, ONE),
    cmd("hexists", 3, READ, hashes::hexists, ONE),
    cmd("hlen", 2, READ, hashes::hlen, ONE),
    cmd("hstrlen", 3, READ, hashes::hstrlen, ONE),
    cmd("hkeys", 2, READ, hashes::hkeys, ONE),
    cmd("hvals", 2, READ, hashes::hvals, ONE),
    cmd("hincrby", 4, WM, hashes::hincrby, ONE),
    cmd("hincrbyfloat", 4, WM, hashes::hincrbyfloat, ONE),
    cmd("hrandfield", -2, READ, hashes::hrandfield, ONE),
    cmd("hscan", -3, READ, scan::hscan, ONE),
    // lists
    cmd("lpush", -3, WM, lists::lpush, ONE),
    cmd("rpush", -3, WM, lists::rpush, ONE),
    cmd("lpushx", -3, WM, lists::lpushx, ONE),
    cmd("rpushx", -3, WM, lists::rpushx, ONE),
    cmd("lpop", -2, WRITE, lists::lpop, ONE),
    cmd("rpop", -2, WRITE, lists::rpop, ONE),
    cmd("llen", 2, READ, lists::llen, ONE),
    cmd("lrange", 4, READ, lists::lrange, ONE),
    cmd("lindex", 3, READ, lists::lindex, ONE),
    cmd("lset", 4, WM, lists::lset, ONE),
    cmd("linsert", 5, WM, lists::linsert, ONE),
    cmd("lrem", 4, WRITE, lists::lrem, ONE),
    cmd("ltrim", 4, WRITE, lists::ltrim, ONE),
    cmd("lpos", -3, READ, lists::lpos, ONE),
    cmd("lmove", 5, WM, list_moves::lmove, TWO),
    cmd("rpoplpush", 3, WM, list_moves::rpoplpush, TWO),
    cmd("blpop", -3, WRITE | BLOCKING | NO_SCRIPT, list_moves::blpop, ALL_BUT_LAST),
    cmd("brpop", -3, WRITE | BLOCKING | NO_SCRIPT, list_moves::brpop, ALL_BUT_LAST),
    cmd("blmove", 6, WM | BLOCKING | NO_SCRIPT, list_moves::blmove, TWO),
    cmd("brpoplpush", 4, WM | BLOCKING | NO_SCRIPT, list_moves::brpoplpush, TWO),
    // sets
    cmd("sadd", -3, WM, sets::sadd, ONE),
    cmd("srem", -3, WRITE, sets::srem, ONE),
    cmd("smove", 4, WRITE, sets::smove, TWO),
    cmd("smembers", 2, READ, sets::smembers, ONE),
    cmd("sismember", 3, READ, sets::sismember, ONE),
    cmd("smismember", -3, READ, sets::smismember, ONE),
    cmd("scard", 2, READ, sets::scard, ONE),
    cmd("spop", -2, WRITE, sets::spop, ONE),
    cmd("srandmember", -2, READ, sets::srandmember, ONE),
    cmd("sinter", -2, READ, set_algebra::sinter, ALL),
    cmd("sunion", -2, READ, set_algebra::sunion, ALL),
    cmd("sdiff", -2, READ, set_algebra::sdiff, ALL),
    cmd("sinterstore", -3, WM, set_algebra::sinterstore, ALL),
    cmd("sunionstore", -3, WM, set_algebra::sunionstore, ALL),
    cmd("sdiffstore", -3, WM, set_algebra::sdiffstore, ALL),
    cmd("sintercard", -3, READ, set_algebra::sintercard, NONE),
    cmd("sscan", -3, READ, scan::sscan, ONE),
    // sorted sets
    cmd("zadd", -4, WM, zsets::zadd, ONE),
    cmd("zincrby", 4, WM, zsets::zincrby, ONE),
    cmd("zrem", -3, WRITE, zsets::zrem, ONE),
    cmd("zscore", 3, READ, zsets::zscore, ONE),
    cmd("zmscore", -3, READ, zsets::zmscore, ONE),
    cmd("zcard", 2, READ, zsets::zcard, ONE),
    cmd("zrank", 3, READ, zsets::zrank, ONE),
    cmd("zrevrank", 3, READ, zsets::zrevrank, ONE),
    cmd("zpopmin", -2, WRITE, zsets::zpopmin, ONE),
    cmd("zpopmax", -2, WRITE, zsets::zpopmax, ONE),
    cmd("bzpopmin", -3, WRITE | BLOCKING | NO_SCRIPT, zsets::bzpopmin, ALL_BUT_LAST),
    cmd("bzpopmax", -3, WRITE | BLOCKING | NO_SCRIPT, zsets::bzpopmax, ALL_BUT_LAST),
    cmd("zrange", -4, READ, zranges::zrange, ONE),
    cmd("zrevrange", -4, READ, zranges::zrevrange, ONE),
    cmd("zrangebyscore", -4, READ, zranges::zrangebyscore, ONE),
    cmd("zrevrangebyscore", -4, READ, zranges::zrevrangebyscore, ONE),
    cmd("zrangebylex", -4, READ, zranges::zrangebylex, ONE),
    cmd("zcount", 4, READ, zranges::zcount, ONE),
    cmd("zlexcount", 4, READ, zranges::zlexcount, ONE),
    cmd("zremrangebyscore", 4, WRITE, zranges::zremrangebyscore, ONE),
    cmd("zremrangebyrank", 4, WRITE, zranges::zremrangebyrank, ONE),
    cmd("zremrangebylex", 4, WRITE, zranges::zremrangebylex, ONE),
    cmd("zscan", -3, READ, scan::zscan, ONE),
    // streams
    cmd("xadd", -5, WM, stream_entries::xadd, ONE),
    cmd("xlen", 2, READ, stream_entries::xlen, ONE),
    cmd("xrange", -4, READ, stream_entries::xrange, ONE),
    cmd("xrevrange", -4, READ, stream_entries::xrevrange, ONE),
    cmd("xdel", -3, WRITE, stream_entries::xdel, ONE),
    cmd("xtrim", -4, WRITE, stream_entries::xtrim, ONE),
    cmd("xsetid", -3, WM, stream_entries::xsetid, ONE),
    cmd("xread", -4, READ | BLOCKING, stream_reads::xread, NONE),
    cmd("xreadgroup", -7, WRITE | BLOCKING, stream_reads::xreadgroup, NONE),
    cmd("xgroup", -2, WM | CONTAINER, stream_groups::xgroup, (2, 2, 1)),
    cmd("xack", -4, WRITE, stream_groups::xack, ONE),
    cmd("xpending", -3, READ, stream_groups::xpending, ONE),
    cmd("xclaim", -6, WRITE, stream_claims::xclaim, ONE),
    cmd("xautoclaim", -6, WRITE, stream_claims::xautoclaim, ONE),
    cmd("xinfo", -2, READ | CONTAINER, stream_info::xinfo, (2, 2, 1)),
    // publish and subscribe
    cmd("publish", 3, PUBSUB | MAY_REPLICATE, pubsub::publish, NONE),
    cmd("spublish", 3, PUBSUB | MAY_REPLICATE, pubsub::spublish, ONE),
    cmd("subscribe", -2, LISTEN, pubsub::subscribe, NONE),
    cmd("psubscribe", -2, LISTEN, pubsub::psubscribe, NONE),
    cmd("ssubscribe", -2, LISTEN, pubsub::ssubscribe, ALL),
    cmd("unsubscribe", -1, LISTEN, pubsub::unsubscribe, NONE),
    cmd("punsubscribe", -1, LISTEN, pubsub::punsubscribe, NONE),
    cmd("sunsubscribe", -1, LISTEN, pubsub::sunsubscribe, ALL),
    cmd("pubsub", -2, PUBSUB | CONTAINER, pubsub::pubsub, NONE),
    // transactions and scripts
    cmd("multi", 1, NO_SCRIPT | IMMEDIATE, transactions::multi, NONE),
    cmd("exec", 1, NO_SCRIPT | IMMEDIATE, transactions::exec, NONE),
    cmd("discard", 1, NO_SCRIPT | IMMEDIATE, transactions::discard, NONE),
    cmd("watch", -2, NO_SCRIPT | IMMEDIATE, transactions::watch, ALL),
    cmd("unwatch", 1, NO_SCRIPT, transactions::unwatch, NONE),
    cmd("eval", -3, NO_SCRIPT, scripts::eval, NONE),
    cmd("evalsha", -3, NO_SCRIPT, scripts::evalsha, NONE),
    cmd("eval_ro", -3, NO_SCRIPT, scripts::eval_ro, NONE),
    cmd("evalsha_ro", -3, NO_SCRIPT, scripts::evalsha_ro, NONE),
    cmd("script", -2, NO_SCRIPT | CONTAINER, scripts::script, NONE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_in_any_case() {
        for command in COMMANDS {
            let found = lookup(command.name.to_uppercase().as_bytes()).unwrap();
            assert!(std::ptr::eq(found, command), "{} is there twice or too long", command.name);
        }
        assert!(lookup(b"nosuchcommand").is_none() && lookup(&[b'x'; 100]).is_none() && lookup(b"").is_none());
    }

    #[test]
    fn a_command_reads_or_writes_but_not_both() {
        for command in COMMANDS {
            assert!(!(command.is(READ) && command.is(WRITE)), "{}", command.name);
            assert!(!command.is(MEMORY) || command.is(WRITE), "{}", command.name);
        }
    }
}
