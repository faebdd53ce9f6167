//! Long polling: GET waits for what there is.

use super::{Fetched, Outgoing, carry, outgoing};
use crate::connection::{Connection, Phase};
use crate::requests::{empty, of_kind, text};
use crate::{Body, Ending};
use bytes::{Bytes, BytesMut};
use http::{Response, StatusCode};
use octavo_domain_signalr::Transport;
use std::future::poll_fn;
use std::sync::Arc;

/// The first poll: it chooses the transport, and is answered at once.
pub(crate) fn first(connection: &Arc<Connection>) -> Response<Body> {
    if !connection.advance(Phase::Negotiated, Phase::Attached) {
        return text(StatusCode::CONFLICT, "The connection is already in use");
    }
    connection.set_transport(Transport::LongPolling);
    carry(connection);
    connection.heard();
    of_kind(StatusCode::OK, "text/plain", Bytes::new())
}

/// A reader that goes, whether it got its answer or was given up.
struct Reading<'a> {
    connection: &'a Arc<Connection>,
    outgoing: &'a Outgoing,
    reader: u64,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if self.outgoing.stop(self.reader) {
            self.connection.restart_since();
        }
    }
}

/// A poll. A newer one ends it.
pub(crate) async fn poll(connection: &Arc<Connection>) -> Response<Body> {
    let Some(outgoing) = outgoing(connection) else { return empty(StatusCode::NO_CONTENT) };
    connection.heard();
    let reading = Reading { connection, outgoing: &outgoing, reader: outgoing.begin() };
    let fetched = poll_fn(|cx| outgoing.poll(reading.reader, cx));
    match tokio::time::timeout(connection.core().options.timing.poll, fetched).await {
        Err(_) => of_kind(StatusCode::OK, "text/plain", Bytes::new()),
        Ok(Fetched::Records(records)) => {
            let mut body = BytesMut::with_capacity(records.iter().map(Bytes::len).sum());
            for record in &records {
                body.extend_from_slice(record);
            }
            let kind = if connection.protocol().is_text() { "text/plain" } else { "application/octet-stream" };
            of_kind(StatusCode::OK, kind, body.freeze())
        }
        Ok(Fetched::End) => {
            if connection.has_ended() {
                connection.forget();
            }
            empty(StatusCode::NO_CONTENT)
        }
    }
}

/// The client has ended it.
pub(crate) fn delete(connection: &Arc<Connection>) -> Response<Body> {
    connection.end(Ending::Client, None);
    connection.forget();
    of_kind(StatusCode::ACCEPTED, "text/plain", Bytes::new())
}
