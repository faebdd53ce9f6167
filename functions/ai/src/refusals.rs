//! Refusals in the form that the caller's SDK knows.

use crate::AiFault;
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_domain_ai::FaultClass;
use octavo_domain_ai::routing::Unroutable;
use octavo_domain_ai::wire::{CallerFault, Dialect, chat, messages};
use octavo_domain_kernel::{Fault, FaultKind};
use octavo_wiring_edge::{EdgeFault, Response, status};
use std::error::Error;

/// OpenAI's and Anthropic's SDKs obey this over their own idea of what is worth a retry.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// Milliseconds; read before `retry-after` by both SDKs.
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
/// Anthropic's name of the request id.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The form that a path's callers speak; none for the platform's own API.
pub(crate) fn dialect_of(path: &str) -> Option<Dialect> {
    match path {
        "/v1/messages" | "/v1/messages/count_tokens" => Some(Dialect::Messages),
        "/v1/responses" => Some(Dialect::Responses),
        "/v1/chat/completions" | "/v1/embeddings" | "/v1/models" => Some(Dialect::Chat),
        _ if path.starts_with("/v1/models/") => Some(Dialect::Chat),
        _ => None,
    }
}

/// Writes a refusal of `path` in its callers' form; none for the platform's own API.
pub(crate) fn write(path: &str, fault: &dyn Fault, request_id: &str) -> Option<Response> {
    dialect_of(path).map(|dialect| refuse(dialect, fault, request_id))
}

/// A refusal in a form.
pub(crate) fn refuse(dialect: Dialect, fault: &dyn Fault, request_id: &str) -> Response {
    let caller = caller_fault(dialect, fault, request_id);
    let (body, status) = match dialect {
        Dialect::Messages => (messages::encode_fault(&caller), anthropic_status(fault, caller.status)),
        Dialect::Chat | Dialect::Responses => (chat::encode_fault(&caller), caller.status),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error: &(dyn Error + 'static) = fault;
    let ours = error.downcast_ref::<AiFault>();
    let retry = ours.map_or(matches!(fault.kind(), FaultKind::Unavailable(_)), AiFault::should_retry);
    let mut response = Response::json(status, &body)
        .with(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with(SHOULD_RETRY, HeaderValue::from_static(if retry { "true" } else { "false" }))
        .with_text(REQUEST_ID, request_id);
    if let Some(after) = caller.retry_after {
        // Whole seconds, rounded up: who comes too early is refused again.
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        response = response.with(header::RETRY_AFTER, seconds.max(1).into());
        let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        response = response.with(RETRY_AFTER_MS, milliseconds.max(1).into());
    }
    if let Some(AiFault::RateLimited { left, .. }) = ours {
        crate::gateway::rate_headers(response.headers_mut(), dialect, std::slice::from_ref(left));
    }
    response
}

/// What a caller is told.
pub(crate) fn caller_fault(dialect: Dialect, fault: &dyn Fault, request_id: &str) -> CallerFault {
    let error: &(dyn Error + 'static) = fault;
    let (mut code, mut kind, mut retry_after) = (fault.code().name.to_owned(), None, None);
    match error.downcast_ref::<AiFault>() {
        Some(AiFault::BudgetExceeded { .. }) => {
            (code, kind) = ("insufficient_quota".to_owned(), Some("insufficient_quota".to_owned()));
        }
        Some(AiFault::RateLimited { left, .. }) => {
            code = "rate_limit_exceeded".to_owned();
            kind = left.name.split(':').next().map(str::to_owned);
        }
        Some(AiFault::Unroutable(Unroutable::UnknownModel { .. })) => code = "model_not_found".to_owned(),
        Some(AiFault::Unroutable(Unroutable::TooLong { .. })) => code = "context_length_exceeded".to_owned(),
        Some(AiFault::Blocked) => code = "content_filter".to_owned(),
        // What it says of our account with it (`invalid_api_key`) is not about the caller's.
        Some(AiFault::Provider { fault, .. }) if !is_of_our_account(fault.class) => {
            if let Some(theirs) = &fault.code {
                code.clone_from(theirs);
            }
            kind.clone_from(&fault.kind);
        }
        _ => {}
    }
    if let FaultKind::TooManyRequests(after) | FaultKind::Unavailable(after) = fault.kind() {
        retry_after = Some(after);
    }
    let mut status = status(fault.kind()).as_u16();
    // These clients know no 422: a request that is not acceptable is a bad one.
    if status == 422 {
        status = 400;
    }
    if let Some(EdgeFault::TokenMissing | EdgeFault::TokenRefused(_)) = error.downcast_ref::<EdgeFault>() {
        code = if dialect == Dialect::Messages { code } else { "invalid_api_key".to_owned() };
    }
    let fields = fault.fields();
    CallerFault {
        status,
        code,
        kind,
        message: fault.detail(),
        param: fields.first().map(|field| field.field.clone()),
        fields,
        retry_after,
        request_id: request_id.to_owned(),
    }
}

fn is_of_our_account(class: FaultClass) -> bool {
    matches!(class, FaultClass::Authentication | FaultClass::Permission | FaultClass::Quota)
}

/// Anthropic says 529 where it is too busy; its SDK maps that to a class of its own.
fn anthropic_status(fault: &dyn Fault, status: u16) -> u16 {
    let error: &(dyn Error + 'static) = fault;
    match error.downcast_ref::<AiFault>() {
        Some(AiFault::Provider { fault, .. }) if fault.class == FaultClass::Overloaded => 529,
        _ => status,
    }
}
