//! The way from a connection to its client.

use crate::encoded::Encoded;
use crate::stateful::Stateful;
use crate::transports::Outgoing;
use octavo_domain_signalr::Protocol;
use realtime_node_websocket::{Frame, SendFault, Sender};
use std::sync::Arc;

/// The code of a WebSocket's end that is none of anybody's fault (RFC 6455 section 7.4.1).
const NORMAL: u16 = 1000;

/// The way to a client.
pub(crate) enum Link {
    /// None yet, or none any more.
    Absent,
    /// A socket.
    WebSocket(Sender),
    /// A socket that another may take the place of.
    Stateful(Box<Stateful>),
    /// Answers to HTTP requests.
    Http(Arc<Outgoing>),
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkFault {
    /// There is no way.
    Absent,
    /// The client does not read, and must not miss it.
    Slow,
    /// The client is away, and the server keeps as much as it may.
    OverBudget,
}

impl Link {
    pub(crate) fn send(&mut self, protocol: Protocol, encoded: &Encoded) -> Result<(), LinkFault> {
        match self {
            Self::Absent => Err(LinkFault::Absent),
            Self::WebSocket(sender) => {
                sender.send_as(encoded.frame(protocol), encoded.when_full()).map_err(|fault| match fault {
                    SendFault::Slow => LinkFault::Slow,
                    // Its reader is about to say so.
                    SendFault::Closed => LinkFault::Absent,
                })
            }
            Self::Stateful(stateful) => stateful.send(protocol, encoded),
            Self::Http(outgoing) => outgoing.push(encoded.record(protocol).clone(), encoded.when_full()),
        }
    }

    /// Sends the answer to a handshake: JSON, whatever the protocol; in the frame that the protocol has from then on.
    pub(crate) fn send_handshake(&mut self, protocol: Protocol, answer: &[u8]) {
        match self {
            Self::Absent | Self::Stateful(_) => {}
            Self::WebSocket(sender) => {
                let frame = if protocol.is_text() { Frame::text(answer) } else { Frame::binary(answer) };
                // One that is closed has a reader that says so.
                let _ = sender.send(&frame);
            }
            Self::Http(outgoing) => {
                let _ = outgoing.push(answer.to_vec().into(), realtime_node_websocket::WhenFull::Disconnect);
            }
        }
    }

    /// Bytes that wait for the client.
    pub(crate) fn backlog(&self) -> usize {
        match self {
            Self::Absent => 0,
            Self::WebSocket(sender) => sender.queued_bytes(),
            Self::Stateful(stateful) => stateful.sender.as_ref().map_or(0, Sender::queued_bytes),
            Self::Http(outgoing) => outgoing.bytes(),
        }
    }

    /// Whether the client must acknowledge before it is sent more.
    pub(crate) fn awaits_ack(&self) -> bool {
        matches!(self, Self::Stateful(stateful) if stateful.is_full())
    }

    /// Whether the client has no way to us now: between two polls, or detached.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::WebSocket(_) => false,
            Self::Stateful(stateful) => stateful.sender.is_none(),
            Self::Http(outgoing) => !outgoing.is_read(),
        }
    }

    /// Ends it: with a last word in order, without one at once. How many messages it has dropped.
    pub(crate) fn finish(self, protocol: Protocol, last: Option<&Encoded>) -> usize {
        match self {
            Self::Absent => 0,
            Self::WebSocket(sender) => say_goodbye(&sender, protocol, last),
            Self::Stateful(stateful) => {
                stateful.sender.as_ref().map_or(0, |sender| say_goodbye(sender, protocol, last))
            }
            Self::Http(outgoing) => {
                outgoing.finish(last.map(|last| last.record(protocol).clone()));
                outgoing.dropped()
            }
        }
    }

    /// Drops the transport without a word.
    pub(crate) fn cut(&mut self) {
        match self {
            Self::Absent => {}
            Self::WebSocket(sender) => sender.abort(),
            Self::Stateful(stateful) => {
                if let Some(sender) = &stateful.sender {
                    sender.abort();
                }
            }
            Self::Http(outgoing) => outgoing.finish(None),
        }
    }
}

/// Ends a socket in order. How many messages it has dropped.
fn say_goodbye(sender: &Sender, protocol: Protocol, last: Option<&Encoded>) -> usize {
    if let Some(last) = last {
        // One that is closed already cannot be told.
        let _ = sender.send(last.frame(protocol));
    }
    sender.close(NORMAL, "");
    usize::try_from(sender.frames_dropped()).unwrap_or(usize::MAX)
}
