//! The byte stream of a connection into messages.

use crate::{Message, ParseFault, Protocol, json, message_pack};

/// Bytes of a record that has not come whole.
struct Partial {
    bytes: Vec<u8>,
}

/// Turns the bytes of one connection into messages. Where a transport's messages begin and end means nothing: records may
/// be split at any byte, and many may come at once. It keeps nothing but a record that has not come whole, so that an idle
/// one is 24 bytes.
pub struct Decoder {
    partial: Option<Box<Partial>>,
    record_bytes_max: usize,
    protocol: Protocol,
}

impl Decoder {
    /// For a connection that speaks `protocol`; a record of more than `record_bytes_max` bytes, without its framing, is a
    /// fault, and is not kept.
    pub fn new(protocol: Protocol, record_bytes_max: usize) -> Self {
        Self { partial: None, record_bytes_max, protocol }
    }

    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Bytes that wait for the rest of their record.
    pub fn waiting_bytes(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.bytes.len())
    }

    /// Drops what waits: stateful reconnect begins a new byte stream.
    pub fn restart(&mut self) {
        self.partial = None;
    }

    /// The next message of `input`, which moves on; nothing when it is used up, what is left of it being kept. Records of
    /// an unknown type are passed over.
    ///
    /// # Errors
    /// The connection cannot go on: there is no telling where the next record begins.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Message>, ParseFault> {
        loop {
            let message = match self.protocol {
                Protocol::Json => self.json(input)?,
                Protocol::MessagePack => self.message_pack(input)?,
            };
            match message {
                Step::More => return Ok(None),
                Step::Unknown => {}
                Step::Message(message) => return Ok(Some(message)),
            }
        }
    }

    fn json(&mut self, input: &mut &[u8]) -> Result<Step, ParseFault> {
        let limit = self.record_bytes_max;
        let waiting = self.waiting_bytes();
        let Some(end) = input.iter().position(|byte| *byte == json::SEPARATOR) else {
            if waiting + input.len() > limit {
                return Err(ParseFault::TooLarge { limit });
            }
            self.keep(input);
            *input = &[];
            return Ok(Step::More);
        };
        if waiting + end > limit {
            return Err(ParseFault::TooLarge { limit });
        }
        let (last, rest) = (&input[..end], &input[end + 1..]);
        *input = rest;
        match self.partial.take() {
            Some(mut partial) => {
                partial.bytes.extend_from_slice(last);
                json::parse(&partial.bytes)
            }
            None => json::parse(last),
        }
        .map(Step::from)
    }

    fn message_pack(&mut self, input: &mut &[u8]) -> Result<Step, ParseFault> {
        let limit = self.record_bytes_max;
        let Some(mut partial) = self.partial.take() else {
            return match message_pack::length(input, limit)? {
                Some((prefix, body)) if input.len() - prefix >= body => {
                    let (record, rest) = input[prefix..].split_at(body);
                    *input = rest;
                    message_pack::parse(record).map(Step::from)
                }
                _ => {
                    self.keep(input);
                    *input = &[];
                    Ok(Step::More)
                }
            };
        };
        let (prefix, body) = loop {
            if let Some(found) = message_pack::length(&partial.bytes, limit)? {
                break found;
            }
            let Some((first, rest)) = input.split_first() else {
                self.partial = Some(partial);
                return Ok(Step::More);
            };
            partial.bytes.push(*first);
            *input = rest;
        };
        let missing = prefix + body - partial.bytes.len();
        let (more, rest) = input.split_at(missing.min(input.len()));
        // It grows with what comes, not with what the length promises.
        partial.bytes.extend_from_slice(more);
        *input = rest;
        if more.len() < missing {
            self.partial = Some(partial);
            return Ok(Step::More);
        }
        message_pack::parse(&partial.bytes[prefix..]).map(Step::from)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match &mut self.partial {
            Some(partial) => partial.bytes.extend_from_slice(bytes),
            None => self.partial = Some(Box::new(Partial { bytes: bytes.to_vec() })),
        }
    }
}

enum Step {
    /// The input is used up.
    More,
    /// A record of a type that is not known.
    Unknown,
    Message(Message),
}

impl From<Option<Message>> for Step {
    fn from(message: Option<Message>) -> Self {
        message.map_or(Self::Unknown, Self::Message)
    }
}
