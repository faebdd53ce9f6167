//! Refusals: a provider's for us, and ours for the caller.

use crate::wire::CallerFault;
use crate::{FaultClass, ProviderFault};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Of a body that is no JSON so many characters are kept: enough to recognise a proxy's page.
const BODY_CHARS_MAX: usize = 500;

/// So many wrong fields are told to a caller in words.
const FIELDS_TOLD_MAX: usize = 8;

/// In messages of a 400 that mean the prompt does not fit this model.
const TOO_LARGE: [&str; 3] = ["prompt is too long", "exceed context limit", "exceeds the maximum context"];

/// In messages of a 400 or 429 that mean that money or a spend limit has run out.
const QUOTA: [&str; 4] = ["credit balance", "spend limit", "spending limit", "api usage limits"];

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    error: WireError<'a>,
    request_id: Option<String>,
}

/// `error` in a refusal or in an event of a stream.
#[derive(Deserialize)]
struct WireError<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    details: Option<WireDetails<'a>>,
}

#[derive(Deserialize)]
struct WireDetails<'a> {
    #[serde(borrow, default)]
    error_code: Cow<'a, str>,
}

/// Reads a provider's refusal. Never fails: of a body that is no JSON of this form the first 500 characters are its
/// message, and the status alone decides. A status below 400 (an error inside a good answer) counts as none.
///
/// `retry_after` is left to the adapter, which sees the headers.
pub fn decode_fault(status: u16, body: &[u8]) -> ProviderFault {
    let status = (status >= 400).then_some(status);
    let Ok(Body { error, request_id }) = serde_json::from_slice::<Body<'_>>(body) else {
        let text: String = String::from_utf8_lossy(body).trim().chars().take(BODY_CHARS_MAX).collect();
        let message = if text.is_empty() { "the provider refused without a word".to_owned() } else { text };
        let class = status.map_or(FaultClass::Protocol, by_status);
        return ProviderFault { status, ..ProviderFault::new(class, message) };
    };
    let code = error.details.map(|details| details.error_code.into_owned()).filter(|code| !code.is_empty());
    ProviderFault {
        class: class(status, &error.kind, &error.message, code.as_deref()),
        status,
        param: param(&error.message),
        message: error.message.into_owned(),
        kind: (!error.kind.is_empty()).then(|| error.kind.into_owned()),
        code,
        retry_after: None,
        request_id,
    }
}

fn class(status: Option<u16>, kind: &str, message: &str, code: Option<&str>) -> FaultClass {
    let lower = message.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let spent = says(&QUOTA) || code.is_some_and(|code| code.contains("spend_limit"));
    match kind {
        "authentication_error" => FaultClass::Authentication,
        "billing_error" => FaultClass::Quota,
        "permission_error" => FaultClass::Permission,
        "not_found_error" => FaultClass::NotFound,
        "request_too_large" => FaultClass::TooLarge,
        "rate_limit_error" if spent => FaultClass::Quota,
        "rate_limit_error" => FaultClass::RateLimited,
        "timeout_error" => FaultClass::Timeout,
        "overloaded_error" => FaultClass::Overloaded,
        "invalid_request_error" if spent => FaultClass::Quota,
        "invalid_request_error" if says(&TOO_LARGE) => FaultClass::TooLarge,
        // Also the type of other refusals below 500, and of none in particular: then the status says more.
        "invalid_request_error" => status.map_or(FaultClass::InvalidRequest, by_status),
        _ => status.map_or(FaultClass::Server, by_status),
    }
}

fn by_status(status: u16) -> FaultClass {
    match status {
        401 => FaultClass::Authentication,
        402 => FaultClass::Quota,
        403 => FaultClass::Permission,
        404 => FaultClass::NotFound,
        408 | 504 => FaultClass::Timeout,
        413 => FaultClass::TooLarge,
        429 => FaultClass::RateLimited,
        503 | 529 => FaultClass::Overloaded,
        500.. => FaultClass::Server,
        _ => FaultClass::InvalidRequest,
    }
}

/// Anthropic's messages begin with the place: `messages.0.content: Field required`.
fn param(message: &str) -> Option<String> {
    let (place, _) = message.split_once(": ")?;
    let letters =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_' || letter == '.';
    (place.starts_with(|letter: char| letter.is_ascii_lowercase()) && place.chars().all(letters))
        .then(|| place.to_owned())
}

/// The member by which newer SDKs ask the service to keep the conversation.
pub(super) const THREAD: &str = "thread";

/// Writes a refusal for the caller: `{"type":"error","error":{"type","message"},"request_id"}`, its type from the status.
/// The wrong fields are told in the message, at most 8 of them: the form has no place of its own for them.
pub fn encode_fault(fault: &CallerFault) -> Value {
    let mut message = fault.message.clone();
    // One alone is in the message already.
    if fault.fields.len() > 1 {
        for wrong in fault.fields.iter().take(FIELDS_TOLD_MAX) {
            message.push_str(&format!("; {}: {}", wrong.field, wrong.message));
        }
    }
    let mut error = json!({"type": kind(fault.status), "message": message});
    if fault.fields.iter().any(|wrong| wrong.field == THREAD) {
        // By this the SDKs' tool runners know to send the whole conversation instead.
        error["details"] = json!({"error_code": "thread_unsupported_request"});
    }
    json!({"type": "error", "error": error, "request_id": fault.request_id})
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        503 | 529 => "overloaded_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    }
}

/// A failure in mid-stream as the data of an `error` event. What went wrong between us and the provider (its key, its
/// model's name) is no matter of the caller's: such a failure is told as one of the service, in our words.
pub(super) fn stream_error(fault: &ProviderFault) -> Value {
    let (kind, message) = match fault.class {
        FaultClass::InvalidRequest => ("invalid_request_error", fault.message.as_str()),
        FaultClass::TooLarge => ("request_too_large", fault.message.as_str()),
        FaultClass::RateLimited => ("rate_limit_error", fault.message.as_str()),
        FaultClass::Overloaded => ("overloaded_error", fault.message.as_str()),
        FaultClass::Timeout => ("timeout_error", fault.message.as_str()),
        FaultClass::Server | FaultClass::Network | FaultClass::Protocol => ("api_error", fault.message.as_str()),
        FaultClass::Authentication | FaultClass::Permission | FaultClass::NotFound | FaultClass::Quota => {
            ("api_error", "the provider cannot be used at the moment")
        }
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::FieldFault;

    fn refusal(status: u16, kind: &str, message: &str) -> ProviderFault {
        let body = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"});
        decode_fault(status, body.to_string().as_bytes())
    }

    #[test]
    fn fault_13_every_refusal_has_its_class() {
        let cases = [
            (400, "invalid_request_error", "max_tokens: Field required", FaultClass::InvalidRequest),
            (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", FaultClass::TooLarge),
            (400, "invalid_request_error", "Your credit balance is too low to access the API.", FaultClass::Quota),
            (400, "invalid_request_error", "You have reached your specified API usage limits.", FaultClass::Quota),
            (401, "authentication_error", "invalid x-api-key", FaultClass::Authentication),
            (402, "billing_error", "Payment required", FaultClass::Quota),
            (403, "permission_error", "Not allowed", FaultClass::Permission),
            (404, "not_found_error", "model: claude-9", FaultClass::NotFound),
            (409, "conflict_error", "busy", FaultClass::InvalidRequest),
            (413, "request_too_large", "Request exceeds the maximum size", FaultClass::TooLarge),
            (413, "invalid_request_error", "Too large", FaultClass::TooLarge),
            (429, "rate_limit_error", "Number of request tokens exceeded", FaultClass::RateLimited),
            (429, "rate_limit_error", "This workspace has reached its spend limit", FaultClass::Quota),
            (500, "api_error", "Internal server error", FaultClass::Server),
            (502, "", "", FaultClass::Server),
            (504, "timeout_error", "Timed out", FaultClass::Timeout),
            (529, "overloaded_error", "Overloaded", FaultClass::Overloaded),
        ];
        for (status, kind, message, class) in cases {
            assert_eq!(refusal(status, kind, message).class, class, "{status} {kind} {message}");
        }
    }

    #[test]
    fn what_the_provider_said_is_kept() {
        let fault = refusal(400, "invalid_request_error", "messages.0.content: Field required");
        assert_eq!(fault.param.as_deref(), Some("messages.0.content"));
        assert_eq!(fault.request_id.as_deref(), Some("req_1"));
        assert_eq!(fault.kind.as_deref(), Some("invalid_request_error"));
        assert_eq!(fault.status, Some(400));
        assert_eq!(refusal(500, "api_error", "Please note: it broke").param, None);
        let spent = br#"{"error":{"type":"rate_limit_error","message":"No.",
            "details":{"error_code":"enforced_spend_limit_reached"}}}"#;
        let fault = decode_fault(429, spent);
        assert_eq!((fault.class, fault.code.as_deref()), (FaultClass::Quota, Some("enforced_spend_limit_reached")));
    }

    #[test]
    fn a_page_of_a_proxy_is_kept_in_part() {
        let page = format!("<html>{}</html>", "é".repeat(1_000));
        let fault = decode_fault(503, page.as_bytes());
        assert_eq!((fault.class, fault.message.chars().count()), (FaultClass::Overloaded, BODY_CHARS_MAX));
        assert_eq!(decode_fault(500, b"").message, "the provider refused without a word");
        assert_eq!(decode_fault(400, b"{\"detail\":\"x\"}").class, FaultClass::InvalidRequest);
    }

    #[test]
    fn a_refusal_for_the_caller() {
        let fault = CallerFault {
            status: 400,
            code: "AI_0001".into(),
            kind: None,
            message: "the request is wrong".into(),
            param: None,
            fields: vec![
                FieldFault::new("max_tokens", "required: expected an integer of at least 1"),
                FieldFault::new("thread", "not kept here"),
            ],
            retry_after: None,
            request_id: "r-1".into(),
        };
        insta::assert_json_snapshot!(encode_fault(&fault));
        let kinds: Vec<_> =
            [401, 402, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504, 529].into_iter().map(kind).collect();
        insta::assert_json_snapshot!(kinds);
    }

    #[test]
    fn a_refused_key_is_not_told_to_the_caller() {
        let fault = ProviderFault::new(FaultClass::Authentication, "Incorrect key sk-ant-123");
        let told = stream_error(&fault);
        assert_eq!(told["error"]["type"], "api_error");
        assert!(!told.to_string().contains("sk-ant"));
    }
}
