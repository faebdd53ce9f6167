//! What people expect of calendars, by example.

use chrono::{DateTime, NaiveTime, Utc};
use octavo_domain_calendar::{Calendar, Length, QuietHours, Zone, quiet_until};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

fn length(text: &str) -> Length {
    text.parse().expect("a length")
}

fn zone(name: &str) -> Zone {
    name.parse().expect("a zone")
}

fn time(text: &str) -> NaiveTime {
    text.parse().expect("a time of the day")
}

fn vienna() -> Calendar {
    serde_json::from_value(serde_json::json!({
        "zone": "Europe/Vienna",
        "hours": {
            "monday": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}],
            "tuesday": [{"from": "09:00", "to": "17:00"}],
            "wednesday": [{"from": "09:00", "to": "17:00"}],
            "thursday": [{"from": "09:00", "to": "17:00"}],
            "friday": [{"from": "09:00", "to": "13:00"}],
        },
        "holidays": {"2026-12-25": "Christmas"},
    }))
    .expect("a calendar")
}

#[test]
fn a_calendar_is_written_as_it_is_read() {
    let text = serde_json::to_string(&vienna()).unwrap();
    assert_eq!(serde_json::from_str::<Calendar>(&text).unwrap(), vienna());
    assert_eq!(vienna().check(), Ok(()));
    for bad in [r#"{"zone":"Mars/Base","hours":{}}"#, r#"{"zone":"UTC","hours":{"someday":[]}}"#, r#"{"hours":{}}"#] {
        assert!(serde_json::from_str::<Calendar>(bad).is_err(), "{bad}");
    }
}

#[test]
fn plain_time_goes_by_the_wall_clock_for_days_and_exactly_for_hours() {
    let calendar = vienna();
    for (from, by, to) in [
        // The night in which the clock is put forward has 23 hours.
        ("2026-03-28T11:00:00Z", "P1D", "2026-03-29T10:00:00Z"),
        ("2026-03-28T11:00:00Z", "PT24H", "2026-03-29T11:00:00Z"),
        // 02:30 is not there that night.
        ("2026-03-28T01:30:00Z", "P1D", "2026-03-29T01:30:00Z"),
        // The one in which it is put back has 25.
        ("2026-10-24T10:00:00Z", "P1D", "2026-10-25T11:00:00Z"),
        ("2027-01-31T11:00:00Z", "P1M", "2027-02-28T11:00:00Z"),
        ("2028-02-29T11:00:00Z", "P1Y", "2029-02-28T11:00:00Z"),
        ("2026-11-27T11:00:00Z", "P1W", "2026-12-04T11:00:00Z"),
        ("2026-11-27T11:00:00Z", "P1DT1H", "2026-11-28T12:00:00Z"),
    ] {
        assert_eq!(calendar.add(at(from), &length(by), false), at(to), "{from} + {by}");
    }
}

#[test]
fn business_time_leaves_out_nights_weekends_and_holidays() {
    let calendar = vienna();
    for (from, by, to) in [
        // Friday the 27th of November, 11:00: two hours to go.
        ("2026-11-27T10:00:00Z", "PT1H", "2026-11-27T11:00:00Z"),
        ("2026-11-27T10:00:00Z", "PT2H", "2026-11-27T12:00:00Z"),
        ("2026-11-27T10:00:00Z", "PT3H", "2026-11-30T09:00:00Z"),
        // Over lunch.
        ("2026-11-27T10:00:00Z", "PT6H", "2026-11-30T13:00:00Z"),
        // What begins at night begins in the morning.
        ("2026-11-27T22:00:00Z", "PT1H", "2026-11-30T09:00:00Z"),
        ("2026-11-27T22:00:00Z", "P1D", "2026-12-01T08:00:00Z"),
        // The next business day at the same time, or when it begins next.
        ("2026-11-27T10:00:00Z", "P1D", "2026-11-30T10:00:00Z"),
        ("2026-12-03T14:00:00Z", "P1D", "2026-12-07T08:00:00Z"),
        // A week has five business days.
        ("2026-11-27T10:00:00Z", "P1W", "2026-12-04T10:00:00Z"),
        // The 25th of December is none.
        ("2026-12-24T10:00:00Z", "P1D", "2026-12-28T10:00:00Z"),
        // A month goes by the date: the 26th of December is a Saturday.
        ("2026-11-26T10:00:00Z", "P1M", "2026-12-28T08:00:00Z"),
        ("2026-11-27T10:00:00Z", "P1DT4H", "2026-11-30T15:00:00Z"),
    ] {
        assert_eq!(calendar.add(at(from), &length(by), true), at(to), "{from} + {by}");
    }
}

#[test]
fn a_calendar_that_is_never_open_counts_plain_time() {
    let mut never = vienna();
    never.hours.clear();
    let from = at("2026-11-27T10:00:00Z");
    assert_eq!(never.add(from, &length("PT3H"), true), at("2026-11-27T13:00:00Z"));
    assert_eq!(never.next_open(from), from);
    assert!(!never.is_open(from));
}

#[test]
fn nothing_is_counted_without_end() {
    // An hour a week, and ten years of hours: 1,680 years.
    let mut rare = vienna();
    rare.hours.retain(|day, _| day.as_str() == "friday");
    rare.hours.values_mut().for_each(|hours| hours[0].to = time("10:00"));
    let from = at("2026-11-27T10:00:00Z");
    let later = rare.add(from, &length("PT87600H"), true);
    assert!(later > at("2066-01-01T00:00:00Z") && later < at("2067-01-01T00:00:00Z"), "{later}");
    let later = rare.add(from, &length("P3652D"), true);
    assert!(later > at("2066-01-01T00:00:00Z") && later < at("2068-01-01T00:00:00Z"), "{later}");
}

#[test]
fn a_day_that_goes_round_the_clock_ends_at_midnight() {
    let mut calendar = vienna();
    let whole = serde_json::from_str(r#"[{"from": "00:00", "to": "00:00"}]"#).unwrap();
    calendar.hours.values_mut().for_each(|hours| hours.clone_from(&whole));
    let friday = at("2026-11-27T20:00:00Z");
    assert_eq!(calendar.add(friday, &length("PT4H"), true), at("2026-11-30T00:00:00Z"));
}

#[test]
fn quiet_hours_go_over_midnight_and_adjoin() {
    let night: QuietHours = serde_json::from_str(r#"{"from": "22:00", "to": "07:00"}"#).unwrap();
    let weekend: QuietHours =
        serde_json::from_str(r#"{"from": "00:00", "to": "00:00", "days": ["saturday", "sunday"]}"#).unwrap();
    let vienna = zone("Europe/Vienna");
    assert_eq!(night.until(at("2026-11-27T20:59:59Z"), &vienna), None);
    assert_eq!(night.until(at("2026-11-27T21:00:00Z"), &vienna), Some(at("2026-11-28T06:00:00Z")));
    assert_eq!(night.until(at("2026-11-28T05:59:59Z"), &vienna), Some(at("2026-11-28T06:00:00Z")));
    assert_eq!(night.until(at("2026-11-28T06:00:00Z"), &vienna), None);
    // From Friday night to Monday morning.
    let both = [night.clone(), weekend];
    assert_eq!(quiet_until(&both, at("2026-11-27T21:30:00Z"), &vienna), Some(at("2026-11-30T06:00:00Z")));
    assert_eq!(quiet_until(&both, at("2026-11-27T12:00:00Z"), &vienna), None);
    // Whoever is never to be disturbed is, a week later.
    let always: QuietHours = serde_json::from_str(r#"{"from": "00:00", "to": "00:00"}"#).unwrap();
    assert_eq!(quiet_until(&[always], at("2026-11-27T12:00:00Z"), &vienna), Some(at("2026-12-04T12:00:00Z")));
    // The night in which the clock is put forward is an hour shorter.
    assert_eq!(night.until(at("2026-03-28T22:00:00Z"), &vienna), Some(at("2026-03-29T05:00:00Z")));
}

#[test]
fn a_time_of_the_day_comes_once_a_day() {
    let vienna = zone("Europe/Vienna");
    assert_eq!(vienna.next_at(time("08:00"), at("2026-11-27T06:59:00Z")), at("2026-11-27T07:00:00Z"));
    assert_eq!(vienna.next_at(time("08:00"), at("2026-11-27T07:00:00Z")), at("2026-11-28T07:00:00Z"));
    assert_eq!(vienna.next_at(time("02:30"), at("2026-03-28T23:30:00Z")), at("2026-03-29T01:30:00Z"));
    assert_eq!(vienna.day_of(at("2026-11-27T23:30:00Z")).to_string(), "2026-11-28");
    assert_eq!(vienna.local(at("2026-11-27T12:00:00Z")).to_rfc3339(), "2026-11-27T13:00:00+01:00");
    for name in ["Mars/Base", "", "Etc/Unknown", "Vienna"] {
        assert!(name.parse::<Zone>().is_err(), "{name}");
    }
}
