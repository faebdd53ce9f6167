//! Bytes of a client to messages (RFC 6455 sections 5 and 8.1), without a socket.

use crate::Violation;
use crate::close::{Close, code};
use crate::header::{HEADER_BYTES_MAX, Header, Opcode};
use crate::mask::unmask;
use crate::message::Message;
use bytes::Bytes;

/// The limit of messages that are not kept until they are whole: as much of one as has come is a message. For protocols in
/// which a message's borders mean nothing, and whose clients join what they have to say, however much that is.
pub const IN_PIECES: usize = usize::MAX;

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A text: UTF-8.
    Text(Bytes),
    /// A binary message.
    Binary(Bytes),
    /// To be answered with the same payload.
    Ping(Bytes),
    /// An answer to a ping, or not (section 5.5.3).
    Pong(Bytes),
    /// Nothing comes after it.
    Close(Close),
}

/// Why nothing more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The protocol was broken.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// A message over the limit; told by its header, before its bytes are read.
    #[error("a message over the limit")]
    TooLarge,
}

impl Fault {
    /// The code that the peer is told.
    pub fn close_code(self) -> u16 {
        match self {
            Self::Violation(violation) => violation.close_code(),
            Self::TooLarge => code::TOO_LARGE,
        }
    }
}

/// Reads the stream of one client. Two words while nothing is under way.
#[derive(Debug)]
pub struct Decoder {
    partial: Option<Box<Partial>>,
    message_bytes_max: usize,
}

/// What is under way. Its memory is what has come, never what a header has promised.
#[derive(Debug, Default)]
struct Partial {
    /// The first bytes of a header.
    header: [u8; HEADER_BYTES_MAX],
    header_bytes: usize,
    /// A frame whose payload has not come yet, and how much of it has.
    frame: Option<(Header, usize)>,
    /// Of a control frame, which may come between a message's fragments.
    control: Vec<u8>,
    message: Option<Message>,
}

impl Partial {
    fn is_empty(&self) -> bool {
        self.header_bytes == 0 && self.frame.is_none() && self.message.is_none()
    }
}

impl Decoder {
    /// Messages may have so many bytes, all fragments together; or they come [`IN_PIECES`].
    pub fn new(message_bytes_max: usize) -> Self {
        Self { partial: None, message_bytes_max }
    }

    /// Reads from the front of `input`, which is unmasked in place: says how many bytes are done with, and the first thing
    /// that they make whole. Without one all of `input` is done with. After a fault or a Close it must not be called again.
    pub fn decode(&mut self, input: &mut [u8]) -> Result<(usize, Option<Item>), Fault> {
        let mut at = 0;
        loop {
            let under_way = self.partial.as_mut().and_then(|partial| partial.frame.take());
            let (header, seen) = match under_way {
                Some(frame) => frame,
                None => match self.header(&input[at..])? {
                    Some((header, bytes)) => {
                        at += bytes;
                        (header, 0)
                    }
                    None => return Ok((input.len(), None)),
                },
            };
            // Fits: a frame that does not fit into memory was refused with its header.
            let missing = header.length as usize - seen;
            let come = missing.min(input.len() - at);
            let part = &mut input[at..at + come];
            unmask(part, header.mask, seen);
            at += come;
            if let Some(item) = self.payload(header, seen, part)? {
                if self.partial.as_ref().is_some_and(|partial| partial.is_empty()) {
                    self.partial = None;
                }
                return Ok((at, Some(item)));
            }
            if at == input.len() {
                return Ok((at, None));
            }
        }
    }

    /// The next header, and how many bytes of `input` it takes; keeps them if there are too few.
    fn header(&mut self, input: &[u8]) -> Result<Option<(Header, usize)>, Fault> {
        if input.is_empty() {
            return Ok(None);
        }
        let kept = self.partial.as_ref().map_or(0, |partial| partial.header_bytes);
        let found = if kept == 0 {
            Header::parse(input)?
        } else {
            let partial = self.partial.get_or_insert_default();
            let more = input.len().min(HEADER_BYTES_MAX - kept);
            partial.header[kept..kept + more].copy_from_slice(&input[..more]);
            let found = Header::parse(&partial.header[..kept + more])?;
            found.map(|(header, bytes)| (header, bytes - kept))
        };
        let partial = self.partial.as_mut();
        match found {
            Some((header, bytes)) => {
                if let Some(partial) = partial {
                    partial.header_bytes = 0;
                }
                self.admit(header)?;
                Ok(Some((header, bytes)))
            }
            None => {
                let partial = self.partial.get_or_insert_default();
                // Shorter than a header: a whole one would have been found.
                let more = input.len().min(HEADER_BYTES_MAX - kept);
                partial.header[kept..kept + more].copy_from_slice(&input[..more]);
                partial.header_bytes = kept + more;
                Ok(None)
            }
        }
    }

    /// Whether a frame may come now, and is not too large.
    fn admit(&self, header: Header) -> Result<(), Fault> {
        if header.opcode.is_control() {
            return Ok(());
        }
        let message = self.partial.as_ref().and_then(|partial| partial.message.as_ref());
        match (header.opcode, message) {
            (Opcode::Continuation, None) => return Err(Violation::Continuation.into()),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Violation::Interrupted.into()),
            _ => {}
        }
        let room = self.message_bytes_max - message.map_or(0, Message::len);
        if header.length > room as u64 { Err(Fault::TooLarge) } else { Ok(()) }
    }

    /// Takes a part of a frame's payload, unmasked; `seen` bytes of it came before.
    fn payload(&mut self, header: Header, seen: usize, part: &[u8]) -> Result<Option<Item>, Fault> {
        let whole = (seen + part.len()) as u64 == header.length;
        if part.is_empty() && !whole {
            // Only the header has come: no message is begun, so that one whose payload then comes at once is still the usual case.
            self.partial.get_or_insert_default().frame = Some((header, seen));
            return Ok(None);
        }
        if header.opcode.is_control() {
            if whole && seen == 0 {
                return control(header.opcode, part).map(Some);
            }
            let partial = self.partial.get_or_insert_default();
            partial.control.extend_from_slice(part);
            if whole {
                return control(header.opcode, &std::mem::take(&mut partial.control)).map(Some);
            }
            partial.frame = Some((header, seen + part.len()));
            return Ok(None);
        }
        if whole && seen == 0 && header.last && header.opcode != Opcode::Continuation {
            // The usual case: a message in one frame that came in one piece.
            if header.opcode == Opcode::Text && std::str::from_utf8(part).is_err() {
                return Err(Violation::NotUtf8.into());
            }
            let bytes = Bytes::copy_from_slice(part);
            return Ok(Some(if header.opcode == Opcode::Text { Item::Text(bytes) } else { Item::Binary(bytes) }));
        }
        let partial = self.partial.get_or_insert_default();
        let message = partial.message.get_or_insert_with(|| Message::new(header.opcode == Opcode::Text));
        message.append(part)?;
        let text = message.is_text();
        let item = |bytes| if text { Item::Text(bytes) } else { Item::Binary(bytes) };
        if !whole || !header.last {
            let piece = if self.message_bytes_max == IN_PIECES { message.piece() } else { None };
            partial.frame = (!whole).then_some((header, seen + part.len()));
            return Ok(piece.map(item));
        }
        let whole = partial.message.take().map(Message::finish).transpose()?;
        Ok(whole.map(item))
    }
}

fn control(opcode: Opcode, payload: &[u8]) -> Result<Item, Fault> {
    Ok(match opcode {
        Opcode::Ping => Item::Ping(Bytes::copy_from_slice(payload)),
        Opcode::Pong => Item::Pong(Bytes::copy_from_slice(payload)),
        _ => Item::Close(Close::parse(payload)?),
    })
}
