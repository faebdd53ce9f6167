//! Headers of answers, in the names that each SDK reads.

use http::{HeaderMap, HeaderName, HeaderValue};
use octavo_domain_ai::CacheUse;
use octavo_domain_ai::ports::RateLeft;
use octavo_domain_ai::wire::Dialect;
use std::time::Duration;

const CACHE: HeaderName = HeaderName::from_static("x-octavo-cache");
const MODEL: HeaderName = HeaderName::from_static("x-octavo-model");
const PROVIDER: HeaderName = HeaderName::from_static("x-octavo-provider");
const CALL: HeaderName = HeaderName::from_static("x-octavo-call");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Says who answered and what the cache had to do with it.
pub(crate) fn answer_headers(
    headers: &mut HeaderMap,
    cache: CacheUse,
    provider: &str,
    model: &str,
    call: &str,
    request_id: &str,
) {
    headers.insert(CACHE, HeaderValue::from_static(cache.as_str()));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    for (name, value) in [(MODEL, model), (PROVIDER, provider), (CALL, call), (REQUEST_ID, request_id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}

/// What is left of the tightest rate of requests and of tokens.
pub(crate) fn rate_headers(headers: &mut HeaderMap, dialect: Dialect, rates: &[RateLeft]) {
    for unit in ["requests", "tokens"] {
        let of_unit = rates.iter().filter(|rate| rate.name.split(':').next() == Some(unit));
        let Some(rate) = of_unit.min_by_key(|rate| rate.remaining) else { continue };
        let prefix = match dialect {
            Dialect::Messages => format!("anthropic-ratelimit-{unit}-"),
            Dialect::Chat | Dialect::Responses => "x-ratelimit-".to_owned(),
        };
        let name = |what: &str| match dialect {
            Dialect::Messages => format!("{prefix}{what}"),
            Dialect::Chat | Dialect::Responses => format!("{prefix}{what}-{unit}"),
        };
        let values = [
            ("limit", rate.limit.to_string()),
            ("remaining", rate.remaining.to_string()),
            ("reset", reset(rate.reset)),
        ];
        for (what, value) in values {
            // Anthropic's reset is a time of day, which needs a clock; `retry-after` says it where it matters.
            if dialect == Dialect::Messages && what == "reset" {
                continue;
            }
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name(what)), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
    }
}

/// As OpenAI writes it: `120ms`, `1.5s`, `6m0s`.
fn reset(after: Duration) -> String {
    let milliseconds = after.as_millis();
    match milliseconds {
        0..1_000 => format!("{milliseconds}ms"),
        1_000..60_000 => format!("{}s", milliseconds as f64 / 1_000.0),
        _ => format!("{}m{}s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_rate_is_told_in_each_sdks_names() {
        let rate = |name: &str, remaining| RateLeft {
            name: name.to_owned(),
            limit: 10,
            remaining,
            reset: Duration::from_millis(1_500),
        };
        let rates = [rate("requests", 5), rate("requests:user:ada", 2), rate("tokens", 7)];
        let mut headers = HeaderMap::new();
        rate_headers(&mut headers, Dialect::Chat, &rates);
        assert_eq!(headers["x-ratelimit-remaining-requests"], "2");
        assert_eq!(headers["x-ratelimit-limit-tokens"], "10");
        assert_eq!(headers["x-ratelimit-reset-tokens"], "1.5s");
        let mut headers = HeaderMap::new();
        rate_headers(&mut headers, Dialect::Messages, &rates);
        assert_eq!(headers["anthropic-ratelimit-requests-remaining"], "2");
        assert_eq!(reset(Duration::from_secs(361)), "6m1s");
        assert_eq!(reset(Duration::from_millis(20)), "20ms");
    }
}
