//! What templates may do with values, beside minijinja's own.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use minijinja::{State, Value};
use octavo_domain_calendar::Zone;

/// `{{ due_at | datetime }}`: a moment in the recipient's zone and language; what is none stays as it is.
pub(super) fn datetime(state: &State, value: &Value) -> Value {
    match moment(state, value) {
        Some((at, zone)) => {
            let (day, hour, minute) = (day(state, at.date_naive()), at.hour(), at.minute());
            // Whoever is told in UTC may not be where that is; whoever set a zone knows it.
            let utc = if zone.as_str() == "UTC" { " UTC" } else { "" };
            Value::from(match language(state) {
                "de" => format!("{day}, {hour:02}:{minute:02} Uhr{utc}"),
                _ => format!("{day}, {hour:02}:{minute:02}{utc}"),
            })
        }
        None => plain(value),
    }
}

/// `{{ due_at | date }}`: the day of a moment there, or a day.
pub(super) fn date(state: &State, value: &Value) -> Value {
    let known = value.as_str().and_then(|text| text.parse::<NaiveDate>().ok());
    match known.or_else(|| moment(state, value).map(|(at, _)| at.date_naive())) {
        Some(date) => Value::from(day(state, date)),
        None => plain(value),
    }
}

/// `{{ decide_url | url }}`: an address on the web as it is, anything else as `#`: no script runs because of data.
pub(super) fn url(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let web = text.starts_with("https://") || text.starts_with("http://");
    let plain = !text.chars().any(|char| char.is_whitespace() || char.is_control() || "\"'<>\\`".contains(char));
    if web && plain { text.to_owned() } else { "#".to_owned() }
}

/// `{{ comment | shorten(200) }}`: at most so many characters.
pub(super) fn shorten(value: &Value, max: usize) -> String {
    super::clean::shorten(&text_of(value), max)
}

fn text_of(value: &Value) -> String {
    if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() }
}

fn plain(value: &Value) -> Value {
    if value.is_none() { Value::UNDEFINED } else { value.clone() }
}

fn moment(state: &State, value: &Value) -> Option<(DateTime<FixedOffset>, Zone)> {
    let at = DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
    // A moment in the year 9999 may have none in another zone.
    let within = (1970..=9000).contains(&at.year());
    let zone = state.lookup("zone").and_then(|zone| zone.as_str()?.parse::<Zone>().ok()).unwrap_or_else(Zone::utc);
    within.then(|| (zone.local(at.to_utc()), zone))
}

fn language(state: &State) -> &'static str {
    let language = state.lookup("language").and_then(|language| language.as_str().map(str::to_ascii_lowercase));
    match language.as_deref().and_then(|language| language.split('-').next()) {
        Some("de") => "de",
        Some("en") => "en",
        _ => "",
    }
}

fn day(state: &State, day: NaiveDate) -> String {
    const ENGLISH: [&str; 12] = [
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
    const GERMAN: [&str; 12] = [
        "Januar",
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
    let month = day.month0() as usize % 12;
    match language(state) {
        "de" => format!("{}. {} {}", day.day(), GERMAN[month], day.year()),
        "en" => format!("{} {} {}", day.day(), ENGLISH[month], day.year()),
        _ => day.to_string(),
    }
}
