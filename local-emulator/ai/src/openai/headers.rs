//! OpenAI's response headers, and Azure's.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::app::Call;
use crate::provider::Provider;
use crate::reply::Usage;

pub(super) const ORGANIZATION: &str = "org-octavoemulator";

/// The limit that the headers tell. It is not enforced: a fault does that.
pub(super) const REQUESTS_PER_MINUTE: u64 = 30_000;
const TOKENS_PER_MINUTE: u64 = 150_000_000;

const PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");
const VERSION: HeaderName = HeaderName::from_static("openai-version");
const ORGANIZATION_NAME: HeaderName = HeaderName::from_static("openai-organization");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const APIM_REQUEST_ID: HeaderName = HeaderName::from_static("apim-request-id");
const REGION: HeaderName = HeaderName::from_static("x-ms-region");
const LIMIT_REQUESTS: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
const LIMIT_TOKENS: HeaderName = HeaderName::from_static("x-ratelimit-limit-tokens");
const REMAINING_REQUESTS: HeaderName = HeaderName::from_static("x-ratelimit-remaining-requests");
const REMAINING_TOKENS: HeaderName = HeaderName::from_static("x-ratelimit-remaining-tokens");
const RESET_REQUESTS: HeaderName = HeaderName::from_static("x-ratelimit-reset-requests");
const RESET_TOKENS: HeaderName = HeaderName::from_static("x-ratelimit-reset-tokens");

/// The headers of an answer. `exhausted`: the limit of requests is used up.
pub(super) fn of(call: &Call<'_>, usage: Usage, exhausted: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    if *call.provider == Provider::Azure {
        headers.insert(APIM_REQUEST_ID, text(&uuid(call)));
        headers.insert(REGION, HeaderValue::from_static("Octavo Emulator"));
    } else {
        headers.insert(PROCESSING_MS, HeaderValue::from_static("1"));
        headers.insert(VERSION, HeaderValue::from_static("2020-10-01"));
        headers.insert(ORGANIZATION_NAME, HeaderValue::from_static(ORGANIZATION));
    }
    headers.insert(REQUEST_ID, text(&call.id("req_", 32)));
    headers.insert(LIMIT_REQUESTS, HeaderValue::from(REQUESTS_PER_MINUTE));
    headers.insert(LIMIT_TOKENS, HeaderValue::from(TOKENS_PER_MINUTE));
    let remaining = if exhausted { 0 } else { REQUESTS_PER_MINUTE - 1 };
    headers.insert(REMAINING_REQUESTS, HeaderValue::from(remaining));
    headers.insert(REMAINING_TOKENS, HeaderValue::from(TOKENS_PER_MINUTE.saturating_sub(usage.input)));
    headers.insert(RESET_REQUESTS, HeaderValue::from_static(if exhausted { "120ms" } else { "2ms" }));
    headers.insert(RESET_TOKENS, HeaderValue::from_static("0s"));
    headers
}

/// In the form of a UUID, as Azure's identifiers are.
fn uuid(call: &Call<'_>) -> String {
    let hex = call.id("", 32);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""))
}
