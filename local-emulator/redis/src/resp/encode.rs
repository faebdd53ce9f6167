//! Replies to bytes.

use crate::number::{format_f64, write_i64};
use crate::reply::Reply;

/// Appends `reply` in the given protocol version, 2 or 3.
pub(crate) fn encode(out: &mut Vec<u8>, reply: &Reply, protocol: u8) {
    let three = protocol >= 3;
    match reply {
        Reply::Ok => out.extend_from_slice(b"+OK\r\n"),
        Reply::Status(text) => line(out, b'+', text.as_bytes()),
        Reply::StatusText(text) => line(out, b'+', text.as_bytes()),
        Reply::Error(text) => line(out, b'-', text.as_bytes()),
        Reply::Int(n) => number(out, b':', *n),
        Reply::Bulk(bytes) => bulk(out, bytes),
        Reply::Null if three => out.extend_from_slice(b"_\r\n"),
        Reply::Null => out.extend_from_slice(b"$-1\r\n"),
        Reply::NullArray if three => out.extend_from_slice(b"_\r\n"),
        Reply::NullArray => out.extend_from_slice(b"*-1\r\n"),
        Reply::Array(items) => sequence(out, b'*', items, protocol),
        Reply::Set(items) => sequence(out, if three { b'~' } else { b'*' }, items, protocol),
        Reply::Push(items) => sequence(out, if three { b'>' } else { b'*' }, items, protocol),
        Reply::Map(pairs) => {
            let (kind, count) = if three { (b'%', pairs.len()) } else { (b'*', pairs.len() * 2) };
            length(out, kind, count);
            for (key, value) in pairs {
                encode(out, key, protocol);
                encode(out, value, protocol);
            }
        }
        Reply::Double(value) if three => line(out, b',', format_f64(*value).as_bytes()),
        Reply::Double(value) => bulk(out, format_f64(*value).as_bytes()),
        Reply::Verbatim(text) if three => {
            length(out, b'=', text.len() + 4);
            out.extend_from_slice(b"txt:");
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        Reply::Verbatim(text) => bulk(out, text.as_bytes()),
        Reply::Frames(frames) => frames.iter().for_each(|frame| encode(out, frame, protocol)),
        // Not an answer: whoever waits gets one later.
        Reply::Pending => {}
    }
}

/// Appends a command as a client would send it, and as the append-only log keeps it.
pub(crate) fn encode_command(out: &mut Vec<u8>, args: &[impl AsRef<[u8]>]) {
    length(out, b'*', args.len());
    for arg in args {
        bulk(out, arg.as_ref());
    }
}

fn sequence(out: &mut Vec<u8>, kind: u8, items: &[Reply], protocol: u8) {
    length(out, kind, items.len());
    for item in items {
        encode(out, item, protocol);
    }
}

fn bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, b'$', bytes.len());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

fn length(out: &mut Vec<u8>, kind: u8, n: usize) {
    number(out, kind, i64::try_from(n).unwrap_or(i64::MAX));
}

fn number(out: &mut Vec<u8>, kind: u8, n: i64) {
    out.push(kind);
    write_i64(out, n);
    out.extend_from_slice(b"\r\n");
}

/// A line cannot hold a line break: one in a script's error text would be read as the next reply.
fn line(out: &mut Vec<u8>, kind: u8, text: &[u8]) {
    out.push(kind);
    out.extend(text.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }));
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(reply: &Reply) -> (String, String) {
        let (mut two, mut three) = (Vec::new(), Vec::new());
        encode(&mut two, reply, 2);
        encode(&mut three, reply, 3);
        (String::from_utf8(two).unwrap(), String::from_utf8(three).unwrap())
    }

    #[test]
    fn shapes_fall_back_in_resp2() {
        let map = Reply::Map(vec![(Reply::word("a"), Reply::Double(1.5))]);
        assert_eq!(both(&map), ("*2\r\n$1\r\na\r\n$3\r\n1.5\r\n".into(), "%1\r\n$1\r\na\r\n,1.5\r\n".into()));
        assert_eq!(both(&Reply::NullArray), ("*-1\r\n".into(), "_\r\n".into()));
        assert_eq!(both(&Reply::Verbatim("x".into())), ("$1\r\nx\r\n".into(), "=5\r\ntxt:x\r\n".into()));
        assert_eq!(both(&Reply::Push(vec![Reply::Int(-7)])), ("*1\r\n:-7\r\n".into(), ">1\r\n:-7\r\n".into()));
    }

    #[test]
    fn an_error_stays_on_its_line() {
        assert_eq!(both(&Reply::Error("ERR a\r\n+b".into())).0, "-ERR a  +b\r\n");
    }
}
