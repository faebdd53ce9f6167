//! What becomes of a transport's request (TransportProtocols.md): a table, without HTTP.

use crate::transport::{Transport, Transports};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET, also as CONNECT of HTTP/2's WebSockets.
    Get,
    /// POST.
    Post,
    /// DELETE.
    Delete,
    /// Any other. OPTIONS never comes here: it is answered before.
    Other,
}

/// What the `id` of a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// There is no `id`.
    Nothing,
    /// No connection, or none any more, or one of another tenant or user: nobody learns which.
    Unknown,
    /// A connection.
    Connection(Standing),
}

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its transport, once a request has chosen one.
    pub transport: Option<Transport>,
    /// Whether a request carries it now.
    pub carried: Carried,
    /// Stateful reconnect was negotiated.
    pub stateful_reconnect: bool,
}

/// Whether a request carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// By one now: a WebSocket, an event stream, a waiting poll.
    Now,
    /// By none at the moment: before the first, between two polls, or after a cut that may be mended.
    NotNow,
    /// It has ended, and a poll has still to be told.
    Over,
}

/// A request as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// It is an upgrade to a WebSocket.
    pub upgrade: bool,
    /// Its `Accept` has `text/event-stream`.
    pub event_stream: bool,
    /// What its `id` names.
    pub named: Named,
    /// What the hub offers.
    pub offered: Transports,
    /// The node takes no new connections.
    pub draining: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Make a connection, and open its WebSocket: it was not negotiated.
    CreateWebSocket,
    /// Open the connection's WebSocket.
    OpenWebSocket,
    /// Go on over a new WebSocket, without a handshake.
    ResumeWebSocket {
        /// The old one is still there: close it.
        displaces: bool,
    },
    /// Open the event stream.
    OpenEventStream,
    /// The first poll: answered with 200 and nothing, at once.
    FirstPoll,
    /// A poll: 200 with what there is or, after a while, with nothing.
    Poll {
        /// An older poll waits: it ends with 204.
        ends_older: bool,
    },
    /// The poll that tells of the end: 204, and the connection is forgotten.
    LastPoll,
    /// Take the body, after those that came before: 200.
    Receive,
    /// End the connection: 202.
    End,
    /// Nothing but the answer.
    Refuse(Refusal),
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There must be an `id`.
    #[error("Connection ID required")]
    MissingId,
    /// It names none.
    #[error("No Connection with that ID")]
    UnknownId,
    /// Another request carries the connection.
    #[error("The connection is already in use")]
    AlreadyActive,
    /// A connection keeps its transport.
    #[error("Cannot change transports mid-connection")]
    TransportChanged,
    /// The hub does not offer it.
    #[error("This transport is not offered here")]
    TransportNotOffered,
    /// A WebSocket carries both ways.
    #[error("POST requests are not allowed for WebSocket connections.")]
    PostToWebSocket,
    /// Other transports end with their request.
    #[error("Cannot terminate this connection using the DELETE endpoint.")]
    NotLongPolling,
    /// There is no such method here.
    #[error("This method is not allowed")]
    MethodNotAllowed,
    /// The node is being emptied.
    #[error("This node takes no new connections")]
    Draining,
}

impl Refusal {
    /// The HTTP status. The text is the body, of `text/plain`.
    pub fn status(self) -> u16 {
        match self {
            Self::MissingId | Self::TransportChanged | Self::NotLongPolling => 400,
            Self::UnknownId | Self::TransportNotOffered => 404,
            Self::PostToWebSocket | Self::MethodNotAllowed => 405,
            Self::AlreadyActive => 409,
            Self::Draining => 503,
        }
    }
}

/// Decides on a request. Every answer to a poll, and to a refused GET, has `Cache-Control: no-cache, no-store`.
pub fn admit(asked: &Asked) -> Admission {
    match decide(asked) {
        Ok(admission) => admission,
        Err(refusal) => Admission::Refuse(refusal),
    }
}

fn decide(asked: &Asked) -> Result<Admission, Refusal> {
    match asked.method {
        Method::Post => {
            let standing = known(asked.named)?;
            match standing.transport {
                Some(Transport::WebSockets) => Err(Refusal::PostToWebSocket),
                // Before a transport was chosen too: the bytes wait, within the limit of what waits.
                _ if standing.carried == Carried::Over => Err(Refusal::UnknownId),
                _ => Ok(Admission::Receive),
            }
        }
        Method::Delete => match known(asked.named)?.transport {
            Some(Transport::LongPolling) => Ok(Admission::End),
            _ => Err(Refusal::NotLongPolling),
        },
        // An upgrade that also accepts an event stream is one to the reference.
        Method::Get if asked.event_stream => event_stream(asked),
        Method::Get if asked.upgrade => web_socket(asked),
        Method::Get => poll(asked),
        Method::Other => Err(Refusal::MethodNotAllowed),
    }
}

fn event_stream(asked: &Asked) -> Result<Admission, Refusal> {
    let standing = chosen(asked, Transport::ServerSentEvents)?;
    match standing.carried {
        Carried::Now => Err(Refusal::AlreadyActive),
        Carried::Over => Err(Refusal::UnknownId),
        // Every event stream is a connection's first and only one.
        Carried::NotNow if asked.draining => Err(Refusal::UnknownId),
        Carried::NotNow => Ok(Admission::OpenEventStream),
    }
}

fn web_socket(asked: &Asked) -> Result<Admission, Refusal> {
    if asked.named == Named::Nothing {
        return if !asked.offered.web_sockets {
            Err(Refusal::TransportNotOffered)
        } else if asked.draining {
            Err(Refusal::Draining)
        } else {
            Ok(Admission::CreateWebSocket)
        };
    }
    let standing = chosen(asked, Transport::WebSockets)?;
    match standing.carried {
        Carried::Over => Err(Refusal::UnknownId),
        // The JavaScript client goes back to the old id first, even after a Close that lets it reconnect: the sooner it
        // hears that there is none, the sooner it negotiates anew.
        _ if asked.draining => Err(Refusal::UnknownId),
        carried if standing.stateful_reconnect && standing.transport.is_some() => {
            Ok(Admission::ResumeWebSocket { displaces: carried == Carried::Now })
        }
        Carried::Now => Err(Refusal::AlreadyActive),
        Carried::NotNow => Ok(Admission::OpenWebSocket),
    }
}

fn poll(asked: &Asked) -> Result<Admission, Refusal> {
    let standing = chosen(asked, Transport::LongPolling)?;
    match standing.carried {
        Carried::Over => Ok(Admission::LastPoll),
        Carried::Now => Ok(Admission::Poll { ends_older: true }),
        Carried::NotNow if standing.transport.is_some() => Ok(Admission::Poll { ends_older: false }),
        Carried::NotNow if asked.draining => Err(Refusal::UnknownId),
        Carried::NotNow => Ok(Admission::FirstPoll),
    }
}

/// The connection, if its transport is this one or none yet.
fn chosen(asked: &Asked, transport: Transport) -> Result<Standing, Refusal> {
    let standing = known(asked.named)?;
    if !asked.offered.has(transport) {
        return Err(Refusal::TransportNotOffered);
    }
    if standing.transport.is_some_and(|present| present != transport) {
        return Err(Refusal::TransportChanged);
    }
    Ok(standing)
}

fn known(named: Named) -> Result<Standing, Refusal> {
    match named {
        Named::Nothing => Err(Refusal::MissingId),
        Named::Unknown => Err(Refusal::UnknownId),
        Named::Connection(standing) => Ok(standing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Transport::{LongPolling, ServerSentEvents, WebSockets};

    fn asked(method: Method, named: Named) -> Asked {
        Asked { method, upgrade: false, event_stream: false, named, offered: Transports::ALL, draining: false }
    }

    fn upgrade(named: Named) -> Asked {
        Asked { upgrade: true, ..asked(Method::Get, named) }
    }

    fn stream(named: Named) -> Asked {
        Asked { event_stream: true, ..asked(Method::Get, named) }
    }

    fn poll(named: Named) -> Asked {
        asked(Method::Get, named)
    }

    fn at(transport: impl Into<Option<Transport>>, carried: Carried) -> Named {
        Named::Connection(Standing { transport: transport.into(), carried, stateful_reconnect: false })
    }

    fn stateful(transport: impl Into<Option<Transport>>, carried: Carried) -> Named {
        Named::Connection(Standing { transport: transport.into(), carried, stateful_reconnect: true })
    }

    fn status(asked: &Asked) -> u16 {
        match admit(asked) {
            Admission::Refuse(refusal) => refusal.status(),
            admission => panic!("{admission:?}"),
        }
    }

    const FRESH: Option<Transport> = None;

    #[test]
    fn a_request_without_an_id_is_400_but_a_web_socket_makes_a_connection() {
        for method in [Method::Get, Method::Post, Method::Delete] {
            assert_eq!(status(&asked(method, Named::Nothing)), 400);
        }
        assert_eq!(status(&stream(Named::Nothing)), 400);
        assert_eq!(admit(&upgrade(Named::Nothing)), Admission::CreateWebSocket);
        let draining = Asked { draining: true, ..upgrade(Named::Nothing) };
        assert_eq!(status(&draining), 503);
    }

    #[test]
    fn an_unknown_id_is_404() {
        for method in [Method::Get, Method::Post, Method::Delete] {
            assert_eq!(status(&asked(method, Named::Unknown)), 404);
        }
        assert_eq!(status(&stream(Named::Unknown)), 404);
        assert_eq!(status(&upgrade(Named::Unknown)), 404);
    }

    #[test]
    fn the_first_request_chooses_the_transport() {
        assert_eq!(admit(&upgrade(at(FRESH, Carried::NotNow))), Admission::OpenWebSocket);
        assert_eq!(admit(&stream(at(FRESH, Carried::NotNow))), Admission::OpenEventStream);
        assert_eq!(admit(&poll(at(FRESH, Carried::NotNow))), Admission::FirstPoll);
        assert_eq!(admit(&upgrade(stateful(FRESH, Carried::NotNow))), Admission::OpenWebSocket);
        let both = Asked { event_stream: true, ..upgrade(at(FRESH, Carried::NotNow)) };
        assert_eq!(admit(&both), Admission::OpenEventStream);
    }

    #[test]
    fn a_transport_is_not_changed() {
        for (asked, others) in [
            (upgrade as fn(Named) -> Asked, [ServerSentEvents, LongPolling]),
            (stream, [WebSockets, LongPolling]),
            (poll, [WebSockets, ServerSentEvents]),
        ] {
            for other in others {
                for carried in [Carried::Now, Carried::NotNow] {
                    assert_eq!(status(&asked(at(other, carried))), 400);
                }
            }
        }
    }

    #[test]
    fn a_transport_that_is_not_offered_is_404() {
        let none = Transports { web_sockets: false, server_sent_events: false, long_polling: false };
        for asked in [upgrade, stream, poll] {
            assert_eq!(status(&Asked { offered: none, ..asked(at(FRESH, Carried::NotNow)) }), 404);
        }
        assert_eq!(status(&Asked { offered: none, ..upgrade(Named::Nothing) }), 404);
    }

    #[test]
    fn a_second_live_request_is_409_and_a_newer_poll_ends_the_older() {
        assert_eq!(status(&upgrade(at(WebSockets, Carried::Now))), 409);
        assert_eq!(status(&stream(at(ServerSentEvents, Carried::Now))), 409);
        assert_eq!(admit(&poll(at(LongPolling, Carried::Now))), Admission::Poll { ends_older: true });
        assert_eq!(admit(&poll(at(LongPolling, Carried::NotNow))), Admission::Poll { ends_older: false });
    }

    #[test]
    fn stateful_reconnect_displaces_the_old_socket() {
        assert_eq!(admit(&upgrade(stateful(WebSockets, Carried::Now))), Admission::ResumeWebSocket { displaces: true });
        assert_eq!(
            admit(&upgrade(stateful(WebSockets, Carried::NotNow))),
            Admission::ResumeWebSocket { displaces: false }
        );
        assert_eq!(status(&upgrade(stateful(WebSockets, Carried::Over))), 404);
    }

    #[test]
    fn post_is_for_what_is_no_web_socket() {
        assert_eq!(status(&asked(Method::Post, at(WebSockets, Carried::Now))), 405);
        for transport in [None, Some(ServerSentEvents), Some(LongPolling)] {
            for carried in [Carried::Now, Carried::NotNow] {
                assert_eq!(admit(&asked(Method::Post, at(transport, carried))), Admission::Receive);
            }
            assert_eq!(status(&asked(Method::Post, at(transport, Carried::Over))), 404);
        }
    }

    #[test]
    fn delete_ends_long_polling_only() {
        assert_eq!(admit(&asked(Method::Delete, at(LongPolling, Carried::Now))), Admission::End);
        assert_eq!(admit(&asked(Method::Delete, at(LongPolling, Carried::NotNow))), Admission::End);
        for transport in [None, Some(ServerSentEvents), Some(WebSockets)] {
            assert_eq!(status(&asked(Method::Delete, at(transport, Carried::Now))), 400);
        }
        assert_eq!(status(&asked(Method::Other, at(LongPolling, Carried::Now))), 405);
    }

    #[test]
    fn the_end_is_told_to_a_poll_and_404_to_the_others() {
        assert_eq!(admit(&poll(at(LongPolling, Carried::Over))), Admission::LastPoll);
        assert_eq!(status(&upgrade(at(WebSockets, Carried::Over))), 404);
        assert_eq!(status(&stream(at(ServerSentEvents, Carried::Over))), 404);
    }

    #[test]
    fn a_draining_node_opens_nothing_and_goes_on_with_what_is_open() {
        let draining = |asked: Asked| Asked { draining: true, ..asked };
        for asked in [upgrade, stream, poll] {
            assert_eq!(status(&draining(asked(at(FRESH, Carried::NotNow)))), 404);
        }
        assert_eq!(status(&draining(upgrade(stateful(WebSockets, Carried::NotNow)))), 404);
        assert_eq!(status(&draining(upgrade(stateful(WebSockets, Carried::Now)))), 404);
        assert_eq!(admit(&draining(poll(at(LongPolling, Carried::NotNow)))), Admission::Poll { ends_older: false });
        assert_eq!(admit(&draining(asked(Method::Post, at(LongPolling, Carried::NotNow)))), Admission::Receive);
        assert_eq!(admit(&draining(asked(Method::Delete, at(LongPolling, Carried::NotNow)))), Admission::End);
    }
}
