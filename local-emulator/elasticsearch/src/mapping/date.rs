//! Dates: parsing by format, date math (`now-7d/d`), rounding to calendar units. All in epoch milliseconds, UTC.

use chrono::{
    DateTime, Datelike as _, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _, Utc,
};

use crate::error::{Error, Result};

pub(crate) const DEFAULT_FORMAT: &str = "strict_date_optional_time||epoch_millis";

const KNOWN: &[&str] = &[
    "strict_date_optional_time",
    "strict_date_optional_time_nanos",
    "date_optional_time",
    "strict_date_time",
    "date_time",
    "strict_date",
    "date",
    "yyyy-MM-dd",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM",
    "yyyy",
    "epoch_millis",
    "epoch_second",
];

/// # Errors
/// `illegal_argument_exception` naming the first format that this engine does not know.
pub(crate) fn check_format(format: &str) -> Result<()> {
    for one in format.split("||") {
        if !KNOWN.contains(&one) {
            return Err(Error::illegal(format!("Invalid format: [{one}]: unsupported by this embedded engine")));
        }
    }
    Ok(())
}

/// Where the missing parts of a date are filled up to: `2024` is the first or the last millisecond of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Down,
    Up,
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn offset(text: &str) -> Option<FixedOffset> {
    if text.is_empty() || text == "Z" || text == "z" {
        return FixedOffset::east_opt(0);
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text.get(1..)? {
        rest if rest.len() == 2 => (rest, "0"),
        rest if rest.len() == 4 => rest.split_at(2),
        rest => rest.split_once(':')?,
    };
    FixedOffset::east_opt(sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60))
}

/// `2024`, `2024-05`, `2024-05-01`, `2024-05-01T10`, `...:30`, `...:59`, `....123456789`, each with an optional offset.
fn iso(text: &str, fill: Fill) -> Option<i64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next(), parts.next());
    let well_formed = year.len() == 4
        && digits(year)
        && month.is_none_or(|part| part.len() == 2 && digits(part))
        && day.is_none_or(|part| part.len() == 2 && digits(part));
    if !well_formed || parts.next().is_some() || (time.is_some() && day.is_none()) {
        return None;
    }
    let number = |part: Option<&str>| part.map_or(Some(1), |part| part.parse::<u32>().ok());
    let first = NaiveDate::from_ymd_opt(year.parse().ok()?, number(month)?, number(day)?)?;
    let start = |date: NaiveDate| date.and_hms_opt(0, 0, 0).map(|time| time.and_utc().timestamp_millis());
    let Some(time) = time else {
        let next = match (month, day) {
            (None, _) => first.checked_add_months(Months::new(12))?,
            (Some(_), None) => first.checked_add_months(Months::new(1))?,
            _ => first.checked_add_days(Days::new(1))?,
        };
        return if fill == Fill::Up { start(next).map(|millis| millis - 1) } else { start(first) };
    };
    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut fields = clock.split(':');
    let (hour, minute, second) = (fields.next(), fields.next(), fields.next());
    let two = |part: Option<&str>| part.is_none_or(|part| part.len() == 2 && digits(part));
    if fields.next().is_some() || !two(hour) || !two(minute) || !two(second) {
        return None;
    }
    if fraction.is_some_and(|fraction| second.is_none() || !digits(fraction) || fraction.len() > 9) {
        return None;
    }
    let up = fill == Fill::Up;
    let part = |part: Option<&str>, last: u32| part.map_or(Some(if up { last } else { 0 }), |part| part.parse().ok());
    let clock_empty = clock.is_empty();
    let hour = if clock_empty { Some(if up { 23 } else { 0 }) } else { part(hour, 23) };
    let milli = match fraction {
        Some(fraction) => format!("{fraction:0<3}")[..3].parse().ok()?,
        None if up => 999,
        None => 0,
    };
    let local: NaiveDateTime = first.and_hms_milli_opt(hour?, part(minute, 59)?, part(second, 59)?, milli)?;
    let offset = offset(zone)?;
    Some(local.and_utc().timestamp_millis() - i64::from(offset.local_minus_utc()) * 1_000)
}

fn parse_one(text: &str, format: &str, fill: Fill) -> Option<i64> {
    match format {
        "epoch_millis" => text.parse().ok(),
        "epoch_second" => text.parse::<i64>().ok()?.checked_mul(1_000),
        "yyyy-MM-dd HH:mm:ss" => {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|date| date.and_utc().timestamp_millis())
        }
        "strict_date" | "date" | "yyyy-MM-dd" => (text.len() == 10).then(|| iso(text, fill)).flatten(),
        "yyyy-MM" => (text.len() == 7).then(|| iso(text, fill)).flatten(),
        "yyyy" => (text.len() == 4).then(|| iso(text, fill)).flatten(),
        "strict_date_time" | "date_time" => text.contains('T').then(|| iso(text, fill)).flatten(),
        _ => iso(text, fill),
    }
}

/// # Errors
/// `illegal_argument_exception` with Elasticsearch's words for a date that fits no format.
pub(crate) fn parse(text: &str, format: &str, fill: Fill) -> Result<i64> {
    format
        .split("||")
        .find_map(|one| parse_one(text, one, fill))
        .ok_or_else(|| Error::illegal(format!("failed to parse date field [{text}] with format [{format}]")))
}

/// Whether dynamic mapping takes a string for a date.
pub(crate) fn detects(text: &str) -> bool {
    text.len() >= 10 && iso(text, Fill::Down).is_some()
}

/// As Elasticsearch prints a date: `2024-05-01T10:30:00.000Z`.
pub(crate) fn print(millis: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(millis)
        .map_or_else(|| millis.to_string(), |date| date.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// As [`print_as`], in a zone: `2024-05-01T00:00:00.000+02:00`.
pub(crate) fn print_at(millis: i64, format: &str, offset_ms: i64) -> String {
    if offset_ms == 0 || format.starts_with("epoch_") {
        return print_as(millis, format);
    }
    let printed = print_as(millis + offset_ms, format);
    let minutes = offset_ms.abs() / 60_000;
    let sign = if offset_ms < 0 { '-' } else { '+' };
    match printed.strip_suffix('Z') {
        Some(local) => format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        None => printed,
    }
}

/// Prints by the first format of a field's list, which is what `key_as_string` uses.
pub(crate) fn print_as(millis: i64, format: &str) -> String {
    let date = DateTime::<Utc>::from_timestamp_millis(millis);
    match (format.split("||").next().unwrap_or(format), date) {
        ("epoch_millis", _) => millis.to_string(),
        ("epoch_second", _) => millis.div_euclid(1_000).to_string(),
        ("strict_date" | "date" | "yyyy-MM-dd", Some(date)) => date.format("%Y-%m-%d").to_string(),
        ("yyyy-MM-dd HH:mm:ss", Some(date)) => date.format("%Y-%m-%d %H:%M:%S").to_string(),
        ("yyyy-MM", Some(date)) => date.format("%Y-%m").to_string(),
        ("yyyy", Some(date)) => date.format("%Y").to_string(),
        _ => print(millis),
    }
}

/// A calendar unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

impl Unit {
    /// Reads `calendar_interval`: `month`, `1M`, `M` and their kin.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "year" | "1y" | "y" => Self::Year,
            "quarter" | "1q" | "q" => Self::Quarter,
            "month" | "1M" | "M" => Self::Month,
            "week" | "1w" | "w" => Self::Week,
            "day" | "1d" | "d" => Self::Day,
            "hour" | "1h" | "h" | "H" => Self::Hour,
            "minute" | "1m" | "m" => Self::Minute,
            "second" | "1s" | "s" => Self::Second,
            _ => return None,
        })
    }
}

/// The first millisecond of the unit that `millis` is in.
pub(crate) fn round_down(millis: i64, unit: Unit) -> i64 {
    let Some(date) = DateTime::<Utc>::from_timestamp_millis(millis) else { return millis };
    let day = date.date_naive();
    let start = |day: Option<NaiveDate>| {
        day.and_then(|day| day.and_hms_opt(0, 0, 0)).map_or(millis, |time| time.and_utc().timestamp_millis())
    };
    match unit {
        Unit::Year => start(NaiveDate::from_ymd_opt(day.year(), 1, 1)),
        Unit::Quarter => start(NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1)),
        Unit::Month => start(day.with_day(1)),
        Unit::Week => start(day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday())))),
        Unit::Day => start(Some(day)),
        Unit::Hour => start(Some(day)) + i64::from(date.hour()) * 3_600_000,
        Unit::Minute => millis - millis.rem_euclid(60_000),
        Unit::Second => millis - millis.rem_euclid(1_000),
    }
}

/// `millis` moved by a number of units, months and years by the calendar.
pub(crate) fn add(millis: i64, unit: Unit, count: i64) -> Option<i64> {
    let date = DateTime::<Utc>::from_timestamp_millis(millis)?;
    let months = |factor: i64| {
        let months = Months::new(u32::try_from((count * factor).unsigned_abs()).ok()?);
        if count < 0 { date.checked_sub_months(months) } else { date.checked_add_months(months) }
    };
    let moved = match unit {
        Unit::Year => months(12)?,
        Unit::Quarter => months(3)?,
        Unit::Month => months(1)?,
        Unit::Week => date.checked_add_signed(TimeDelta::try_days(count.checked_mul(7)?)?)?,
        Unit::Day => date.checked_add_signed(TimeDelta::try_days(count)?)?,
        Unit::Hour => date.checked_add_signed(TimeDelta::try_hours(count)?)?,
        Unit::Minute => date.checked_add_signed(TimeDelta::try_minutes(count)?)?,
        Unit::Second => date.checked_add_signed(TimeDelta::try_seconds(count)?)?,
    };
    Some(moved.timestamp_millis())
}

/// Parses a date or an expression of date math: `now-7d/d`, `2024-01-01||+1M/M`.
///
/// # Errors
/// `illegal_argument_exception`, as [`parse`].
pub(crate) fn parse_math(text: &str, format: &str, now_ms: i64, fill: Fill, offset_ms: i64) -> Result<i64> {
    let bad = || Error::illegal(format!("failed to parse date field [{text}] with format [{format}]"));
    let (mut millis, mut rest) = if let Some(rest) = text.strip_prefix("now") {
        (now_ms, rest)
    } else if let Some((anchor, rest)) = text.split_once("||") {
        (parse(anchor, format, Fill::Down)? - local(anchor, offset_ms), rest)
    } else {
        return Ok(parse(text, format, fill)? - local(text, offset_ms));
    };
    while let Some(operation) = rest.chars().next() {
        rest = &rest[operation.len_utf8()..];
        let count_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (count, tail) = rest.split_at(count_end);
        let letter = tail.chars().next().ok_or_else(bad)?;
        rest = &tail[letter.len_utf8()..];
        let unit = Unit::parse(&letter.to_string()).filter(|unit| *unit != Unit::Quarter).ok_or_else(bad)?;
        match operation {
            '/' if count.is_empty() => {
                let floor = round_down(millis + offset_ms, unit);
                millis = match fill {
                    Fill::Down => floor,
                    Fill::Up => add(floor, unit, 1).ok_or_else(bad)? - 1,
                } - offset_ms;
            }
            '+' | '-' => {
                let count: i64 = if count.is_empty() { 1 } else { count.parse().map_err(|_| bad())? };
                millis = add(millis, unit, if operation == '-' { -count } else { count }).ok_or_else(bad)?;
            }
            _ => return Err(bad()),
        }
    }
    Ok(millis)
}

/// The offset applies to a date that does not name its own zone.
fn local(text: &str, offset_ms: i64) -> i64 {
    let zoned = text.split_once('T').is_some_and(|(_, time)| time.contains(['Z', 'z', '+', '-']));
    if zoned || !text.contains('-') { 0 } else { offset_ms }
}

/// Reads `time_zone`: `UTC`, `Z`, `+02:00`. Zones by name need a database of zones and are refused.
pub(crate) fn parse_zone(text: &str) -> Result<i64> {
    if text == "UTC" || text == "GMT" {
        return Ok(0);
    }
    offset(text)
        .map(|offset| i64::from(offset.local_minus_utc()) * 1_000)
        .ok_or_else(|| Error::unsupported(&format!("time_zone [{text}] (only UTC and offsets such as +02:00)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000; // 2023-11-14T22:13:20Z

    fn math(text: &str, fill: Fill) -> String {
        print(parse_math(text, DEFAULT_FORMAT, NOW, fill, 0).unwrap())
    }

    #[test]
    fn iso_dates_of_every_length_parse() {
        assert_eq!(math("2024-05-01", Fill::Down), "2024-05-01T00:00:00.000Z");
        assert_eq!(math("2024-05-01", Fill::Up), "2024-05-01T23:59:59.999Z");
        assert_eq!(math("2024-05-01T10:30", Fill::Down), "2024-05-01T10:30:00.000Z");
        assert_eq!(math("2024-05-01T10:30:15.1234567+02:00", Fill::Down), "2024-05-01T08:30:15.123Z");
        assert_eq!(math("2024-02", Fill::Up), "2024-02-29T23:59:59.999Z");
    }

    #[test]
    fn date_math_adds_and_rounds() {
        assert_eq!(math("now-7d/d", Fill::Down), "2023-11-07T00:00:00.000Z");
        assert_eq!(math("now/M", Fill::Up), "2023-11-30T23:59:59.999Z");
        assert_eq!(math("2024-01-31||+1M", Fill::Down), "2024-02-29T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_date_is_refused_in_words() {
        let error = parse("yesterday", DEFAULT_FORMAT, Fill::Down).unwrap_err();
        assert_eq!(
            error.reason,
            "failed to parse date field [yesterday] with format [strict_date_optional_time||epoch_millis]"
        );
        assert!(parse_math("now+", DEFAULT_FORMAT, NOW, Fill::Down, 0).is_err());
        assert!(!detects("2024-13-01"));
    }
}
