//! Refusals: a provider's into a [`ProviderFault`], ours into the caller's form.

use crate::wire::CallerFault;
use crate::{FaultClass, ProviderFault};
use serde_json::{Value, json};

/// So much of what a provider says is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// So much of a body that is no JSON is kept, in characters.
const PLAIN_CHARS_MAX: usize = 500;

/// What a provider's refusal means. `retry_after` and `request_id` stand in headers and are left to the adapter.
///
/// Reads OpenAI's and Azure's `{"error": {message, type, param, code}}`, and what proxies in front of them and compatible
/// servers send: `{"error": "text"}`, `{"message"}`, `{"detail"}`, one of these in a list, or no JSON at all.
pub fn decode_fault(status: u16, body: &[u8]) -> ProviderFault {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => from_value(Some(status), &value),
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let plain = first_chars(text.trim(), PLAIN_CHARS_MAX);
            let message = if plain.is_empty() { format!("status {status} and no explanation") } else { plain };
            ProviderFault {
                status: Some(status),
                ..ProviderFault::new(classify(Some(status), "", "", &message), message)
            }
        }
    }
}

/// The failure that a 200 or a piece of a stream tells of.
pub(super) fn decode_embedded(body: &[u8]) -> ProviderFault {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => from_value(None, &value),
        Err(_) => protocol("an error that is not valid JSON"),
    }
}

/// What came cannot be understood.
pub(super) fn protocol(message: impl Into<String>) -> ProviderFault {
    ProviderFault::new(FaultClass::Protocol, message)
}

fn from_value(status: Option<u16>, body: &Value) -> ProviderFault {
    let body = body.get(0).unwrap_or(body);
    let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
    let text = |name: &str| match error.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let (kind, code) = (text("type"), text("code"));
    // A failure inside a 200 may say which status it would have had.
    let said = ["status", "code", "status_code"].iter().filter_map(|name| text(name)?.parse().ok());
    let status = status.or_else(|| said.into_iter().find(|status| (400..=599).contains(status)));
    let message = match error {
        Value::String(message) => Some(message.clone()),
        _ => text("message").or_else(|| text("detail")),
    };
    let message = message.unwrap_or_else(|| match status {
        Some(status) => format!("status {status} and no explanation"),
        None => "an error without an explanation".to_owned(),
    });
    let class = classify(status, kind.as_deref().unwrap_or_default(), code.as_deref().unwrap_or_default(), &message);
    ProviderFault {
        status,
        kind,
        code,
        param: text("param"),
        ..ProviderFault::new(class, first_chars(&message, MESSAGE_CHARS_MAX))
    }
}

fn first_chars(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn classify(status: Option<u16>, kind: &str, code: &str, message: &str) -> FaultClass {
    // Some codes say more than the status that they come with.
    match code {
        "context_length_exceeded" | "string_above_max_length" | "request_too_large" => return FaultClass::TooLarge,
        "insufficient_quota" | "billing_hard_limit_reached" | "billing_not_active" => return FaultClass::Quota,
        "content_filter" | "content_policy_violation" => return FaultClass::InvalidRequest,
        "invalid_api_key" => return FaultClass::Authentication,
        "model_not_found" | "DeploymentNotFound" => return FaultClass::NotFound,
        _ => {}
    }
    match (kind, status) {
        ("insufficient_quota", _) => return FaultClass::Quota,
        ("request_too_large", _) => return FaultClass::TooLarge,
        // One request above the whole rate of a minute: it never fits there.
        (_, None | Some(429)) if message.starts_with("Request too large for") => return FaultClass::TooLarge,
        _ => {}
    }
    match status {
        Some(401) => FaultClass::Authentication,
        Some(402) => FaultClass::Quota,
        Some(403) => FaultClass::Permission,
        Some(404) => FaultClass::NotFound,
        Some(408 | 504) => FaultClass::Timeout,
        // A conflict at the provider passes; the SDKs try again too.
        Some(409) => FaultClass::Server,
        Some(413) => FaultClass::TooLarge,
        Some(429) => FaultClass::RateLimited,
        Some(503 | 529) => FaultClass::Overloaded,
        Some(400..=499) => FaultClass::InvalidRequest,
        Some(500..=599) => FaultClass::Server,
        Some(_) => FaultClass::Protocol,
        None => classify_words(kind, code),
    }
}

fn classify_words(kind: &str, code: &str) -> FaultClass {
    for word in [kind, code] {
        match word {
            "rate_limit_exceeded" | "rate_limit_error" | "requests" | "tokens" | "too_many_requests" => {
                return FaultClass::RateLimited;
            }
            "overloaded" | "overloaded_error" | "server_overloaded" | "engine_overloaded" | "service_unavailable" => {
                return FaultClass::Overloaded;
            }
            "invalid_request_error" | "BadRequestError" => return FaultClass::InvalidRequest,
            "authentication_error" => return FaultClass::Authentication,
            "permission_error" => return FaultClass::Permission,
            "not_found_error" | "NotFoundError" => return FaultClass::NotFound,
            "timeout" | "timeout_error" => return FaultClass::Timeout,
            _ => {}
        }
    }
    FaultClass::Server
}

/// `{"error": {message, type, param, code}}`, with `fields` where several are wrong. OpenAI's Responses form has the same.
pub fn encode_fault(fault: &CallerFault) -> Value {
    let kind = fault.kind.as_deref().unwrap_or_else(|| kind_of_status(fault.status));
    let param = fault.param.as_deref().or_else(|| fault.fields.first().map(|field| field.field.as_str()));
    let mut error = json!({"message": fault.message, "type": kind, "param": param, "code": fault.code});
    if let (false, Some(error)) = (fault.fields.is_empty(), error.as_object_mut()) {
        let field = |field: &octavo_domain_kernel::FieldFault| json!({"field": field.field, "message": field.message});
        error.insert("fields".to_owned(), fault.fields.iter().map(field).collect());
    }
    json!({"error": error})
}

/// OpenAI's `type` for a status.
fn kind_of_status(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "insufficient_quota",
        403 => "permission_error",
        408 => "timeout",
        429 => "requests",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}

/// OpenAI's `type` and a code for a failure in mid-stream, when the status has been sent.
pub(in crate::wire) fn stream_kind(fault: &ProviderFault) -> (&'static str, &str) {
    let kind = match fault.class {
        FaultClass::InvalidRequest | FaultClass::TooLarge | FaultClass::NotFound => "invalid_request_error",
        FaultClass::RateLimited => "requests",
        FaultClass::Quota => "insufficient_quota",
        // The platform's own key, not the caller's, was not accepted there.
        FaultClass::Authentication | FaultClass::Permission => "server_error",
        FaultClass::Timeout => "timeout",
        FaultClass::Overloaded | FaultClass::Server | FaultClass::Network | FaultClass::Protocol => "server_error",
    };
    (kind, fault.code.as_deref().unwrap_or_else(|| fault.class.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::FieldFault;

    fn class(status: u16, body: &Value) -> FaultClass {
        decode_fault(status, body.to_string().as_bytes()).class
    }

    #[test]
    fn the_status_decides_where_the_code_does_not() {
        use FaultClass as F;
        let plain = json!({"error": {"message": "no", "type": "t", "param": null, "code": null}});
        let expected = [
            (400, F::InvalidRequest),
            (401, F::Authentication),
            (402, F::Quota),
            (403, F::Permission),
            (404, F::NotFound),
            (408, F::Timeout),
            (409, F::Server),
            (413, F::TooLarge),
            (422, F::InvalidRequest),
            (429, F::RateLimited),
            (500, F::Server),
            (502, F::Server),
            (503, F::Overloaded),
            (504, F::Timeout),
            (529, F::Overloaded),
        ];
        for (status, expected) in expected {
            assert_eq!(class(status, &plain), expected, "{status}");
        }
        let with_code = |code: &str| json!({"error": {"message": "no", "code": code}});
        assert_eq!(class(400, &with_code("context_length_exceeded")), F::TooLarge);
        assert_eq!(class(429, &with_code("insufficient_quota")), F::Quota);
        assert_eq!(class(400, &with_code("content_filter")), F::InvalidRequest);
        assert_eq!(class(400, &with_code("model_not_found")), F::NotFound);
        let huge = json!({"error": {"message": "Request too large for gpt-4o", "type": "tokens"}});
        assert_eq!(class(429, &huge), F::TooLarge);
    }

    /// Fault 13 of the research page: a wrong request stays the caller's, with its status, words and field.
    #[test]
    fn fault_13_a_400_stays_a_400() {
        let body = json!({"error": {"message": "Invalid 'temperature'", "type": "invalid_request_error",
            "param": "temperature", "code": "decimal_above_max_value"}});
        let fault = decode_fault(400, body.to_string().as_bytes());
        assert_eq!((fault.class, fault.status), (FaultClass::InvalidRequest, Some(400)));
        assert!(!fault.fails_over() && !fault.is_retryable() && !fault.counts_against_target());
        let sent = encode_fault(&CallerFault {
            status: 400,
            code: fault.code.unwrap(),
            kind: fault.kind,
            message: fault.message,
            param: fault.param,
            fields: Vec::new(),
            retry_after: None,
            request_id: "r".to_owned(),
        });
        assert_eq!(sent, body);
    }

    #[test]
    fn other_shapes_are_understood() {
        let message = |status, body: &str| decode_fault(status, body.as_bytes()).message;
        assert_eq!(message(500, r#"{"error":"boom"}"#), "boom");
        assert_eq!(message(429, r#"{"statusCode":429,"message":"slow down"}"#), "slow down");
        assert_eq!(message(422, r#"{"detail":"wrong"}"#), "wrong");
        assert_eq!(message(400, r#"[{"error":{"code":400,"message":"in a list"}}]"#), "in a list");
        assert_eq!(message(500, "{}"), "status 500 and no explanation");
        assert_eq!(message(502, "  "), "status 502 and no explanation");
        let page = format!("<html>{}", "ä".repeat(10_000));
        assert_eq!(message(502, &page).chars().count(), PLAIN_CHARS_MAX);
        let azure = json!({"error": {"code": "429", "message": "m"}});
        assert_eq!(decode_embedded(azure.to_string().as_bytes()).class, FaultClass::RateLimited);
        let vllm = json!({"object": "error", "message": "m", "type": "BadRequestError", "code": 400});
        assert_eq!(decode_embedded(vllm.to_string().as_bytes()).status, Some(400));
    }

    #[test]
    fn a_refusal_of_ours_has_a_type_and_names_its_fields() {
        let fault = |status, fields| CallerFault {
            status,
            code: "AI_0001".to_owned(),
            kind: None,
            message: "no".to_owned(),
            param: None,
            fields,
            retry_after: None,
            request_id: "r".to_owned(),
        };
        let types = [400, 401, 403, 404, 429, 500, 503].map(|status| {
            encode_fault(&fault(status, Vec::new()))["error"]["type"].as_str().unwrap_or_default().to_owned()
        });
        let (wrong, server) = ("invalid_request_error", "server_error");
        assert_eq!(types, [wrong, "authentication_error", "permission_error", wrong, "requests", server, server]);
        let sent = encode_fault(&fault(400, vec![FieldFault::new("a", "x"), FieldFault::new("b", "y")]));
        let fields = json!([{"field": "a", "message": "x"}, {"field": "b", "message": "y"}]);
        assert_eq!(
            sent,
            json!({"error": {"message": "no", "type": wrong, "param": "a", "code": "AI_0001", "fields": fields}})
        );
    }
}
