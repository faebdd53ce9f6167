//! Anthropic's response headers.

use chrono::{DateTime, SecondsFormat};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::app::Call;
use crate::reply::Usage;

const ORGANIZATION: &str = "00000000-0000-4000-8000-00000000a1ce";

/// The limits that the headers tell. They are not enforced: a fault does that.
const REQUESTS_PER_MINUTE: u64 = 4_000;
const INPUT_TOKENS_PER_MINUTE: u64 = 4_000_000;
const OUTPUT_TOKENS_PER_MINUTE: u64 = 800_000;

/// When a limit that is used up is free again, in seconds.
const RESET_SECONDS: u64 = 1;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const ORGANIZATION_ID: HeaderName = HeaderName::from_static("anthropic-organization-id");
const LIMITS: [[HeaderName; 3]; 4] = [
    [
        HeaderName::from_static("anthropic-ratelimit-requests-limit"),
        HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
        HeaderName::from_static("anthropic-ratelimit-requests-reset"),
    ],
    [
        HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
        HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
        HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
    ],
    [
        HeaderName::from_static("anthropic-ratelimit-input-tokens-limit"),
        HeaderName::from_static("anthropic-ratelimit-input-tokens-remaining"),
        HeaderName::from_static("anthropic-ratelimit-input-tokens-reset"),
    ],
    [
        HeaderName::from_static("anthropic-ratelimit-output-tokens-limit"),
        HeaderName::from_static("anthropic-ratelimit-output-tokens-remaining"),
        HeaderName::from_static("anthropic-ratelimit-output-tokens-reset"),
    ],
];

pub(super) fn request_id(call: &Call<'_>) -> String {
    call.id("req_01", 22)
}

/// The headers of an answer. `exhausted`: the limit of requests is used up.
pub(super) fn of(call: &Call<'_>, usage: Usage, exhausted: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(20);
    headers.insert(REQUEST_ID, text(&request_id(call)));
    headers.insert(ORGANIZATION_ID, HeaderValue::from_static(ORGANIZATION));
    let later = text(&time(call.created + if exhausted { RESET_SECONDS } else { 0 }));
    let of_requests = if exhausted { REQUESTS_PER_MINUTE } else { 1 };
    let limits = [
        (REQUESTS_PER_MINUTE, of_requests),
        (INPUT_TOKENS_PER_MINUTE + OUTPUT_TOKENS_PER_MINUTE, usage.input + usage.output),
        (INPUT_TOKENS_PER_MINUTE, usage.input),
        (OUTPUT_TOKENS_PER_MINUTE, usage.output),
    ];
    for ([name, remaining, reset], (limit, used)) in LIMITS.into_iter().zip(limits) {
        headers.insert(name, HeaderValue::from(limit));
        headers.insert(remaining, HeaderValue::from(limit.saturating_sub(used)));
        headers.insert(reset, later.clone());
    }
    headers
}

fn time(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""))
}
