//! Bytes to commands. Arguments are slices of the read buffer: nothing is copied here.

use bytes::{Bytes, BytesMut};

use super::inline;
use crate::number::parse_i64;

/// A line that announces a length, or an inline command, is at most this long, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// One decode call stops after this many commands, so that one pipeline does not keep others waiting.
const BATCH_COMMANDS_MAX: usize = 1024;

/// What a client may send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes in one argument.
    pub(crate) bulk_bytes: usize,
    /// Arguments of one command.
    pub(crate) arguments: usize,
}

impl Limits {
    /// What somebody may send who has not yet authenticated.
    pub(crate) const STRANGER: Self = Self { bulk_bytes: 16 * 1024, arguments: 10 };
}

/// The stream cannot be understood any more; the connection is closed after this was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("ERR Protocol error: invalid multibulk length")]
    MultibulkLength,
    #[error("ERR Protocol error: unauthenticated multibulk length")]
    StrangerMultibulkLength,
    #[error("ERR Protocol error: invalid bulk length")]
    BulkLength,
    #[error("ERR Protocol error: unauthenticated bulk length")]
    StrangerBulkLength,
    #[error("ERR Protocol error: expected '$', got '{0}'")]
    ExpectedBulk(char),
    #[error("ERR Protocol error: too big inline request")]
    InlineSize,
    #[error("ERR Protocol error: too big mbulk count string")]
    MultibulkLine,
    #[error("ERR Protocol error: too big bulk count string")]
    BulkLine,
    #[error("ERR Protocol error: unbalanced quotes in request")]
    Quotes,
}

/// Commands that were read together; reused from read to read.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    args: Vec<Bytes>,
    ends: Vec<usize>,
    next: usize,
}

impl Batch {
    /// The next command's arguments, the name first; `None` when all were taken.
    pub(crate) fn pop(&mut self) -> Option<&[Bytes]> {
        let end = *self.ends.get(self.next)?;
        let start = if self.next == 0 { 0 } else { self.ends[self.next - 1] };
        self.next += 1;
        Some(&self.args[start..end])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next >= self.ends.len()
    }

    pub(crate) fn clear(&mut self) {
        self.args.clear();
        self.ends.clear();
        self.next = 0;
    }

    fn push(&mut self, args: impl IntoIterator<Item = Bytes>) {
        self.args.extend(args);
        self.ends.push(self.args.len());
    }
}

/// Where reading stands in the command at the front of the buffer.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// Everything before this offset was understood already.
    at: usize,
    /// Arguments that are still to come, `None` between commands.
    remaining: Option<usize>,
    /// Found arguments, as offsets into the buffer.
    ranges: Vec<(usize, usize)>,
    ends: Vec<usize>,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Takes all complete commands from the front of `buffer` (up to a limit: call again while it yields) into `batch`,
    /// which was cleared. `stranger` says whether the limits are those of an unauthenticated client. Returns how many
    /// more bytes are known to be needed for the next command, 0 when unknown.
    pub(crate) fn decode(
        &mut self,
        buffer: &mut BytesMut,
        batch: &mut Batch,
        limits: &Limits,
        stranger: bool,
    ) -> Result<usize, ProtocolError> {
        batch.clear();
        let scanned = self.scan(buffer, batch, limits, stranger);
        if !self.ends.is_empty() {
            let consumed = self.consumed_end();
            let chunk = buffer.split_to(consumed).freeze();
            let arguments = *self.ends.last().expect("just seen not to be empty");
            batch.args.extend(self.ranges.drain(..arguments).map(|(start, end)| chunk.slice(start..end)));
            batch.ends.append(&mut self.ends);
            for range in &mut self.ranges {
                *range = (range.0 - consumed, range.1 - consumed);
            }
            self.at -= consumed;
        }
        match scanned {
            // What was complete before the fault is still answered: the fault is met again on the next call.
            Err(_) if !batch.is_empty() => Ok(0),
            other => other,
        }
    }

    /// The offset behind the last complete command: its last argument's end and CRLF.
    fn consumed_end(&self) -> usize {
        let last = self.ends.last().and_then(|end| self.ranges.get(end.wrapping_sub(1)));
        last.map_or(self.at, |range| range.1 + 2)
    }

    fn scan(
        &mut self,
        buffer: &mut BytesMut,
        batch: &mut Batch,
        limits: &Limits,
        stranger: bool,
    ) -> Result<usize, ProtocolError> {
        while self.ends.len() + batch.ends.len() < BATCH_COMMANDS_MAX {
            let Some(remaining) = self.remaining else {
                match buffer.get(self.at) {
                    None => return Ok(0),
                    Some(b'*') => {
                        let Some((count, next)) = length_line(buffer, self.at, ProtocolError::MultibulkLine)? else {
                            return Ok(0);
                        };
                        let count = count.ok_or(ProtocolError::MultibulkLength)?;
                        let most = limits.arguments;
                        if count > 0 && usize::try_from(count).is_ok_and(|c| c > most) {
                            return Err(if stranger {
                                ProtocolError::StrangerMultibulkLength
                            } else {
                                ProtocolError::MultibulkLength
                            });
                        }
                        self.at = next;
                        if count <= 0 {
                            // An empty array is ignored; it must not be left in front of the next command's bytes.
                            if self.ends.is_empty() && self.ranges.is_empty() {
                                bytes::Buf::advance(buffer, self.at);
                                self.at = 0;
                            }
                            continue;
                        }
                        self.remaining = usize::try_from(count).ok();
                    }
                    Some(_) => {
                        // Inline commands are copied: they cannot share the chunk of the multibulk ones before them.
                        if !self.ends.is_empty() {
                            return Ok(0);
                        }
                        bytes::Buf::advance(buffer, self.at);
                        self.at = 0;
                        let Some(end) = find_newline(buffer, 0, ProtocolError::InlineSize)? else { return Ok(0) };
                        let line = buffer.split_to(end + 1);
                        let words = inline::split(&line).ok_or(ProtocolError::Quotes)?;
                        if !words.is_empty() {
                            batch.push(words);
                            return Ok(0);
                        }
                    }
                }
                continue;
            };
            match buffer.get(self.at) {
                None => return Ok(0),
                Some(b'$') => {}
                Some(other) => return Err(ProtocolError::ExpectedBulk(char::from(*other))),
            }
            let Some((length, next)) = length_line(buffer, self.at, ProtocolError::BulkLine)? else { return Ok(0) };
            let length = length.and_then(|n| usize::try_from(n).ok()).ok_or(ProtocolError::BulkLength)?;
            if length > limits.bulk_bytes {
                return Err(if stranger { ProtocolError::StrangerBulkLength } else { ProtocolError::BulkLength });
            }
            let end = next + length;
            if buffer.len() < end + 2 {
                return Ok(end + 2 - buffer.len());
            }
            self.ranges.push((next, end));
            self.at = end + 2;
            if remaining == 1 {
                self.remaining = None;
                self.ends.push(self.ranges.len());
            } else {
                self.remaining = Some(remaining - 1);
            }
        }
        Ok(0)
    }
}

/// The number on the line that starts at `at` with a type byte, and where the next line begins. The inner `None` is a
/// line that holds no number.
#[allow(clippy::type_complexity, reason = "a pair in an option, read in two places of this file")]
fn length_line(
    buffer: &[u8],
    at: usize,
    too_long: ProtocolError,
) -> Result<Option<(Option<i64>, usize)>, ProtocolError> {
    let Some(newline) = find_newline(buffer, at, too_long)? else { return Ok(None) };
    let line = &buffer[at + 1..newline];
    let digits = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Some((parse_i64(digits), newline + 1)))
}

fn find_newline(buffer: &[u8], at: usize, too_long: ProtocolError) -> Result<Option<usize>, ProtocolError> {
    let window = &buffer[at..buffer.len().min(at + LINE_BYTES_MAX)];
    match window.iter().position(|b| *b == b'\n') {
        Some(offset) => Ok(Some(at + offset)),
        None if window.len() == LINE_BYTES_MAX => Err(too_long),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { bulk_bytes: 1024, arguments: 64 };

    fn drain(decoder: &mut Decoder, buffer: &mut BytesMut) -> Result<Vec<Vec<Vec<u8>>>, ProtocolError> {
        let mut found = Vec::new();
        let mut batch = Batch::default();
        loop {
            decoder.decode(buffer, &mut batch, &LIMITS, false)?;
            if batch.is_empty() {
                return Ok(found);
            }
            while let Some(args) = batch.pop() {
                found.push(args.iter().map(|a| a.to_vec()).collect());
            }
        }
    }

    fn all(bytes: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, ProtocolError> {
        drain(&mut Decoder::new(), &mut BytesMut::from(bytes))
    }

    #[test]
    fn multibulk_inline_and_empty_frames_mix() {
        let found =
            all(b"*0\r\n*1\r\n$4\r\nPING\r\n\r\nSET a \"b c\"\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n*0\r\nPING\n").unwrap();
        let expected: Vec<Vec<&[u8]>> =
            vec![vec![b"PING"], vec![b"SET", b"a", b"b c"], vec![b"GET", b""], vec![b"PING"]];
        assert_eq!(found, expected);
    }

    #[test]
    fn faults_are_named() {
        for (bytes, fault) in [
            (&b"*x\r\n"[..], ProtocolError::MultibulkLength),
            (b"*100\r\n", ProtocolError::MultibulkLength),
            (b"*1\r\n:3\r\n", ProtocolError::ExpectedBulk(':')),
            (b"*1\r\n$-1\r\n", ProtocolError::BulkLength),
            (b"*1\r\n$2000\r\n", ProtocolError::BulkLength),
            (b"SET \"a\r\n", ProtocolError::Quotes),
        ] {
            assert_eq!(all(bytes), Err(fault), "{bytes:?}");
        }
        assert_eq!(all(&vec![b'a'; LINE_BYTES_MAX + 1]), Err(ProtocolError::InlineSize));
    }

    proptest! {
        #[test]
        fn any_split_reads_the_same(
            commands in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5), 1..6),
            cuts in prop::collection::vec(1usize..60, 1..30),
        ) {
            let mut wire = Vec::new();
            for command in &commands {
                super::super::encode_command(&mut wire, command);
            }
            let (mut decoder, mut buffer, mut found) = (Decoder::new(), BytesMut::new(), Vec::new());
            let mut rest = &wire[..];
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                buffer.extend_from_slice(now);
                found.extend(drain(&mut decoder, &mut buffer).unwrap());
                rest = later;
            }
            prop_assert_eq!(found, commands);
            prop_assert!(buffer.is_empty());
        }

        #[test]
        fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = all(&bytes);
        }
    }
}
