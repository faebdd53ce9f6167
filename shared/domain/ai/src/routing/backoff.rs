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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_doubles_up_to_its_most() {
        let backoff = Backoff::default();
        let most = |attempt| backoff.delay(attempt, 0.999_999_999, None, HOUR).unwrap().as_secs_f64().round();
        assert_eq!([1, 2, 3, 4, 5, 100, u32::MAX].map(most), [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]);
        assert_eq!(backoff.delay(0, 0.5, None, HOUR), Some(ms(250)));
        assert_eq!(backoff.delay(7, 0.0, None, HOUR), Some(Duration::ZERO));
    }

    #[test]
    fn what_the_provider_says_is_the_least() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(0, 0.5, Some(ms(3_000)), HOUR), Some(ms(3_250)));
        assert_eq!(backoff.delay(0, 0.5, Some(ms(60_000)), HOUR), Some(ms(60_250)));
        assert_eq!(backoff.delay(0, 0.5, Some(ms(60_001)), HOUR), None);
        // The jitter does not fit, what was asked for does.
        assert_eq!(backoff.delay(0, 0.5, Some(ms(3_000)), ms(3_100)), Some(ms(3_000)));
        assert_eq!(backoff.delay(0, 0.5, Some(ms(3_000)), ms(3_000)), None);
        assert_eq!(backoff.delay(0, 0.5, None, ms(250)), None);
    }

    proptest! {
        #[test]
        fn it_never_passes_the_deadline_nor_comes_too_early(
            attempt: u32, random in 0.0_f64..1.0, asked in prop::option::of(0_u64..100_000), left in 0_u64..100_000,
        ) {
            let backoff = Backoff::default();
            if let Some(wait) = backoff.delay(attempt, random, asked.map(ms), ms(left)) {
                prop_assert!(wait < ms(left));
                prop_assert!(asked.is_none_or(|asked| wait >= ms(asked)));
                prop_assert!(wait <= ms(asked.unwrap_or(0)) + backoff.max);
            }
        }
    }

    fn read(headers: &[(&str, &str)]) -> Option<Duration> {
        let now = DateTime::parse_from_rfc3339("2026-11-26T12:00:00Z").unwrap().to_utc();
        parse_retry_after(|name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value), now)
    }

    #[test]
    fn every_way_of_saying_it_is_read() {
        assert_eq!(read(&[("retry-after-ms", "1500.5"), ("retry-after", "9")]), Some(Duration::from_micros(1_500_500)));
        assert_eq!(read(&[("x-ms-retry-after-ms", "20")]), Some(ms(20)));
        assert_eq!(read(&[("retry-after-ms", "soon"), ("retry-after", " 9 ")]), Some(ms(9_000)));
        assert_eq!(read(&[("retry-after", "0.25")]), Some(ms(250)));
        assert_eq!(read(&[("retry-after", "Thu, 26 Nov 2026 12:00:30 GMT")]), Some(ms(30_000)));
        assert_eq!(read(&[("retry-after", "Thu, 26 Nov 2026 11:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(read(&[("retry-after", "-5")]), Some(Duration::ZERO));
        for nonsense in ["", "soon", "NaN", "inf", "9s"] {
            assert_eq!(read(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
    }

    #[test]
    fn nothing_is_believed_beyond_an_hour() {
        for long in ["7200", "1e300", "Fri, 26 Nov 2027 12:00:00 GMT"] {
            assert_eq!(read(&[("retry-after", long)]), Some(HOUR), "{long}");
        }
        assert_eq!(read(&[("retry-after-ms", "1e300")]), Some(HOUR));
    }

    #[test]
    fn a_limit_that_has_something_left_says_nothing() {
        let openai = |left| read(&[("x-ratelimit-remaining-tokens", left), ("x-ratelimit-reset-tokens", "6m0.5s")]);
        assert_eq!(openai("0"), Some(ms(360_500)));
        assert_eq!(openai("1"), None);
        assert_eq!(read(&[("x-ratelimit-reset-tokens", "6m0s")]), None);
        let anthropic = |left| {
            read(&[
                ("anthropic-ratelimit-input-tokens-remaining", left),
                ("anthropic-ratelimit-input-tokens-reset", "2026-11-26T12:00:07Z"),
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2026-11-26T12:00:02Z"),
            ])
        };
        assert_eq!(anthropic("0"), Some(ms(7_000)));
        assert_eq!(anthropic("5"), Some(ms(2_000)));
    }

    #[test]
    fn durations_as_go_writes_them() {
        assert_eq!(go_duration("20ms"), Some(ms(20)));
        assert_eq!(go_duration("1h2m3.5s"), Some(ms(3_723_500)));
        assert_eq!(go_duration("5µs"), Some(Duration::from_micros(5)));
        for nonsense in ["", "5", "s", "1x", "1.2.3s", "ms5"] {
            assert_eq!(go_duration(nonsense), None, "{nonsense}");
        }
    }
}
