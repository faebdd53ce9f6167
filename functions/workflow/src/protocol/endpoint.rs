//! The route that the stock clients call.

use super::fault::{Fault, Name};
use super::operations::{Answer, Operation};
use super::reply::Call;
use crate::Deps;
use crate::caller::Caller;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response, status};
use serde_json::{Value, json};
use std::error::Error as _;
use std::sync::Arc;

/// Names the operation.
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// Names the request in answers.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// The position of a write, in its answer.
const WRITTEN: HeaderName = HeaderName::from_static("octavo-written");
/// The position that a read must have seen.
const READ_AFTER: HeaderName = HeaderName::from_static("octavo-read-after");
/// What a target begins with.
const SERVICE: &str = "AWSStepFunctions.";

const AWS_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// Answers a request of AWS JSON 1.0. Refusals are answers of that protocol too.
pub(crate) async fn endpoint(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let request_id = request.request_id.clone();
    let response = match answer(deps, request).await {
        Ok(Answer { body, written }) => {
            let response = Response::bytes(StatusCode::OK, AWS_JSON, body);
            match written {
                Some(position) => response.with_text(WRITTEN, &position),
                None => response,
            }
        }
        Err(fault) => {
            log(&fault);
            written(&fault)
        }
    };
    Ok(response.with_text(REQUEST_ID, &request_id))
}

async fn answer(deps: Arc<Deps>, request: Request) -> Result<Answer, Fault> {
    let target = text(&request, &TARGET)?;
    let operation = target.as_deref().and_then(|target| target.strip_prefix(SERVICE)).and_then(Operation::find);
    let operation = operation.ok_or_else(|| {
        let message = format!("X-Amz-Target names no operation: {}", target.as_deref().unwrap_or("it is missing"));
        Fault::new(Name::UnknownOperationException, message)
    })?;
    let principal = crate::signature::authenticate(&deps, &request).await?;
    let call = Call { caller: Caller::new(principal, &deps.region), read_after: text(&request, &READ_AFTER)? };
    operation.run(deps, call, request.body).await
}

fn text(request: &Request, name: &HeaderName) -> Result<Option<String>, Fault> {
    let value = request.header(name).map_err(|error| Fault::validation(error.to_string()))?;
    Ok(value.map(str::to_owned))
}

/// Our own failures go into the log with their cause, once, here.
fn log(fault: &Fault) {
    let (name, status) = (fault.name.as_str(), fault.name.status());
    if status.is_server_error() {
        let cause = fault.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(code = name, status = status.as_u16(), error = %fault, cause, "request failed");
    } else {
        tracing::debug!(code = name, status = status.as_u16(), error = %fault, "request refused");
    }
}

fn written(fault: &Fault) -> Response {
    let mut body = json!({ "__type": fault.name.as_str(), "message": fault.message });
    if let Some(reason) = fault.reason {
        body["reason"] = json!(reason);
    }
    if let Some(resource) = &fault.resource {
        body["resourceName"] = json!(resource);
    }
    refused(fault.name, &body)
}

fn refused(name: Name, body: &Value) -> Response {
    let body: Bytes = body.to_string().into();
    let response = Response::bytes(name.status(), AWS_JSON, body);
    response.with(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

/// What the edge refuses on this route, before an operation has seen it, in the clients' form.
pub(crate) fn refusal(path: &str, fault: &dyn octavo_domain_kernel::Fault, request_id: &str) -> Option<Response> {
    if !matches!(path, "/v1/states" | "/v1/states/") {
        return None;
    }
    let error: &(dyn std::error::Error + 'static) = fault;
    let name = match error.downcast_ref::<EdgeFault>() {
        Some(EdgeFault::BodyTooLarge { .. }) => Name::RequestEntityTooLargeException,
        Some(EdgeFault::MethodNotAllowed { .. } | EdgeFault::NoRoute(_)) => Name::UnknownOperationException,
        _ if status(fault.kind()).is_server_error() => Name::InternalFailure,
        _ => Name::ValidationException,
    };
    let body = json!({ "__type": name.as_str(), "message": fault.detail() });
    Some(refused(name, &body).with_text(REQUEST_ID, request_id))
}
