//! How long to wait before the next attempt.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// A provider that asks to be left alone for longer is not waited for: another one is tried, or the caller is told.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// The longest time that is believed.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// Exponential backoff with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The most that is waited before the second attempt; doubled with each further one.
    pub base: Duration,
    /// The most that is waited at all, unless the provider asked for more.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_millis(500), max: Duration::from_secs(8) }
    }
}

impl Backoff {
    /// How long to wait after the failed attempt number `attempt` (the first is 0): `random` (0 to below 1) times
    /// `min(max, base x 2^attempt)`; where the provider said when to come back, never less than that, the jitter on top.
    /// None where the wait, or what the provider asks for, does not fit into what is `left` of the caller's time with
    /// something to spare for the attempt itself, or the provider asks for more than 60 seconds.
    pub fn delay(&self, attempt: u32, random: f64, retry_after: Option<Duration>, left: Duration) -> Option<Duration> {
        let most = self.base.saturating_mul(2_u32.saturating_pow(attempt)).min(self.max);
        let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
        let jitter = most.mul_f64(random);
        let wait = match retry_after {
            Some(asked) if asked > WAIT_MAX => return None,
            // All who were refused at once were told the same time: without jitter they would all come back at once.
            Some(asked) => asked.saturating_add(jitter),
            None => jitter,
        };
        let fits = |wait: Duration| wait < left;
        // A jitter that does not fit is no reason to give up what the provider allows.
        if fits(wait) { Some(wait) } else { retry_after.filter(|asked| fits(*asked)) }
    }
}

/// When a provider wants to be asked again, by its headers: `retry-after-ms`, `x-ms-retry-after-ms` (milliseconds),
/// `retry-after` (seconds, also with a fraction, or an HTTP date: RFC 9110, section 10.2.3), in this order; else, where a
/// limit has nothing left, when it is renewed: OpenAI's `x-ratelimit-reset-requests` and `-tokens` (`1m30.5s`), or
/// Anthropic's `anthropic-ratelimit-*-reset` (RFC 3339), the latest of them. `get` finds a header by its name in small
/// letters. At most one hour; none where nothing is said, or what is said cannot be read.
pub fn parse_retry_after<'a>(get: impl Fn(&str) -> Option<&'a str>, now: DateTime<Utc>) -> Option<Duration> {
    let milliseconds = |name| get(name).and_then(|text| seconds(text, 0.001));
    milliseconds("retry-after-ms")
        .or_else(|| milliseconds("x-ms-retry-after-ms"))
        .or_else(|| get("retry-after").and_then(|text| seconds(text, 1.0).or_else(|| http_date(text, now))))
        .or_else(|| used_up(get, now))
        .map(|wait| wait.min(RETRY_AFTER_MAX))
}

fn used_up<'a>(get: impl Fn(&str) -> Option<&'a str>, now: DateTime<Utc>) -> Option<Duration> {
    let empty = |name: &str| get(name).is_some_and(|left| left.trim() == "0");
    let openai = ["requests", "tokens"].into_iter().filter_map(|what| {
        let reset = get(&format!("x-ratelimit-reset-{what}"))?;
        empty(&format!("x-ratelimit-remaining-{what}")).then(|| go_duration(reset))?
    });
    let anthropic = ["requests", "tokens", "input-tokens", "output-tokens"].into_iter().filter_map(|what| {
        let reset = get(&format!("anthropic-ratelimit-{what}-reset"))?;
        let at = DateTime::parse_from_rfc3339(reset.trim()).ok()?;
        empty(&format!("anthropic-ratelimit-{what}-remaining")).then(|| until(at.to_utc(), now))
    });
    openai.chain(anthropic).max()
}

fn seconds(text: &str, unit: f64) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    // A negative wait is none; NaN and infinity are nonsense.
    number.is_finite().then(|| Duration::try_from_secs_f64((number * unit).max(0.0)).unwrap_or(RETRY_AFTER_MAX))
}

fn http_date(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|at| until(at.to_utc(), now))
}

fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or(Duration::ZERO)
}

/// A duration as Go writes it: `20ms`, `1.5s`, `6m0s`, `1h2m3s`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|byte: char| !byte.is_ascii_digit() && byte != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let units = rest[digits..].find(|byte: char| byte.is_ascii_digit()).map_or(rest.len(), |end| digits + end);
        let unit = match &rest[digits..units] {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            "us" | "µs" => 0.000_001,
            "ns" => 0.000_000_001,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[units..];
    }
    Some(Duration::try_from_secs_f64(total).unwrap_or(RETRY_AFTER_MAX))
}
