//! WebSockets: the HTTP future is left at the upgrade, and a small task stays.

use crate::connection::{Connection, Phase};
use crate::inbound::Inbound;
use crate::link::Link;
use crate::requests::text;
use crate::{Body, Ending};
use http::{Request, Response, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use octavo_domain_signalr::{Decoder, Transport};
use realtime_node_websocket::{Ended, Event, IN_PIECES, Limits, Reader};
use std::sync::Arc;
use tokio::net::TcpStream;

/// Takes a first WebSocket for a connection.
pub(crate) fn open(connection: &Arc<Connection>, request: Request<Body>, accepted: Response<()>) -> Response<Body> {
    if !connection.advance(Phase::Negotiated, Phase::Attached) {
        return text(StatusCode::CONFLICT, "The connection is already in use");
    }
    connection.set_transport(Transport::WebSockets);
    connection.heard();
    upgrade(connection, request, accepted, false)
}

/// Takes another for one that goes on where it was cut. The old one is displaced when the new one is there.
pub(crate) fn resume(connection: &Arc<Connection>, request: Request<Body>, accepted: Response<()>) -> Response<Body> {
    upgrade(connection, request, accepted, true)
}

fn upgrade(
    connection: &Arc<Connection>,
    mut request: Request<Body>,
    accepted: Response<()>,
    resumes: bool,
) -> Response<Body> {
    let upgrade = hyper::upgrade::on(&mut request);
    let connection = connection.clone();
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => begin(connection, upgraded, resumes),
            // One that was to be resumed can be tried again.
            Err(_) if resumes => {}
            Err(_) => connection.end(Ending::Lost, None),
        }
    });
    accepted.map(|()| Body::default())
}

fn begin(connection: Arc<Connection>, upgraded: Upgraded, resumes: bool) {
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("the acceptor does not serve plain TCP streams: a WebSocket cannot be taken out of it");
        connection.end(Ending::Lost, None);
        return;
    };
    let options = &connection.core().options.limits;
    let kept = if connection.stateful { options.stateful_bytes } else { 0 };
    let limits = Limits {
        // Clients join what they have to say, however much that is: only records have a limit.
        message_bytes_max: IN_PIECES,
        queue_bytes_max: options.queue_bytes.saturating_add(kept),
    };
    let (reader, sender) = realtime_node_websocket::open(parts.io.into_inner(), parts.read_buf, limits);
    let inbound = if resumes {
        let Some(carrier) = connection.resume(&sender) else { return };
        connection.core().ports.observer.resumed();
        Inbound::Records(Decoder::new(connection.protocol(), options.record_bytes), carrier)
    } else {
        *connection.link.lock() = Link::WebSocket(sender);
        if connection.has_ended() {
            // It ended before it had a link to be told by.
            connection.cut();
        }
        Inbound::new()
    };
    // A task of its own: it holds no more than it needs while nothing comes.
    tokio::spawn(run(connection, reader, inbound));
}

async fn run(connection: Arc<Connection>, mut reader: Reader, mut inbound: Inbound) {
    let ended = loop {
        let bytes = match reader.next().await {
            Ok(Event::Text(bytes) | Event::Binary(bytes)) => bytes,
            Ok(Event::Ping | Event::Pong) => {
                connection.heard();
                continue;
            }
            Err(ended) => break ended,
        };
        connection.heard();
        let mut input = &bytes[..];
        while let Some(wait) = inbound.advance(&connection, &mut input) {
            let held = connection.hold(wait);
            tokio::pin!(held);
            // Nothing is read meanwhile, but what others send goes out: the wait may be for just that.
            tokio::select! {
                () = &mut held => {}
                () = reader.flush() => held.await,
            }
        }
    };
    let ending = match ended {
        Ended::Closed { .. } => Ending::Client,
        Ended::Slow => Ending::Slow,
        Ended::Violation(_) => Ending::Malformed,
        Ended::TooLarge => Ending::TooLarge,
        Ended::Lost(_) | Ended::Stopped => Ending::Lost,
    };
    connection.lost(inbound.carrier(), ending);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<F>(_: impl Fn(Arc<Connection>, Reader, Inbound) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_task_of_a_socket_is_small() {
        assert!(size(run) <= 512, "{} bytes, {} of them the reader", size(run), size_of::<Reader>());
    }
}
