//! The Runtime API, version 2018-06-01, as sandboxes see it: `/s/{sandbox}/2018-06-01/runtime/...`.
//!
//! A sandbox is known by the path prefix that it was given, never by its connection: a runtime may open several.

use crate::connection::Peer;
use crate::function::{Function, Sandboxes};
use crate::http_body::full;
use crate::limits::{PAYLOAD_BYTES_MAX, STREAM_BYTES_MAX};
use crate::sandbox::Sandbox;
use crate::{Body, FunctionError, Output};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE_MS: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const FUNCTION_ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const CONTEXT: HeaderName = HeaderName::from_static("lambda-runtime-client-context");

pub(crate) async fn answer(sandboxes: Sandboxes, request: Request<Incoming>, peer: &Peer) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some((sandbox, rest)) = path.strip_prefix("/s/").and_then(|rest| rest.split_once('/')) else {
        return refused(StatusCode::NOT_FOUND, "InvalidSandbox", "there is no such sandbox");
    };
    let found = sandboxes.read().get(sandbox).cloned();
    let Some((function, sandbox)) = found else {
        return refused(StatusCode::FORBIDDEN, "InvalidSandbox", "this sandbox has ended");
    };
    let Some(rest) = rest.strip_prefix("2018-06-01/runtime/") else {
        return refused(StatusCode::NOT_FOUND, "InvalidPath", "there is no such path");
    };
    let parts: Vec<&str> = rest.split('/').collect();
    match (request.method(), parts.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(&function, &sandbox).await,
        (&Method::POST, ["invocation", id, "response"]) => response(&function, &sandbox, id, request, peer).await,
        (&Method::POST, ["invocation", id, "error"]) => error(&sandbox, id, request).await,
        (&Method::POST, ["init", "error"]) => init_error(&sandbox, request).await,
        _ => refused(StatusCode::NOT_FOUND, "InvalidPath", "there is no such path"),
    }
}

async fn next(function: &Arc<Function>, sandbox: &Arc<Sandbox>) -> Response<Body> {
    let Some(work) = function.next(sandbox).await else {
        return refused(StatusCode::FORBIDDEN, "InvalidSandbox", "this sandbox is to end");
    };
    let mut response = Response::new(full(work.payload));
    let headers = response.headers_mut();
    headers.reserve(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(DEADLINE_MS, work.deadline_ms.into());
    if let Some(arn) = &function.arn {
        headers.insert(FUNCTION_ARN, arn.clone());
    }
    let texts = [(REQUEST_ID, Some(work.request_id)), (TRACE_ID, Some(work.trace_id)), (CONTEXT, work.client_context)];
    for (name, text) in texts {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

async fn response(
    function: &Arc<Function>,
    sandbox: &Arc<Sandbox>,
    id: &str,
    request: Request<Incoming>,
    peer: &Peer,
) -> Response<Body> {
    if !sandbox.is_running(id) {
        return refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
    }
    let streaming =
        request.headers().get(RESPONSE_MODE).is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"));
    if streaming {
        let _at_once = peer.acknowledge_at_once();
        return stream(function, sandbox, id, request).await;
    }
    match read(request.into_body(), PAYLOAD_BYTES_MAX).await {
        Ok(bytes) => finish(sandbox, id, Output::Buffered(bytes)).await,
        Err(Unread::TooLarge(size)) => {
            let message = format!(
                "Response payload size ({size} bytes) exceeded maximum allowed payload size ({PAYLOAD_BYTES_MAX} bytes)."
            );
            let failure = FunctionError::new("Function.ResponseSizeTooLarge", message.clone());
            sandbox.complete(id, Output::Failed(failure));
            refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
        }
        Err(Unread::Broken) => refused(StatusCode::BAD_REQUEST, "InvalidBody", "the body ended early"),
    }
}

/// Hands on a streamed response piece by piece; ends when it has ended, so that the sandbox asks for nothing before.
async fn stream(
    function: &Arc<Function>,
    sandbox: &Arc<Sandbox>,
    id: &str,
    request: Request<Incoming>,
) -> Response<Body> {
    let content_type =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (sender, pieces) = mpsc::unbounded_channel();
    let deadline = sandbox.deadline(id).unwrap_or_else(Instant::now);
    if !sandbox.complete(id, Output::Streamed { content_type, pieces }) {
        return refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
    }
    let pass_on = pass_on(request.into_body(), &sender);
    let failure = match tokio::time::timeout_at(deadline.into(), pass_on).await {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => {
            // A process that dies in the middle leaves a broken body first and its exit a moment later.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            Some(sandbox.fate().unwrap_or(failure))
        }
        Err(_) => Some(function.time_out_in(sandbox, id)),
    };
    sandbox.stream_ended(id);
    match failure {
        None => accepted(),
        Some(failure) => {
            let _ = sender.send(Err(failure.clone()));
            refused(StatusCode::BAD_REQUEST, &failure.error_type, &failure.error_message)
        }
    }
}

async fn pass_on(
    mut body: Incoming,
    sender: &mpsc::UnboundedSender<Result<Bytes, FunctionError>>,
) -> Result<(), FunctionError> {
    let mut sent = 0;
    let mut client_left = false;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| FunctionError::new("Runtime.StreamError", "the response broke off"))?;
        match frame.into_data() {
            Ok(data) => {
                if let Some(failure) = trailers_in_body(&data) {
                    return Err(failure);
                }
                sent += data.len();
                if sent > STREAM_BYTES_MAX {
                    let message = format!("the streamed response exceeded {STREAM_BYTES_MAX} bytes");
                    return Err(FunctionError::new("Function.ResponseSizeTooLarge", message));
                }
                // A client that left, or has all that it was announced, does not end the function: it is read to its end,
                // as on AWS. One that does not read does not hold it up: the pieces wait, within the limit above.
                client_left = client_left || sender.send(Ok(data)).is_err();
            }
            Err(frame) => {
                let Ok(trailers) = frame.into_trailers() else { continue };
                if let Some(error_type) = trailers.get(ERROR_TYPE) {
                    return Err(stream_error(
                        error_type.as_bytes(),
                        trailers.get(ERROR_BODY).map(HeaderValue::as_bytes),
                    ));
                }
            }
        }
    }
    Ok(())
}

/// `lambda_runtime` (1.5.0) writes what it means as trailers into the body, as its last piece.
fn trailers_in_body(piece: &[u8]) -> Option<FunctionError> {
    let text = std::str::from_utf8(piece).ok()?;
    let (error_type, rest) = text.strip_prefix("Lambda-Runtime-Function-Error-Type: ")?.split_once("\r\n")?;
    let body = rest.strip_prefix("Lambda-Runtime-Function-Error-Body: ")?.strip_suffix("\r\n")?;
    Some(stream_error(error_type.as_bytes(), Some(body.as_bytes())))
}

/// The body is Base64 of `{"errorMessage": ...}` or of plain text.
fn stream_error(error_type: &[u8], body: Option<&[u8]>) -> FunctionError {
    let body = body.and_then(|body| BASE64_STANDARD.decode(body).ok()).unwrap_or_default();
    let reported = serde_json::from_slice::<Reported>(&body).ok().and_then(|reported| reported.error_message);
    let message = reported.unwrap_or_else(|| String::from_utf8_lossy(&body).into_owned());
    FunctionError { error_type: String::from_utf8_lossy(error_type).into_owned(), error_message: message }
}

async fn error(sandbox: &Sandbox, id: &str, request: Request<Incoming>) -> Response<Body> {
    let failure = reported(request).await;
    finish(sandbox, id, Output::Failed(failure)).await
}

async fn init_error(sandbox: &Sandbox, request: Request<Incoming>) -> Response<Body> {
    if sandbox.is_ready() {
        return refused(StatusCode::FORBIDDEN, "InvalidStateTransition", "the initialisation is over");
    }
    let failure = reported(request).await;
    sandbox.doom(failure);
    sandbox.kill();
    accepted()
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reported {
    error_type: Option<String>,
    error_message: Option<String>,
}

async fn reported(request: Request<Incoming>) -> FunctionError {
    let header = request.headers().get(ERROR_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = read(request.into_body(), PAYLOAD_BYTES_MAX).await.unwrap_or_default();
    let reported: Reported = serde_json::from_slice(&body).unwrap_or_default();
    let error_type = reported.error_type.or(header).unwrap_or_else(|| "Runtime.Unknown".to_owned());
    FunctionError { error_type, error_message: reported.error_message.unwrap_or_default() }
}

async fn finish(sandbox: &Sandbox, id: &str, output: Output) -> Response<Body> {
    sandbox.log.heard().await;
    if sandbox.complete(id, output) {
        accepted()
    } else {
        refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
    }
}

fn accepted() -> Response<Body> {
    let mut response = Response::new(full(&b"{\"status\":\"OK\"}\n"[..]));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn refused(status: StatusCode, error_type: &str, message: &str) -> Response<Body> {
    let body = json!({ "errorType": error_type, "errorMessage": message });
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Why a body was not read.
pub(crate) enum Unread {
    /// It is larger than allowed: so many bytes were seen.
    TooLarge(usize),
    /// The connection ended before it.
    Broken,
}

/// A whole body of at most `limit` bytes. What is over it is read and thrown away, up to a bound, so that the sender gets
/// to read the answer.
pub(crate) async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        size += data.len();
        if size > crate::limits::DRAIN_BYTES_MAX {
            break;
        }
        if size > limit {
            continue;
        }
        // Most bodies come in one piece: no copy then.
        match first.take() {
            None if rest.is_empty() => first = Some(data),
            None => rest.extend_from_slice(&data),
            Some(before) => {
                // Room for what was announced, so that a large body is copied once.
                let announced = usize::try_from(body.size_hint().lower()).unwrap_or(limit).min(limit);
                rest.reserve(before.len() + data.len() + announced);
                rest.extend_from_slice(&before);
                rest.extend_from_slice(&data);
            }
        }
    }
    if size > limit {
        return Err(Unread::TooLarge(size));
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}
