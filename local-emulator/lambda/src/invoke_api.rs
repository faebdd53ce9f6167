//! The Invoke API: `POST /2015-03-31/functions/{name}/invocations`, as the AWS CLI, the SDKs and `cargo lambda invoke` use it.

use crate::http_body::full;
use crate::limits::{EVENTS_MAX, PAYLOAD_BYTES_MAX};
use crate::runtime_api::{Unread, read};
use crate::{Body, InvokeError, InvokeRequest, Lambda, Output};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of the log's end in `X-Amz-Log-Result`.
const LOG_TAIL_BYTES: usize = 4096;

static EVENTS: AtomicUsize = AtomicUsize::new(0);

pub(crate) async fn answer(lambda: Lambda, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some(rest) = path.strip_prefix("/2015-03-31/functions") else {
        return refused(StatusCode::NOT_FOUND, "UnknownOperationException", "there is no such operation");
    };
    match (request.method(), rest.trim_end_matches('/')) {
        (&Method::GET, "") => list(&lambda),
        (&Method::POST, rest) => match rest.strip_prefix('/').and_then(|rest| rest.strip_suffix("/invocations")) {
            Some(name) => invoke(lambda, name.to_owned(), request).await,
            None => refused(StatusCode::NOT_FOUND, "UnknownOperationException", "there is no such operation"),
        },
        _ => refused(StatusCode::NOT_FOUND, "UnknownOperationException", "there is no such operation"),
    }
}

fn list(lambda: &Lambda) -> Response<Body> {
    let functions = lambda.0.functions.read();
    let functions: Vec<_> = functions
        .values()
        .map(|function| {
            let config = &function.config;
            json!({
                "FunctionName": config.name,
                "FunctionArn": format!("arn:aws:lambda:us-east-1:{}:function:{}", lambda.0.account, config.name),
                "Runtime": "provided.al2023",
                "MemorySize": config.memory_mb,
                "Timeout": config.timeout.as_secs(),
                "Version": "$LATEST",
                "PackageType": "Zip",
            })
        })
        .collect();
    json_answer(StatusCode::OK, json!({ "Functions": functions }).to_string().into())
}

async fn invoke(lambda: Lambda, name: String, request: Request<Incoming>) -> Response<Body> {
    // An ARN or a qualified name is taken by its name: there is one version.
    let name = name.rsplit(":function:").next().unwrap_or(&name).split(':').next().unwrap_or_default().to_owned();
    let header =
        |name: &'static str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kind = header("x-amz-invocation-type").unwrap_or_else(|| "RequestResponse".to_owned());
    let wants_log = header("x-amz-log-type").as_deref() == Some("Tail");
    let client_context =
        match header("x-amz-client-context").map(|context| BASE64_STANDARD.decode(context).map(String::from_utf8)) {
            None => None,
            Some(Ok(Ok(context))) => Some(context),
            Some(_) => {
                return refused(
                    StatusCode::BAD_REQUEST,
                    "InvalidRequestContentException",
                    "x-amz-client-context is no Base64 of JSON",
                );
            }
        };
    let trace_id = header("x-amzn-trace-id");
    let payload = match read(request.into_body(), PAYLOAD_BYTES_MAX).await {
        Ok(payload) if payload.is_empty() => Bytes::from_static(b"{}"),
        Ok(payload) => payload,
        Err(Unread::TooLarge(bytes)) => return failed(&InvokeError::TooLarge { bytes, limit: PAYLOAD_BYTES_MAX }),
        Err(Unread::Broken) => {
            return refused(StatusCode::BAD_REQUEST, "InvalidRequestContentException", "the body ended early");
        }
    };
    if serde_json::from_slice::<serde::de::IgnoredAny>(&payload).is_err() {
        return refused(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            "Could not parse request body into json",
        );
    }
    let job = InvokeRequest {
        function: name.clone(),
        payload,
        client_context,
        trace_id,
        links: Vec::new(),
        what: kind.clone(),
    };
    match kind.as_str() {
        "RequestResponse" => match lambda.invoke(job).await {
            Ok(response) => answered(response, wants_log).await,
            Err(error) => failed(&error),
        },
        "Event" | "DryRun" => {
            if !lambda.0.functions.read().contains_key(&name) {
                return failed(&InvokeError::NotFound(name));
            }
            if kind == "DryRun" {
                return empty(StatusCode::NO_CONTENT);
            }
            if EVENTS.fetch_add(1, Ordering::AcqRel) >= EVENTS_MAX {
                EVENTS.fetch_sub(1, Ordering::AcqRel);
                return failed(&InvokeError::Throttled);
            }
            tokio::spawn(async move {
                if let Err(error) = lambda.invoke(job).await {
                    tracing::warn!(function = name, %error, "an asynchronous invocation was not run");
                }
                EVENTS.fetch_sub(1, Ordering::AcqRel);
            });
            empty(StatusCode::ACCEPTED)
        }
        _ => refused(
            StatusCode::BAD_REQUEST,
            "InvalidParameterValueException",
            "x-amz-invocation-type must be RequestResponse, Event or DryRun",
        ),
    }
}

async fn answered(response: crate::InvokeResponse, wants_log: bool) -> Response<Body> {
    let (payload, failed) = match response.output {
        Output::Buffered(payload) => (payload, false),
        Output::Failed(error) => (serde_json::to_vec(&error).unwrap_or_default().into(), true),
        Output::Streamed { mut pieces, .. } => {
            // The buffered operation answers with the whole of a streamed response.
            let mut whole = BytesMut::new();
            let mut error = None;
            while let Some(piece) = pieces.recv().await {
                match piece {
                    Ok(piece) => whole.extend_from_slice(&piece),
                    Err(failure) => error = Some(failure),
                }
            }
            match error {
                None => (whole.freeze(), false),
                Some(error) => (serde_json::to_vec(&error).unwrap_or_default().into(), true),
            }
        }
    };
    let mut answer = json_answer(StatusCode::OK, payload);
    let headers = answer.headers_mut();
    headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
    set(headers, "x-amzn-requestid", &response.request_id);
    set(headers, "x-amzn-trace-id", &response.trace_id);
    if failed {
        headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    if wants_log {
        let log = response.log.join("\n");
        let mut begin = log.len().saturating_sub(LOG_TAIL_BYTES);
        while !log.is_char_boundary(begin) {
            begin += 1;
        }
        set(headers, "x-amz-log-result", &BASE64_STANDARD.encode(&log[begin..]));
    }
    answer
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn failed(error: &InvokeError) -> Response<Body> {
    let (status, kind) = match error {
        InvokeError::NotFound(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        InvokeError::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        InvokeError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException"),
        InvokeError::Stopping => (StatusCode::INTERNAL_SERVER_ERROR, "ServiceException"),
    };
    refused(status, kind, &error.to_string())
}

fn refused(status: StatusCode, kind: &'static str, message: &str) -> Response<Body> {
    // AWS's own words are the first two; `cargo lambda invoke` reads the others, and nothing where they are missing.
    let body = json!({ "Type": "User", "Message": message, "errorType": kind, "errorMessage": message });
    let mut answer = json_answer(status, body.to_string().into());
    answer.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
    answer
}

fn json_answer(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut answer = empty(status);
    *answer.body_mut() = full(body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(full(Bytes::new()));
    *answer.status_mut() = status;
    answer
}
