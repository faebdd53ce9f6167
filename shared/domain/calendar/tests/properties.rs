//! What holds for every calendar, in every zone, at every moment of 2020 to 2040.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone as _, Utc};
use octavo_domain_calendar::{Calendar, Hours, Length, QuietHours, Weekday, Zone, quiet_until};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Those that put their clocks forward and back by an hour, by half of one, by two, at midnight, in the other half of the
/// year, or not at all; far from UTC and by quarters of an hour.
const ZONES: &[&str] = &[
    "UTC",
    "Europe/Vienna",
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Antarctica/Troll",
];
const QUARTER: i64 = 15 * 60;

fn zones() -> impl Strategy<Value = Zone> {
    select(ZONES).prop_map(|name| name.parse().expect("a zone"))
}

/// Whole quarters of an hour.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    let (first, last) = (1_577_836_800 / QUARTER, 2_240_524_800 / QUARTER);
    (first..last).prop_map(|quarters| Utc.timestamp_opt(quarters * QUARTER, 0).single().expect("a moment"))
}

/// More of them at the hours at which clocks are changed.
fn times() -> impl Strategy<Value = NaiveTime> {
    prop_oneof![0u32..96, 0u32..16].prop_map(|quarters| {
        NaiveTime::from_num_seconds_from_midnight_opt(quarters * 900, 0).expect("a time of the day")
    })
}

fn hours() -> impl Strategy<Value = Vec<Hours>> {
    btree_set(times(), 0..6).prop_map(|times| {
        let times: Vec<_> = times.into_iter().collect();
        times.chunks_exact(2).map(|pair| Hours { from: pair[0], to: pair[1] }).collect()
    })
}

prop_compose! {
    fn calendars()(
        zone in zones(),
        hours in btree_map(select(Weekday::ALL.to_vec()), hours(), 1..7),
        holidays in vec(moments(), 0..5),
    ) -> Calendar {
        let holidays = holidays.into_iter().map(|at| (at.date_naive(), "off".to_owned())).collect();
        Calendar { zone, hours, holidays }
    }
}

prop_compose! {
    fn quiet()(from in times(), to in times(), days in subsequence(Weekday::ALL.to_vec(), 0..7)) -> QuietHours {
        QuietHours { from, to, days: days.into_iter().collect() }
    }
}

fn lengths() -> impl Strategy<Value = Length> {
    let parts = (0u32..3, 0u32..14, 0u32..5, 0u32..40, 0u32..100, 0u32..60);
    parts.prop_filter_map("longer than nothing", |(years, months, weeks, days, hours, minutes)| {
        format!("P{years}Y{months}M{weeks}W{days}DT{hours}H{minutes}M").parse().ok()
    })
}

fn is_ever_open(calendar: &Calendar) -> bool {
    calendar.hours.values().any(|hours| !hours.is_empty())
}

proptest! {
    #[test]
    fn what_is_later_is_never_earlier(
        calendar in calendars(), from in moments(), length in lengths(), business: bool,
    ) {
        prop_assert_eq!(calendar.check(), Ok(()));
        prop_assert!(calendar.add(from, &length, business) >= from);
    }

    #[test]
    fn who_begins_later_ends_no_earlier(
        calendar in calendars(), from in moments(), later in 0i64..2_000, days in 0u32..10, hours in 0u32..40,
    ) {
        let later = from + TimeDelta::seconds(later * QUARTER);
        let Ok(length) = format!("P{days}DT{hours}H").parse::<Length>() else { return Ok(()) };
        // By the wall clock, as far as days go: of an hour that comes twice the second has the earlier tomorrow.
        let in_order = |at: DateTime<Utc>| calendar.zone.local(at).naive_local();
        if days == 0 || in_order(from) <= in_order(later) {
            prop_assert!(calendar.add(from, &length, true) <= calendar.add(later, &length, true));
        }
        if days == 0 {
            prop_assert!(calendar.add(from, &length, false) <= calendar.add(later, &length, false));
        }
    }

    #[test]
    fn what_takes_longer_ends_no_earlier(
        calendar in calendars(), from in moments(), short in 1u32..60, more in 0u32..60, business: bool,
        unit in select(&["PT_H", "P_D", "P_W", "P_M"][..]),
    ) {
        let length = |number: u32| unit.replace('_', &number.to_string()).parse::<Length>().unwrap();
        let (short, long) = (length(short), length(short + more));
        prop_assert!(calendar.add(from, &short, business) <= calendar.add(from, &long, business));
    }

    #[test]
    fn the_next_open_moment_is_open_and_none_lies_before(calendar in calendars(), at in moments()) {
        let next = calendar.next_open(at);
        prop_assert!(next >= at);
        if !is_ever_open(&calendar) {
            return Ok(());
        }
        if !calendar.is_open(next) {
            // But where every span of hours lies within an hour that is left out, which no zone does every week.
            prop_assert!(false, "{next} is not open");
        }
        let mut between = at;
        while between < next && between < at + TimeDelta::days(15) {
            prop_assert!(!calendar.is_open(between), "{between} is open and before {next}");
            between += TimeDelta::seconds(QUARTER);
        }
    }

    #[test]
    fn a_plain_day_keeps_the_time_of_the_day(calendar in calendars(), from in moments(), days in 1u64..400) {
        let later = calendar.add(from, &format!("P{days}D").parse().unwrap(), false);
        let wanted = calendar.zone.local(from).naive_local() + Days::new(days);
        prop_assert_eq!(later, calendar.zone.moment(wanted));
        let shown = calendar.zone.local(later).naive_local();
        // Where the clock never shows it, it shows as much more as it was put forward by: at most two hours.
        prop_assert!(shown == wanted || shown > wanted && shown - wanted <= TimeDelta::hours(2));
    }

    #[test]
    fn a_time_of_the_day_is_the_next_one(zone in zones(), time in times(), after in moments()) {
        let next = zone.next_at(time, after);
        prop_assert!(next > after);
        prop_assert!(next <= after + TimeDelta::hours(26));
        let day = zone.local(next).date_naive();
        prop_assert_eq!(zone.moment(day.and_time(time)), next);
        prop_assert!(zone.moment((day - Days::new(1)).and_time(time)) <= after);
    }

    #[test]
    fn when_it_is_quiet_no_more_it_is_not(zone in zones(), quiet in vec(quiet(), 1..6), at in moments()) {
        let is_quiet = |at| quiet.iter().any(|hours| hours.until(at, &zone).is_some());
        let Some(end) = quiet_until(&quiet, at, &zone) else {
            prop_assert!(!is_quiet(at));
            return Ok(());
        };
        prop_assert!(end > at);
        prop_assert!(end == at + TimeDelta::days(7) || !is_quiet(end));
        let mut between = at;
        while between < end {
            prop_assert!(is_quiet(between), "{between} is not quiet");
            between += TimeDelta::seconds(QUARTER);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_business_hour_is_lost_or_counted_twice(calendar in calendars(), from in moments(), quarters in 1i64..160) {
        if !is_ever_open(&calendar) {
            return Ok(());
        }
        let length: Length = format!("PT{}M", quarters * 15).parse().unwrap();
        let end = calendar.add(from, &length, true);
        // An hour a week for forty hours is too long to count by quarters.
        if end - from > TimeDelta::days(60) {
            return Ok(());
        }
        let mut counted = 0;
        let mut at = from;
        while at < end {
            counted += i64::from(calendar.is_open(at));
            at += TimeDelta::seconds(QUARTER);
        }
        prop_assert_eq!(counted, quarters, "until {}", end);
    }
}
