//! Server-Sent Events (HTML Living Standard, section 9.2): one answer without an end.

use super::{Fetched, Outgoing, carry};
use crate::connection::{Connection, Phase};
use crate::requests::{of_kind, text};
use crate::{Body, BoxError, Ending};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;
use octavo_domain_signalr::Transport;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Opens the event stream; it is the connection's only one.
pub(crate) fn open(connection: &Arc<Connection>) -> Response<Body> {
    if !connection.advance(Phase::Negotiated, Phase::Attached) {
        return text(StatusCode::CONFLICT, "The connection is already in use");
    }
    connection.set_transport(Transport::ServerSentEvents);
    let outgoing = carry(connection);
    connection.heard();
    let events = Events { reader: outgoing.begin(), connection: connection.clone(), outgoing, begun: false };
    let mut response = of_kind(StatusCode::OK, "text/event-stream", Body::new(events));
    // What stands between must hand on every event when it comes.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// The body.
struct Events {
    connection: Arc<Connection>,
    outgoing: Arc<Outgoing>,
    reader: u64,
    begun: bool,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if !std::mem::replace(&mut this.begun, true) {
            // A comment: what stands between hands on the head of the answer.
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b":\r\n\r\n")))));
        }
        this.outgoing.poll(this.reader, cx).map(|fetched| match fetched {
            Fetched::Records(records) => Some(Ok(Frame::data(event(&records)))),
            Fetched::End => None,
        })
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.outgoing.stop(self.reader);
        self.connection.end(Ending::Lost, None);
    }
}

/// Whole records as one event. A line break within JSON, which is white space there, becomes one between two lines of data.
fn event(records: &[Bytes]) -> Bytes {
    let mut event = BytesMut::with_capacity(records.iter().map(Bytes::len).sum::<usize>() + 10);
    event.put_slice(b"data: ");
    for record in records {
        let mut lines = record.split(|byte| *byte == b'\n' || *byte == b'\r');
        event.put_slice(lines.next().unwrap_or_default());
        for line in lines {
            event.put_slice(b"\r\ndata: ");
            event.put_slice(line);
        }
    }
    event.put_slice(b"\r\n\r\n");
    event.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_holds_whole_records() {
        let records = [Bytes::from_static(b"{\"a\":\n1}\x1e"), Bytes::from_static(b"{}\x1e")];
        assert_eq!(&event(&records)[..], b"data: {\"a\":\r\ndata: 1}\x1e{}\x1e\r\n\r\n");
    }
}
