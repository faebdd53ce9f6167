//! Answers.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use octavo_domain_kernel::Fault;
use octavo_wiring_edge as edge;
use realtime_node_server::{Body, BoxError};
use serde::Serialize;

/// An answer.
pub(crate) type Answer = Response<Body>;

pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Body::default());
    *answer.status_mut() = status;
    answer
}

fn of_bytes(status: StatusCode, kind: &'static str, bytes: Bytes) -> Answer {
    let mut answer = Response::new(Body::from(bytes));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(bytes) => of_bytes(status, "application/json", bytes.into()),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

pub(crate) fn text(kind: &'static str, text: String) -> Answer {
    of_bytes(StatusCode::OK, kind, text.into())
}

/// A refusal as a problem document, logged once, there.
pub(crate) fn problem(fault: impl Fault, request_id: &str) -> Answer {
    from_edge(edge::Problem::from(fault).into_response(request_id))
}

pub(crate) fn from_edge(response: edge::Response) -> Answer {
    let (status, headers, body) = response.into_parts();
    let body = match body {
        edge::Body::Bytes(bytes) => Body::from(bytes),
        edge::Body::Stream(stream) => {
            let frames = futures::StreamExt::map(stream, |piece| piece.map(Frame::data));
            Body::new(StreamBody::new(frames).map_err(BoxError::from))
        }
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
