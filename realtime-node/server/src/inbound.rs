//! What comes from a client: the handshake, then records.

use crate::call::Uploaded;
use crate::connection::{Connection, Phase};
use crate::dispatch::{self, Invocation, Wait};
use crate::stateful::Verdict;
use crate::{Ending, start};
use octavo_domain_signalr::{Decoder, HandshakeReader, Message, Outcome, ParseFault, texts};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// As .NET says it; what was wrong is for the log.
pub(crate) const MALFORMED: &str = texts::CLOSED_WITH_ERROR;

/// The byte stream from a client.
pub(crate) enum Inbound {
    /// Before the handshake is whole.
    Handshake(HandshakeReader),
    /// After it, by the socket of that number.
    Records(Decoder, u32),
    /// Nothing more is read.
    Over,
}

impl Inbound {
    pub(crate) fn new() -> Self {
        Self::Handshake(HandshakeReader::new())
    }

    /// The number of the socket that it comes by.
    pub(crate) fn carrier(&self) -> u32 {
        match self {
            Self::Records(_, carrier) => *carrier,
            Self::Handshake(_) | Self::Over => 0,
        }
    }

    /// Works through `input`. Where something must be waited for before more is read it returns that; it is to be called
    /// again until it returns nothing.
    pub(crate) fn advance(&mut self, connection: &Arc<Connection>, input: &mut &[u8]) -> Option<Wait> {
        loop {
            if connection.has_ended() {
                *self = Self::Over;
            }
            match self {
                Self::Over => return None,
                Self::Handshake(reader) => {
                    let (decoder, wait) = match reader.read(input) {
                        Ok(None) => return None,
                        Ok(Some(request)) => start::shake(connection, &request)?,
                        Err(fault) => {
                            start::refuse(connection, &fault);
                            return None;
                        }
                    };
                    *self = Self::Records(decoder, 0);
                    return Some(wait);
                }
                Self::Records(decoder, carrier) => {
                    let before = input.len();
                    match decoder.decode(input) {
                        Ok(None) => return None,
                        Ok(Some(message)) => {
                            connection.core().ports.observer.received(before - input.len());
                            if let Some(wait) = take(connection, *carrier, message) {
                                return Some(wait);
                            }
                        }
                        Err(fault) => {
                            tracing::debug!(connection = %connection.id, %fault, "a record cannot be read");
                            let ending = match fault {
                                ParseFault::TooLarge { .. } => Ending::TooLarge,
                                ParseFault::Malformed(_) => Ending::Malformed,
                            };
                            connection.end(ending, Some((Some(MALFORMED.to_owned()), false)));
                        }
                    }
                }
            }
        }
    }
}

/// A record has come.
fn take(connection: &Arc<Connection>, carrier: u32, message: Message) -> Option<Wait> {
    let wait = match connection.judge(carrier, &message) {
        Verdict::Process => handle(connection, message),
        Verdict::Drop => None,
        Verdict::Fault => {
            connection.out_of_count();
            None
        }
    };
    let Some(delay) = connection.throttle() else { return wait };
    connection.core().ports.observer.throttled();
    Some(Box::pin(async move {
        tokio::time::sleep(delay).await;
        if let Some(wait) = wait {
            wait.await;
        }
    }))
}

fn handle(connection: &Arc<Connection>, message: Message) -> Option<Wait> {
    if connection.phase() != Phase::Active {
        return None;
    }
    let invocation = |id, target, arguments, stream_ids, streaming| Invocation {
        id,
        target,
        arguments,
        stream_ids,
        streaming,
        uploads: Vec::new(),
        cancel: CancellationToken::new(),
    };
    match message {
        Message::Invocation { id, target, arguments, stream_ids } => {
            dispatch::invoke(connection, invocation(id, target, arguments, stream_ids, false))
        }
        Message::StreamInvocation { id, target, arguments, stream_ids } => {
            dispatch::invoke(connection, invocation(Some(id), target, arguments, stream_ids, true))
        }
        Message::StreamItem { id, item } => dispatch::uploaded(connection, &id, Uploaded::Item(item)),
        Message::Completion { id, outcome } => {
            let outcome = dispatch::answered(connection, &id, outcome)?;
            let error = match outcome {
                Outcome::Error(text) => Some(text),
                Outcome::Void | Outcome::Value(_) => None,
            };
            dispatch::uploaded(connection, &id, Uploaded::End(error))
        }
        Message::CancelInvocation { id } => {
            dispatch::cancel(connection, &id);
            None
        }
        Message::Close { .. } => {
            connection.end(Ending::Client, None);
            None
        }
        // Both were counted, where stateful reconnect was granted.
        Message::Ack { .. } | Message::Sequence { .. } | Message::Ping => None,
    }
}
