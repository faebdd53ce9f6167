//! Days, told from the moment of the first filling on: `{{day -84}}` in a text is the day 84 days before it.

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONATE: [&str; 12] = [
    "Jänner",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
/// The first minute of a working day, UTC, and how many it has.
const WORK_BEGINS_MIN: u64 = 7 * 60;
const WORK_MIN: u64 = 10 * 60;

/// The moment in the working hours of the day `ago` days before `epoch`; `lot` says which. Never after `epoch`.
pub(super) fn moment(epoch: DateTime<Utc>, ago: u32, lot: u64) -> DateTime<Utc> {
    let day = (epoch - TimeDelta::days(i64::from(ago))).date_naive().and_time(NaiveTime::MIN).and_utc();
    let seconds = WORK_BEGINS_MIN * 60 + lot % (WORK_MIN * 60);
    (day + TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0))).min(epoch)
}

/// `text` with its days.
pub(super) fn dated(text: &str, epoch: DateTime<Utc>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}").and_then(|(inner, rest)| Some((day(inner, epoch)?, rest))) {
            Some((day, after)) => {
                out.push_str(&day);
                rest = after;
            }
            None => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn day(inner: &str, epoch: DateTime<Utc>) -> Option<String> {
    let (kind, days) = inner.split_once(' ')?;
    let day = (epoch + TimeDelta::days(days.parse().ok()?)).date_naive();
    let (number, month, year) = (day.day(), day.month0() as usize, day.year());
    match kind {
        "day" => Some(format!("{number} {} {year}", MONTHS[month])),
        "tag" => Some(format!("{number}. {} {year}", MONATE[month])),
        "month" => Some(format!("{} {year}", MONTHS[month])),
        "iso" => Some(day.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_from_the_first_filling_on() {
        let epoch = "2026-03-02T09:30:00Z".parse().unwrap();
        let text = "{{day -1}}, {{tag -60}}, {{month 31}}, {{iso 0}}, {{week 1}}, {{, {NUMBER}";
        assert_eq!(
            dated(text, epoch),
            "1 March 2026, 1. Jänner 2026, April 2026, 2026-03-02, {{week 1}}, {{, {NUMBER}"
        );
    }

    #[test]
    fn moments_are_in_working_hours_and_never_ahead() {
        let epoch = "2026-03-02T09:30:00Z".parse().unwrap();
        for lot in 0..50 {
            let at = moment(epoch, 3, lot * 7_919);
            assert_eq!(at.date_naive().to_string(), "2026-02-27");
            assert!((7..17).contains(&chrono::Timelike::hour(&at)), "{at}");
            assert!(moment(epoch, 0, lot * 7_919) <= epoch);
        }
    }
}
