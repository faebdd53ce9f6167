//! The front door of the rooms: `GET /yjs/{document}`.

use crate::http::{Answer, empty, problem};
use http::{Request, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use octavo_domain_kernel::Clock;
use realtime_node_collaboration::{Admission, Options, Rooms};
use realtime_node_server::{Body, Origins};
use realtime_node_websocket::open;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// How often a node looks for rooms that a dead one left behind, and how old their edits must be: a living node saves sooner.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const LEFT_BEHIND_AFTER: chrono::TimeDelta = chrono::TimeDelta::minutes(3);

/// Lets sockets in.
#[derive(Clone)]
pub(crate) struct Door {
    rooms: Rooms,
    options: Arc<Options>,
    origins: Origins,
}

impl Door {
    pub(crate) fn new(rooms: Rooms, options: Options, origins: Origins) -> Self {
        Self { rooms, options: Arc::new(options), origins }
    }

    /// Answers a request, and serves its socket in a task of its own.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Answer {
        if !self.is_allowed(&request) {
            return empty(StatusCode::FORBIDDEN);
        }
        // Only what is known of the request is judged: its body stays with the connection that is upgraded.
        let head = head(&request);
        let upgrade = match self.rooms.admit(&head).await {
            Admission::Refused(refusal) => return problem(refusal, ""),
            Admission::Accepted(upgrade) => upgrade,
        };
        let mut answer = empty(StatusCode::SWITCHING_PROTOCOLS);
        *answer.headers_mut() = upgrade.response.headers().clone();
        let upgraded = hyper::upgrade::on(request);
        let (rooms, limits) = (self.rooms.clone(), self.options.limits());
        tokio::spawn(async move {
            let Ok(upgraded) = upgraded.await else { return };
            // The acceptor serves nothing else than TCP.
            let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
            let socket = open(parts.io.into_inner(), parts.read_buf, limits);
            let ended = rooms.serve(*upgrade, socket).await;
            tracing::debug!(?ended, "a room's connection has ended");
        });
        answer.map(|_| Body::default())
    }

    /// Whether the page that asks, if it is one, may.
    fn is_allowed<B>(&self, request: &Request<B>) -> bool {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        text(header::ORIGIN).is_none_or(|origin| self.origins.allow(origin, text(header::HOST)))
    }
}

fn head<B>(request: &Request<B>) -> Request<()> {
    let mut head = Request::new(());
    *head.method_mut() = request.method().clone();
    *head.uri_mut() = request.uri().clone();
    *head.version_mut() = request.version();
    *head.headers_mut() = request.headers().clone();
    head
}

/// Saves, now and then, what nodes that died had not come to save.
pub(crate) async fn save_left_behind(rooms: Rooms, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(LOOK_EVERY) => {} }
        match rooms.save_left_behind(clock.now() - LEFT_BEHIND_AFTER).await {
            Ok(0) => {}
            Ok(saved) => tracing::info!(rooms = saved, "rooms that another node left behind are saved"),
            Err(error) => tracing::warn!(%error, "rooms that were left behind could not be asked for"),
        }
    }
}
