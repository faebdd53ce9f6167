//! POST: records from a client that reads by HTTP.

use super::outgoing;
use crate::Body;
use crate::connection::Connection;
use crate::requests::{empty, of_kind, text};
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;

pub(crate) async fn send(connection: &Arc<Connection>, body: Body) -> Response<Body> {
    let Some(outgoing) = outgoing(connection) else {
        return text(StatusCode::NOT_FOUND, "No Connection with that ID");
    };
    let limited = Limited::new(body, connection.core().options.limits.post_bytes);
    let patience = connection.core().options.timing.client_timeout;
    let bytes = match tokio::time::timeout(patience, limited.collect()).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(fault)) if fault.is::<LengthLimitError>() => {
            return text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
        }
        Ok(Err(_)) => return empty(StatusCode::BAD_REQUEST),
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
    };
    let connection = connection.clone();
    // A task of its own: a client that goes away meanwhile must not leave half of its records undone.
    let worked = tokio::spawn(async move {
        let mut inbound = outgoing.inbound.lock().await;
        connection.heard();
        let mut input = &bytes[..];
        while let Some(wait) = inbound.advance(&connection, &mut input) {
            connection.hold(wait).await;
        }
    });
    match worked.await {
        Ok(()) => of_kind(StatusCode::OK, "text/plain", Bytes::new()),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
