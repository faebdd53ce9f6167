//! Data to the commands that make it again.

use std::io::{self, Write};

use bytes::Bytes;

use crate::commands::argument::command;
use crate::commands::stream_claims::claim_log;
use crate::keyspace::Db;
use crate::number::format_f64;
use crate::resp::encode_command;
use crate::types::{Stream, Value};

/// Elements of a container that one command holds.
const ELEMENTS_PER_COMMAND: usize = 64;

/// Writes all databases.
pub(crate) fn write(out: &mut impl Write, dbs: &[Db]) -> io::Result<()> {
    let mut buffer = Vec::new();
    for (index, db) in dbs.iter().enumerate().filter(|(_, db)| !db.is_empty()) {
        put(out, &mut buffer, &command([b"SELECT", index.to_string().as_bytes()]))?;
        for (key, entry) in db.iter() {
            for args in value(key, &entry.value) {
                put(out, &mut buffer, &args)?;
            }
            if entry.expire_ms > 0 {
                put(out, &mut buffer, &command([b"PEXPIREAT", key, entry.expire_ms.to_string().as_bytes()]))?;
            }
        }
    }
    Ok(())
}

fn put(out: &mut impl Write, buffer: &mut Vec<u8>, args: &[Bytes]) -> io::Result<()> {
    buffer.clear();
    encode_command(buffer, args);
    out.write_all(buffer)
}

fn value(key: &Bytes, value: &Value) -> Vec<Vec<Bytes>> {
    match value {
        Value::Text(text) => vec![vec![Bytes::from_static(b"SET"), key.clone(), text.clone()]],
        Value::List(list) => batches("RPUSH", key, 1, list.iter().cloned()),
        Value::Set(set) => batches("SADD", key, 1, set.iter().cloned()),
        Value::Hash(hash) => batches("HSET", key, 2, hash.iter().flat_map(|(f, v)| [f.clone(), v.clone()])),
        Value::SortedSet(set) => {
            let parts = set.iter().flat_map(|(member, score)| [Bytes::from(format_f64(score)), member.clone()]);
            batches("ZADD", key, 2, parts)
        }
        Value::Stream(stream) => of_stream(key, stream),
    }
}

fn batches(name: &'static str, key: &Bytes, width: usize, parts: impl Iterator<Item = Bytes>) -> Vec<Vec<Bytes>> {
    let parts: Vec<Bytes> = parts.collect();
    let with_name = |chunk: &[Bytes]| {
        let head = [Bytes::from_static(name.as_bytes()), key.clone()];
        head.into_iter().chain(chunk.iter().cloned()).collect()
    };
    parts.chunks(ELEMENTS_PER_COMMAND * width).map(with_name).collect()
}

fn of_stream(key: &Bytes, stream: &Stream) -> Vec<Vec<Bytes>> {
    let mut commands = Vec::new();
    if stream.is_empty() {
        // The only way to an empty stream is through a group.
        commands.push(command([b"XGROUP", b"CREATE", key, b"", b"0", b"MKSTREAM"]));
        commands.push(command([b"XGROUP", b"DESTROY", key, b""]));
    }
    for (id, entry) in stream.iter() {
        let mut args = command([b"XADD", key, id.to_string().as_bytes()]);
        args.extend(entry.iter().cloned());
        commands.push(args);
    }
    commands.push(command([
        b"XSETID",
        key,
        stream.last_id.to_string().as_bytes(),
        b"ENTRIESADDED",
        stream.entries_added.to_string().as_bytes(),
        b"MAXDELETEDID",
        stream.max_deleted.to_string().as_bytes(),
    ]));
    for (name, group) in &stream.groups {
        let read = group.entries_read.map_or_else(|| "-1".to_owned(), |n| n.to_string());
        let last = group.last_delivered.to_string();
        commands.push(command([b"XGROUP", b"CREATE", key, name, last.as_bytes(), b"ENTRIESREAD", read.as_bytes()]));
        for consumer in group.consumers.keys() {
            commands.push(command([b"XGROUP", b"CREATECONSUMER", key, name, consumer]));
        }
        for (id, pending) in &group.pending {
            commands.push(claim_log(key, name, *id, pending, group.last_delivered));
        }
        // Last, because a claim that names the last delivered id makes the count of entries read unknown.
        commands.push(crate::commands::stream_groups::progress_log(key, name, group));
    }
    commands
}
