//! Schedule expressions of Amazon EventBridge: `rate(5 minutes)` and `cron(0 12 * * ? *)`, in UTC.

use super::cron::Cron;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;
use std::str::FromStr;

/// Longest period of a rate, in minutes: a century.
const RATE_MINUTES_MAX: i64 = 100 * 366 * 24 * 60;
/// What `latest` steps through at most one by one before it looks from further back.
const STEP_THROUGH: TimeDelta = TimeDelta::days(1);

/// When something is due. Parsed from EventBridge's text (Amazon EventBridge Scheduler User Guide, "Schedule types").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Rate(TimeDelta),
    Cron(Cron),
}

/// Which part of an expression is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schedule: {field}: {problem}")]
pub struct InvalidExpression {
    /// `expression`, `value`, `unit`, `minutes`, `hours`, `day-of-month`, `month`, `day-of-week` or `year`.
    pub field: &'static str,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl InvalidExpression {
    pub(super) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

impl Expression {
    /// The first moment after `after` at which it is due; none where it is never again. A rate counts from `after`.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.kind {
            Kind::Rate(period) => after.checked_add_signed(*period),
            Kind::Cron(cron) => cron.next(after),
        }
    }

    /// The last moment after `after` and not after `until` at which it was due; none where there was none.
    pub fn latest(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut latest = self.next(after).filter(|first| *first <= until)?;
        if let Kind::Rate(period) = &self.kind {
            let periods = (until - after).num_milliseconds() / period.num_milliseconds();
            return after.checked_add_signed(TimeDelta::milliseconds(period.num_milliseconds() * periods));
        }
        // After a long downtime: not minute by minute through all of it.
        if let Some(late) = self.next(until - STEP_THROUGH).filter(|late| *late > latest && *late <= until) {
            latest = late;
        }
        while let Some(next) = self.next(latest).filter(|next| *next <= until) {
            latest = next;
        }
        Some(latest)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Expression {
    type Err = InvalidExpression;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let kind = if let Some(rate) = inner("rate") {
            Kind::Rate(parse_rate(rate)?)
        } else if let Some(cron) = inner("cron") {
            Kind::Cron(cron.parse()?)
        } else {
            let problem = format!("expected rate(VALUE UNIT) or cron(SIX FIELDS), got {text:?}");
            return Err(InvalidExpression::new("expression", problem));
        };
        Ok(Self { text: text.to_owned(), kind })
    }
}

fn parse_rate(text: &str) -> Result<TimeDelta, InvalidExpression> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [value, unit] = parts[..] else {
        return Err(InvalidExpression::new("expression", format!("expected rate(VALUE UNIT), got rate({text})")));
    };
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = value.parse().ok().filter(|number| digits && *number > 0).ok_or_else(|| {
        InvalidExpression::new("value", format!("expected a whole number of 1 or more, got {value:?}"))
    })?;
    // The singular with 1 and the plural with more: EventBridge refuses the other way round.
    let minutes = match (unit, number) {
        ("minute", 1) => 1,
        ("hour", 1) => 60,
        ("day", 1) => 24 * 60,
        ("minutes", 2..) => 1,
        ("hours", 2..) => 60,
        ("days", 2..) => 24 * 60,
        _ => {
            let expected = if number == 1 { "minute, hour or day" } else { "minutes, hours or days" };
            return Err(InvalidExpression::new("unit", format!("expected {expected}, got {unit:?}")));
        }
    };
    number
        .checked_mul(minutes)
        .filter(|minutes| *minutes <= RATE_MINUTES_MAX)
        .map(TimeDelta::minutes)
        .ok_or_else(|| InvalidExpression::new("value", "expected at most a hundred years"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expression(text: &str) -> Expression {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_wrong_part_is_named() {
        for (text, field) in [
            ("", "expression"),
            ("rate(5 minutes", "expression"),
            ("every day", "expression"),
            ("rate(5)", "expression"),
            ("rate(0 minutes)", "value"),
            ("rate(-1 minutes)", "value"),
            ("rate(+2 minutes)", "value"),
            ("rate(1 minutes)", "unit"),
            ("rate(5 minute)", "unit"),
            ("rate(5 seconds)", "unit"),
            ("rate(9223372036854775807 days)", "value"),
            ("cron(0 12 * * ?)", "expression"),
            ("cron(60 12 * * ? *)", "minutes"),
            ("cron(0 24 * * ? *)", "hours"),
            ("cron(0 12 32 * ? *)", "day-of-month"),
            ("cron(0 12 * FOO ? *)", "month"),
            ("cron(0 12 ? * 8 *)", "day-of-week"),
            ("cron(0 12 ? * 2#6 *)", "day-of-week"),
            ("cron(0 12 * * ? 1969)", "year"),
            ("cron(0 12 * * * *)", "day-of-week"),
            ("cron(0 12 ? * ? *)", "day-of-week"),
            ("cron(0/0 12 * * ? *)", "minutes"),
            ("cron(0 5-3 * * ? *)", "hours"),
            ("cron(, 12 * * ? *)", "minutes"),
            ("cron(0 12 L,5 * ? *)", "day-of-month"),
        ] {
            let error = text.parse::<Expression>().unwrap_err();
            assert_eq!(error.field, field, "{text}: {error}");
        }
    }

    /// EventBridge's own examples and the corners of the calendar.
    #[test]
    fn crons_are_due_when_eventbridge_says() {
        for (text, after, next) in [
            ("cron(0 12 * * ? *)", "2026-01-01T12:00:00Z", Some("2026-01-02T12:00:00Z")),
            ("cron(0 12 * * ? *)", "2026-01-01T11:59:59.999Z", Some("2026-01-01T12:00:00Z")),
            ("cron(15 10 ? * 6L 2019-2022)", "2022-01-01T00:00:00Z", Some("2022-01-28T10:15:00Z")),
            ("cron(15 10 ? * 6L 2019-2022)", "2022-12-30T10:15:00Z", None),
            ("cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00:00Z", Some("2026-01-05T18:00:00Z")),
            ("cron(0 8 1 * ? *)", "2026-01-01T08:00:00Z", Some("2026-02-01T08:00:00Z")),
            ("cron(0/15 * * * ? *)", "2026-01-01T23:50:00Z", Some("2026-01-02T00:00:00Z")),
            ("cron(0 9 ? * 2#1 *)", "2026-01-01T00:00:00Z", Some("2026-01-05T09:00:00Z")),
            ("cron(0 9 ? * 5#5 *)", "2026-01-01T00:00:00Z", Some("2026-01-29T09:00:00Z")),
            ("cron(0 0 L * ? *)", "2028-02-01T00:00:00Z", Some("2028-02-29T00:00:00Z")),
            ("cron(0 0 29 2 ? *)", "2026-01-01T00:00:00Z", Some("2028-02-29T00:00:00Z")),
            ("cron(0 0 31 * ? *)", "2026-01-31T00:00:00Z", Some("2026-03-31T00:00:00Z")),
            // The 3rd of January 2026 is a Saturday, the 1st of February 2026 a Sunday, the 31st of May 2026 one too.
            ("cron(0 0 3W * ? *)", "2026-01-01T00:00:00Z", Some("2026-01-02T00:00:00Z")),
            ("cron(0 0 1W 2 ? *)", "2026-01-01T00:00:00Z", Some("2026-02-02T00:00:00Z")),
            ("cron(0 0 31W 5 ? *)", "2026-01-01T00:00:00Z", Some("2026-05-29T00:00:00Z")),
            ("cron(0 0 ? * L *)", "2026-01-01T00:00:00Z", Some("2026-01-03T00:00:00Z")),
            ("cron(0 0 ? * SUN *)", "2026-01-01T00:00:00Z", Some("2026-01-04T00:00:00Z")),
            ("cron(0 0 1 jan,JUL ? *)", "2026-01-01T00:00:00Z", Some("2026-07-01T00:00:00Z")),
            ("cron(0 0 30 2 ? *)", "2026-01-01T00:00:00Z", None),
            ("cron(5,10-12/2 3 1 1 ? 2199)", "2026-01-01T00:00:00Z", Some("2199-01-01T03:05:00Z")),
        ] {
            assert_eq!(expression(text).next(at(after)), next.map(at), "{text}");
        }
    }

    #[test]
    fn a_downtime_has_one_latest() {
        let (after, until) = (at("2025-01-01T00:00:00Z"), at("2026-01-01T00:07:30Z"));
        assert_eq!(expression("rate(5 minutes)").latest(after, until), Some(at("2026-01-01T00:05:00Z")));
        assert_eq!(expression("cron(* * * * ? *)").latest(after, until), Some(at("2026-01-01T00:07:00Z")));
        assert_eq!(expression("cron(0 12 1 6 ? *)").latest(after, until), Some(at("2025-06-01T12:00:00Z")));
        assert_eq!(expression("cron(0 12 1 6 ? *)").latest(until, until), None);
        assert_eq!(expression("rate(1 day)").latest(until, until + TimeDelta::hours(23)), None);
    }

    fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
        prop_oneof![
            Just("*".to_owned()),
            (low..=high).prop_map(|number| number.to_string()),
            (low..=high, 1_u32..9).prop_map(|(number, step)| format!("{number}/{step}")),
            (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    }

    proptest! {
        #[test]
        fn never_panics(text in "(cron|rate)\\([0-9A-Z*?/,#LW -]{0,30}\\)") {
            if let Ok(expression) = text.parse::<Expression>() {
                let _ = expression.next(DateTime::from_timestamp_nanos(0));
            }
        }

        #[test]
        fn next_is_later_matches_and_skips_nothing(
            minutes in field(0, 59),
            hours in field(0, 23),
            days in field(1, 28),
            months in field(1, 12),
            seconds in 0_i64..4_000_000_000,
        ) {
            let expression = expression(&format!("cron({minutes} {hours} {days} {months} ? *)"));
            let after = DateTime::from_timestamp(seconds, 0).unwrap();
            let next = expression.next(after).unwrap();
            prop_assert!(next > after);
            // Due exactly then: from just before it, and from anywhere in between, it is the next.
            prop_assert_eq!(expression.next(next - TimeDelta::milliseconds(1)), Some(next));
            prop_assert_eq!(expression.next(after + (next - after) / 2), Some(next));
            prop_assert_eq!(expression.latest(after, next), Some(next));
            prop_assert_eq!(expression.latest(after, next - TimeDelta::milliseconds(1)), None);
        }
    }
}
